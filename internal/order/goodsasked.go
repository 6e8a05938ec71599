package order

// GoodsAsked are the goods that a search is about.
func GoodsAsked(in FindProducts) []GoodsKey { return goodsAsked(&in) }
