package e2e

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// noLag lets RO App's search find at once what staff have just made.
var noLag = map[string]string{"search-lag": "0s"}

// rose is a product of the catalogue in the shop's language and in English.
func rose(language string, more testenv.J) testenv.J {
	title := map[string]string{"pl": "Róża czerwona", "ua": "Троянда червона"}[language]
	return with(testenv.J{
		"title":       testenv.J{language: title, "en": "Red rose"},
		"mod_title":   testenv.J{language: title + " 60 cm", "en": "Red rose 60 cm"},
		"description": testenv.J{language: "<p>Świeża &amp; <b>pachnąca</b></p><ul><li>60&nbsp;cm</li></ul>", "en": "<p>Fresh</p>"},
		"parent":      testenv.J{"id": 3, "value": testenv.J{language: `Kwiaty\Róże`, "en": `Flowers\Roses`}},
	}, more)
}

func TestR19_R20_R22_R23_NewProductIsInTheShopsLanguage(t *testing.T) {
	t.Parallel()
	for _, shop := range []struct {
		name, language, title string
		second                bool
	}{
		{"by article", "pl", "Róża czerwona 60 cm", false},
		{"by title", "ua", "Троянда червона 60 cm", true},
	} {
		t.Run(shop.name, func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, testenv.Options{Second: shop.second})
			w.Cartum.PutProduct("R-1", rose(shop.language, nil))
			// The line is in the buyer's language; Cartum sells by the metre.
			w.Place(1, lines(with(testenv.Line("R-1", "Red rose 60 cm", "12.50", "2"), testenv.J{"unit": "m"})))
			_, o := w.AwaitSynced(1)
			product := theProduct(t, w)
			assert.Equal(t, "R-1", product.Article)
			assert.Equal(t, shop.title, product.Title)
			assert.Equal(t, "Świeża & pachnąca\n60 cm", product.Description)
			assert.Equal(t, int64(1), product.UOM.ID, "always the unit piece")
			assert.Equal(t, product.ID, o.Items[0].Entity.ID)
			assert.Equal(t, int64(7), product.Category.ID, "this account's API makes no categories: the fallback")
		})
	}
}

// A language that is switched off, or was never filled in, comes empty.
func TestR20_MissingLanguageIsReplacedByAnother(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{CartumSwitches: map[string]string{"article_filter": "ignored"}})
	w.Cartum.PutProduct("R-1", testenv.J{"title": testenv.J{"pl": "", "en": "Red rose"}, "description": testenv.J{"en": "Fresh"}})
	w.Cartum.PutProduct("R-2", testenv.J{"title": testenv.J{"de": "Tulpe"}, "description": null})
	w.Cartum.PutProduct("R-3", testenv.J{"title": testenv.J{"pl": "Inny towar"}})
	w.Place(1, lines(testenv.Line("R-1", "Róża", "1", "1"), testenv.Line("R-2", "Tulipan", "1", "1")))
	_, o := w.AwaitSynced(1)
	assert.Equal(t, []imported{{"R-1", "Red rose", "1", "1"}, {"R-2", "Tulpe", "1", "1"}}, importedLines(o))
}

func TestR21_ExistingProductIsUsedAndNeverChanged(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Roapp.Create("products", testenv.J{"title": "Nazwa sklepu", "article": "R-1", "description": "Opis"})
	before := w.Roapp.Records("products")
	w.Cartum.PutProduct("R-1", rose("pl", nil))
	w.Place(1, lines(testenv.Line("R-1", "Róża", "12.50", "2")))
	w.AwaitSynced(1)
	w.Place(2, lines(testenv.Line(" R-1 ", "Róża", "14", "1")))
	w.AwaitSynced(2)
	assert.Equal(t, before, w.Roapp.Records("products"))
	assert.Zero(t, w.Cartum.Requests().Functions["catalog/export"], "what is known is not asked for")
}

func TestR21_ByTitleTheCataloguesTitleDecides(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Second: true, RoappSwitches: noLag})
	w.Roapp.Create("products", testenv.J{"title": "Троянда червона 60 cm", "article": "OLD-9"})
	before := w.Roapp.Records("products")
	w.Cartum.PutProduct("R-1", rose("ua", nil))
	w.Place(1, lines(testenv.Line("R-1", "Red rose 60 cm", "12.50", "2")))
	_, o := w.AwaitSynced(1)
	assert.Equal(t, "OLD-9", o.Items[0].Entity.SKU)
	assert.Equal(t, before, w.Roapp.Records("products"))
}

