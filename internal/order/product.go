package order

// ArticleKey identifies a product by its SKU.
func ArticleKey(article string) ProductKey { return ProductKey("a:" + NormalizeText(article)) }

// TitleKey identifies a product by its title. A title longer than RO App takes is
// recognised by what RO App was given.
func TitleKey(title string) ProductKey {
	return ProductKey("t:" + Shorten(NormalizeText(title), TitleLimit))
}

// TitleLimit is how many characters of a title or a name are sent to RO App;
// its own limit is not documented.
const TitleLimit = 255

// byArticle reports whether the product is identified by SKU.
func (k ProductKey) byArticle() bool { return len(k) > 2 && k[:2] == "a:" }

// value is the SKU or title itself.
func (k ProductKey) value() string { return string(k[min(2, len(k)):]) }

// product is the one product that the facts lead to, nil where there is none yet.
func (f ProductState) product() *Product {
	switch {
	case f.Chosen != nil:
		return f.Chosen
	case f.Ensured != nil:
		return f.Ensured
	case len(f.Found) == 1:
		return &f.Found[0]
	default:
		product, _ := f.recalledProduct()
		return product
	}
}
