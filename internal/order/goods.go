package order

// ArticleKey names products by their SKU.
func ArticleKey(article string) GoodsKey { return GoodsKey("a:" + NormalizeText(article)) }

// TitleKey names products by their title. A title longer than RO App takes is
// recognised by what RO App was given.
func TitleKey(title string) GoodsKey {
	return GoodsKey("t:" + Shorten(NormalizeText(title), TitleLimit))
}

// TitleLimit is how many characters of a title or a name are sent to RO App;
// its own limit is not documented.
const TitleLimit = 255

// byArticle reports whether products are named by SKU.
func (k GoodsKey) byArticle() bool { return len(k) > 2 && k[:2] == "a:" }

// value is the SKU or title itself.
func (k GoodsKey) value() string { return string(k[min(2, len(k)):]) }

// product is the one product that the facts lead to, nil where there is none yet.
func (f GoodsFacts) product() *Product {
	switch {
	case f.Chosen != nil:
		return f.Chosen
	case f.Ensured != nil:
		return f.Ensured
	case len(f.Found) == 1:
		return &f.Found[0]
	default:
		product, _ := f.recalled()
		return product
	}
}