func TestR21_SKUsThatDifferInCaseAreTwoProducts(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag}) // Cartum's catalogue takes them for one
	w.Roapp.Create("products", testenv.J{"title": "Mała", "article": "r-1"})
	w.Cartum.PutProduct("R-1", rose("pl", nil))
	w.Cartum.PutProduct("r-1", rose("pl", testenv.J{"mod_title": testenv.J{"pl": "Mała"}}))
	w.Place(1, lines(testenv.Line("R-1", "Róża", "12.50", "1"), testenv.Line("r-1", "Mała", "2", "1")))
	_, o := w.AwaitSynced(1)
	assert.Equal(t, []imported{{"R-1", "Róża czerwona 60 cm", "1", "12.5"}, {"r-1", "Mała", "1", "2"}}, importedLines(o))
}

func TestF31_EndlessAndOddNamesAreImported(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Second: true, RoappSwitches: noLag})
	endless := strings.Repeat("Бузок «ё’ї» 🌸👩🏽‍🌾 ", 300)
	w.Place(1, with(testenv.J{"delivery_name": endless, "comment": endless}, lines(testenv.Line("B-1", endless, "5", "1"))))
	_, first := w.AwaitSynced(1)
	title := first.Items[0].Entity.Title
	assert.True(t, strings.HasPrefix(title, "Бузок «ё’ї» 🌸👩🏽‍🌾 Бузок"))
	assert.LessOrEqual(t, utf8.RuneCountInString(title), 255)
	// The shortened title is found again.
	w.Place(2, lines(testenv.Line("B-1", endless, "6", "1")))
	w.AwaitSynced(2)
	assert.Len(t, w.Roapp.Products(), 1)
}

func TestR24_F32_CategoryIsReusedOrCreatedAlongItsPath(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"category-create": "yes", "search-lag": "0s"}})
	category := func(title string, parent int64) int64 {
		return w.Roapp.Create("categories", with(testenv.J{"title": title}, map[bool]testenv.J{true: {"parent_id": parent}}[parent != 0]))
	}
	gifts := category("Prezenty", 0)
	category("Róże", gifts) // of another parent
	flowers := category("Kwiaty", 0)
	in := func(article, path string) {
		w.Cartum.PutProduct(article, rose("pl", testenv.J{
			"title": testenv.J{"pl": article}, "mod_title": testenv.J{}, "parent": testenv.J{"id": 3, "value": testenv.J{"pl": path}},
		}))
	}
	in("R-1", `Kwiaty\Róże`)
	in("R-2", `Kwiaty\Róże`)
	in("W-1", `Prezenty`)
	w.Place(1, lines(testenv.Line("R-1", "Róża", "1", "1"), testenv.Line("R-2", "Róża biała", "1", "1"), testenv.Line("W-1", "Wazon", "1", "1")))
	w.AwaitSynced(1)

	categories := map[float64]testenv.J{}
	made := 0
	for _, c := range w.Roapp.Records("categories") {
		id, ok := c["id"].(float64)
		require.True(t, ok)
		categories[id] = c
		if c["title"] == "Róże" && c["parent_id"] == float64(flowers) {
			made++
		}
	}
	assert.Equal(t, 1, made, "Róże is made once, below Kwiaty")
	assert.Len(t, categories, 5, "the fallback, three of the staff, one made")
	for _, product := range w.Roapp.Products() {
		of := categories[float64(product.Category.ID)]
		if product.Article == "W-1" {
			assert.Equal(t, gifts, product.Category.ID, "the staff's category is reused")
			continue
		}
		assert.Equal(t, "Róże", of["title"])
		assert.InDelta(t, flowers, of["parent_id"], 0)
	}
}

func TestR24_F32_AmbiguousOrMissingCategoryIsTheFallback(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"category-create": "403", "search-lag": "0s"}})
	for _, parent := range []string{"Kwiaty", "Prezenty"} {
		id := w.Roapp.Create("categories", testenv.J{"title": parent})
		w.Roapp.Create("categories", testenv.J{"title": "Róże", "parent_id": id})
	}
	w.Cartum.PutProduct("R-1", rose("pl", testenv.J{"parent": testenv.J{"id": 3, "value": testenv.J{"pl": "Róże"}}}))
	w.Cartum.PutProduct("D-1", testenv.J{"title": testenv.J{"pl": "Doniczka"}, "parent": testenv.J{"id": 4, "value": testenv.J{"pl": `Dom\Doniczki`}}})
	w.Cartum.PutProduct("N-1", testenv.J{"title": testenv.J{"pl": "Nawóz"}, "parent": null})
	w.Place(1, lines(testenv.Line("R-1", "Róża", "1", "1"), testenv.Line("D-1", "Doniczka", "1", "1"), testenv.Line("N-1", "Nawóz", "1", "1")))
	w.AwaitSynced(1)
	for _, product := range w.Roapp.Products() {
		assert.Equal(t, int64(7), product.Category.ID, product.Article)
	}
	assert.Len(t, w.Roapp.Records("categories"), 5, "none was made")
}

func TestF27_ProductGoneFromTheCatalogueIsImportedByItsLine(t *testing.T) {
	t.Parallel()
	for _, second := range []bool{false, true} {
		t.Run(map[bool]string{false: "by article", true: "by title"}[second], func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, testenv.Options{Second: second})
			w.Cartum.PutProduct("GONE-1", testenv.J{"title": testenv.J{"pl": "Inna nazwa"}})
			w.Cartum.Delete("products/GONE-1")
			w.Place(1, lines(testenv.Line("GONE-1", "Ostatnia sztuka", "5", "1"), testenv.Line("GONE-2", "Ładna", "6", "2")))
			_, o := w.AwaitSynced(1)
			assert.Equal(t, []imported{{"GONE-1", "Ostatnia sztuka", "1", "5"}, {"GONE-2", "Ładna", "2", "6"}}, importedLines(o))
		})
	}
}

func TestF27_F29_LineWithoutSKUIsIdentifiedByItsTitle(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Roapp.Create("products", testenv.J{"title": "Inny towar bez kodu"})
	known := w.Roapp.Create("products", testenv.J{"title": "Bukiet dnia"})
	w.Place(1, lines(testenv.Line("", "Bukiet  dnia", "50", "1")))
	w.Place(2, lines(with(testenv.Line("", "Bukiet nocy", "60", "1"), testenv.J{"article": null})))
	_, o := w.AwaitSynced(1)
	assert.Equal(t, known, o.Items[0].Entity.ID)

	hold := w.AwaitHeld(2, order.HoldNoArticle).Hold
	assert.Equal(t, "products[0].article", hold.Field)
	assert.Contains(t, hold.Text, "Bukiet nocy")
	assert.Len(t, w.Roapp.Orders(), 1)
	w.Decide(2, order.Decision{Kind: order.DecideCreateProduct})
	_, made := w.AwaitSynced(2)
	assert.Equal(t, []imported{{"", "Bukiet nocy", "1", "60"}}, importedLines(made))

	w.Roapp.Create("products", testenv.J{"title": "Bukiet zmierzchu"})
	w.Roapp.Create("products", testenv.J{"title": "Bukiet zmierzchu"})
	w.Place(3, lines(testenv.Line("", "Bukiet zmierzchu", "60", "1"), testenv.Line("", "Bukiet świtu", "60", "1")))
	ambiguous := w.AwaitHeld(3, order.HoldAmbiguousProduct).Hold
	w.Decide(3, order.Decision{Kind: order.DecideProduct, ProductID: ambiguous.Choices[0].ID})
	missing := w.AwaitHeld(3, order.HoldNoArticle).Hold
	assert.Equal(t, "products[1].article", missing.Field, "the next line waits for its own decision")
	w.Decide(3, order.Decision{Kind: order.DecideProduct, ProductID: known})
	_, chosen := w.AwaitSynced(3)
	assert.Len(t, chosen.Items, 2)
}

func TestF29_TwoProductsWithOneSKUAreHeldForChoice(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	first := w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "R-1"})
	second := w.Roapp.Create("products", testenv.J{"title": "Róża stara", "article": "R-1"})
	w.Place(1, lines(testenv.Line("R-1", "Róża", "5", "1")))
	hold := w.AwaitHeld(1, order.HoldAmbiguousProduct).Hold
	assert.Equal(t, "products[0].article", hold.Field)
	assert.ElementsMatch(t, []int64{first, second}, choiceIDs(hold))
	assert.Empty(t, w.Roapp.Orders())
	assert.Empty(t, w.Roapp.People(), "what can hold an order is asked before anything is made")
	var unfit *service.Error
	third := w.Orders.Decide(t.Context(), w.Key(1), order.Decision{Kind: order.DecideCreateProduct, By: "tester"})
	require.ErrorAs(t, third, &unfit)
	assert.Equal(t, "not-offered", unfit.Unfit, "several products fit already")
	w.Decide(1, order.Decision{Kind: order.DecideProduct, ProductID: second})
	_, o := w.AwaitSynced(1)
	assert.Equal(t, second, o.Items[0].Entity.ID)
	assert.Len(t, w.Roapp.Products(), 2)
}

func TestR19_ProductThatTheAPIDoesNotCreateWaitsForTheStaff(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"product-create": "403", "search-lag": "0s"}})
	for number := int64(1); number <= 2; number++ {
		w.Place(number, lines(testenv.Line("R-"+itoa(number), "Róża", "5", "1")))
	}
	hold := w.AwaitHeld(1, order.HoldProductNotCreated).Hold
	assert.Contains(t, hold.Remedy, `"R-1"`)
	w.AwaitHeld(2, order.HoldProductNotCreated)
	assert.Empty(t, w.Roapp.Orders(), "no order without its items")

	made := w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "R-1"})
	w.Decide(1, order.Decision{Kind: order.DecideRetry})
	_, o := w.AwaitSynced(1)
	assert.Equal(t, made, o.Items[0].Entity.ID)

	w.Decide(2, order.Decision{Kind: order.DecideProduct, ProductID: made})
	_, chosen := w.AwaitSynced(2)
	assert.Equal(t, made, chosen.Items[0].Entity.ID)
}

func TestF30_SameSKUTwiceGiftAndSetKeepTheSumRight(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	of := func(kind string, line testenv.J) testenv.J { return with(line, testenv.J{"type": kind}) }
	w.Place(1, lines(
		testenv.Line("R-1", "Róża", "12.50", "2"), testenv.Line("R-1", "Róża", "10", "1"), testenv.Line("R-1", "Róża", "10", "1"),
		of("gift_parent", testenv.Line("W-1", "Wazon", "40", "1")), of("gift", testenv.Line("G-1", "Kartka", "0", "1")),
	))
	// The set's total holds its parts only.
	w.Place(2, with(testenv.J{"total_sum": 30, "total_default": 30}, lines(
		of("set_main", testenv.Line("S-1", "Zestaw", "30", "1")),
		of("set_item", testenv.Line("S-2", "Doniczka", "20", "1")), of("set_item", testenv.Line("S-3", "Ziemia", "10", "1")),
	)))
	_, twice := w.AwaitSynced(1)
	assert.Equal(t, []imported{
		{"G-1", "Kartka", "1", "0"},
		{"R-1", "Róża", "1", "10"},
		{"R-1", "Róża", "1", "10"},
		{"R-1", "Róża", "2", "12.5"},
		{"W-1", "Wazon", "1", "40"},
	}, importedLines(twice))
	assert.Equal(t, "85", twice.Total.String())
	_, set := w.AwaitSynced(2)
	assert.Equal(t, []imported{{"S-1", "Zestaw", "1", "0"}, {"S-2", "Doniczka", "1", "20"}, {"S-3", "Ziemia", "1", "10"}}, importedLines(set))
	assert.Equal(t, "30", set.Total.String())
	assert.Contains(t, theComment(t, set), "Zestaw", "the price 0 is explained")
}

func TestR25_ItemsAreAddedWithoutDeduction(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, lines(testenv.Line("R-1", "Róża", "1", "1"), testenv.Line("R-2", "Tulipan", "2", "1")))
	_, o := w.AwaitSynced(1)
	for _, item := range o.Items {
		assert.True(t, item.IsDeductionRequired)
		assert.Empty(t, item.WriteOffs)
	}
	assert.Equal(t, 1, w.Roapp.Seen(readItems), "the first item is read back, once")
	w.Place(2, nil)
	w.AwaitSynced(2)
	assert.Equal(t, 1, w.Roapp.Seen(readItems), "then the account has proved itself")
}

func TestR25_AccountThatDeductsAtOnceGetsNoMoreItems(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"deduct-on-add": "yes"}})
	w.Place(1, lines(testenv.Line("R-1", "Róża", "1", "1"), testenv.Line("R-2", "Tulipan", "2", "1"), testenv.Line("R-3", "Lilia", "3", "1")))
	view := w.AwaitHeld(1, order.HoldDeductedAtOnce)
	assert.False(t, view.Roapp.WrittenOff, "it is not the staff's write-off")
	assert.Contains(t, view.Hold.Remedy, "without deduction")
	w.Place(2, nil)
	w.AwaitHeld(2, order.HoldDeductedAtOnce)
	w.Decide(1, order.Decision{Kind: order.DecideRetry})
	w.Place(3, nil)
	w.AwaitHeld(3, order.HoldDeductedAtOnce)
	w.AwaitHeld(1, order.HoldDeductedAtOnce)
	orders := w.Roapp.Orders()
	require.Len(t, orders, 1, "further orders are not even made")
	assert.Len(t, orders[0].Items, 1, "a single item was deducted")
}
