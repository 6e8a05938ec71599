package activities

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// FindProducts asks for products by articles or by one title, and keeps those
// that are identical by our own comparison.
func (a *Activities) FindProducts(ctx context.Context, in order.FindProducts) (order.ProductsFound, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (order.ProductsFound, error) {
		at := time.Now()
		products, err := acc.findProducts(ctx, in)
		for key, identical := range products {
			if len(identical) == 1 {
				acc.products.put(key, identical[0])
			}
		}
		return order.ProductsFound{At: at, Products: products}, acc.answered(err)
	})
}

func (acc *account) findProducts(ctx context.Context, in order.FindProducts) (map[order.ProductKey][]order.Product, error) {
	rows, err := acc.client.FindProducts(ctx, roapp.ProductQuery{Articles: articleSpellings(in.Articles), Title: in.Title})
	if err != nil {
		return nil, err
	}
	products := map[order.ProductKey][]order.Product{}
	for _, row := range inUse(rows, in.Articles) {
		key := order.ArticleKey(row.Article)
		asked := order.NormalizeText(row.Article) != "" && slices.ContainsFunc(in.Articles, func(article string) bool { return order.ArticleKey(article) == key })
		if in.Title != "" {
			key = order.TitleKey(row.Title)
			asked = key == order.TitleKey(in.Title)
		}
		if asked {
			products[key] = append(products[key], order.Product{ID: row.ID, Title: row.Title, Article: row.Article})
		}
	}
	return products, nil
}

// articleSpellings adds the spaces that people leave after an article, which an
// exact search would miss, as long as the question takes no further request.
func articleSpellings(articles []string) []string {
	spellings := slices.Clone(articles)
	for _, article := range articles {
		spellings = append(spellings, article+" ")
	}
	if len(spellings) > articlesAtOnce {
		return articles
	}
	return spellings
}

// inUse leaves out archived products, which cannot be sold. A product without SKU
// is known by its code, unless another one has that as its SKU.
func inUse(rows []roapp.Product, articles []string) []roapp.Product {
	rows = slices.DeleteFunc(rows, func(p roapp.Product) bool { return p.Archived })
	skus := map[order.ProductKey]bool{}
	for _, row := range rows {
		skus[order.ArticleKey(row.Article)] = true
	}
	for i, row := range rows {
		if row.Article == "" && row.Code != "" && len(articles) > 0 && !skus[order.ArticleKey(row.Code)] {
			rows[i].Article = row.Code
		}
	}
	return rows
}

// CreateProduct makes a product, or answers with the category that has to be
// made first. A second attempt looks for the first one's.
func (a *Activities) CreateProduct(ctx context.Context, in workflows.CreateProductInput) (workflows.ProductCreated, error) {
	return onAccount(ctx, a, in.Find.Account, func(acc *account) (none workflows.ProductCreated, err error) {
		created := func(ctx context.Context) (*order.Product, error) { return acc.createdProduct(ctx, in) }
		found, err := lookupFirst(ctx, order.Precheck{Lag: in.Pace.Lag}, created)
		if err != nil {
			return none, acc.roappFailed(ctx, err, asks, false)
		}
		if found != nil {
			return workflows.ProductCreated{Product: found}, nil
		}
		category, missing, err := acc.categoryOf(ctx, in)
		if err != nil || missing != nil {
			return workflows.ProductCreated{MissingCategory: missing}, err
		}
		description, err := a.description(ctx, in.Product)
		if err != nil {
			return none, err
		}
		id, err := acc.client.CreateProduct(ctx, roapp.NewProduct{
			Title: in.Product.Title, Article: in.Product.Article, Description: description,
			CategoryID: category, UnitID: in.Product.UnitID,
		})
		if err != nil {
			acc.categories.forget("") // staff may have deleted the one that was named
			return none, acc.roappFailed(ctx, err, makesProducts, true)
		}
		made := &order.Product{ID: id, Title: in.Product.Title, Article: in.Product.Article, Created: true}
		if id == 0 {
			if made, err = findCreated(ctx, in.Pace.Lag, created); err != nil {
				return none, err
			}
		}
		acc.products.put(in.ProductKey, *made)
		return workflows.ProductCreated{Product: made}, nil
	})
}

func (acc *account) createdProduct(ctx context.Context, in workflows.CreateProductInput) (*order.Product, error) {
	products, err := acc.findProducts(ctx, in.Find)
	if err != nil || len(products[in.ProductKey]) == 0 {
		return nil, err
	}
	made := products[in.ProductKey][0]
	made.Created = true
	return &made, nil
}

// categoryOf finds the product's category. Where there is none and the account
// makes none, or its categories cannot be read, it is the fallback: no order waits
// for a category.
func (acc *account) categoryOf(ctx context.Context, in workflows.CreateProductInput) (int64, *workflows.EnsureCategoryInput, error) {
	path := in.Product.Category
	if in.CategoryID != 0 {
		return in.CategoryID, nil, nil
	}
	if len(path) == 0 {
		return in.Product.Fallback, nil, nil
	}
	categories, err := acc.allCategories(ctx)
	if acc.without(ctx, err) {
		return in.Product.Fallback, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	parent, depth, ambiguous := walk(categories, path)
	_, refused := acc.noCategories.get("")
	switch {
	case depth == len(path):
		return parent, nil, nil
	case ambiguous || refused:
		return in.Product.Fallback, nil, nil
	default:
		return 0, &workflows.EnsureCategoryInput{
			Account: acc.id, ParentID: parent, Path: path[depth:], Fallback: in.Product.Fallback, Pace: in.Pace,
		}, nil
	}
}

// walk follows a path of titles from the root as far as it exists. A path of
// one title may lie anywhere: Cartum does not always tell the parents.
func walk(categories []roapp.Category, path []string) (id int64, depth int, ambiguous bool) {
	for depth < len(path) {
		below := slices.DeleteFunc(slices.Clone(categories), func(c roapp.Category) bool {
			return !order.SameText(c.Title, path[depth]) || (len(path) > 1 && c.ParentID != id)
		})
		if len(below) != 1 {
			return id, depth, len(below) > 1
		}
		id = below[0].ID
		depth++
	}
	return id, depth, false
}

// without tells that a failure about categories is answered with the fallback: any
// refusal is, and silence where RO App answers otherwise. In an outage the order
// waits anyway.
func (acc *account) without(ctx context.Context, err error) bool {
	switch roapp.KindOf(err) {
	case roapp.Missing, roapp.NotFound, roapp.Forbidden, roapp.Rejected, roapp.Malformed:
		return true
	case roapp.Unavailable:
		if activity.GetInfo(ctx).Attempt < 3 {
			return false
		}
		_, err := acc.client.Company(ctx)
		return err == nil
	default:
		return false
	}
}

func (acc *account) allCategories(ctx context.Context) ([]roapp.Category, error) {
	return remembered(ctx, acc.categories, acc.client.Categories)
}

// CreateCategory makes one category, unless a fresh look finds it. Where RO
// App's API makes none, the fallback category is the answer: no order waits for
// a category.
func (a *Activities) CreateCategory(ctx context.Context, in workflows.CreateCategoryInput) (int64, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return 0, err
	}
	precheck := order.Precheck{Old: true, Settle: in.Pace.Settle, Lag: in.Pace.Lag}
	if in.Thorough {
		scheduled := activity.GetInfo(ctx).ScheduledTime
		precheck.Lost = &scheduled
	}
	standing := func(ctx context.Context) (*roapp.Category, error) { return acc.standingCategory(ctx, in) }
	found, err := lookupFirst(ctx, precheck, standing)
	if acc.without(ctx, err) {
		return in.Fallback, nil
	}
	if err != nil {
		return 0, acc.roappFailed(ctx, err, asks, false)
	}
	if found != nil {
		return found.ID, nil
	}
	id, err := acc.client.CreateCategory(ctx, in.Title, in.ParentID)
	if acc.without(ctx, err) {
		if roapp.KindOf(err) != roapp.Unavailable {
			acc.noCategories.put("", true)
		}
		return in.Fallback, nil
	}
	if err != nil {
		return 0, acc.roappFailed(ctx, err, makesRecords, true)
	}
	if id == 0 {
		if found, err = findCreated(ctx, in.Pace.Lag, standing); err != nil {
			return 0, acc.roappFailed(ctx, err, asks, true)
		}
		return found.ID, nil
	}
	if categories, ok := acc.categories.get(""); ok {
		acc.categories.put("", append(slices.Clone(categories), roapp.Category{ID: id, Title: in.Title, ParentID: in.ParentID}))
	}
	return id, nil
}

func (acc *account) standingCategory(ctx context.Context, in workflows.CreateCategoryInput) (*roapp.Category, error) {
	acc.categories.forget("")
	categories, err := acc.allCategories(ctx)
	if err != nil {
		return nil, err
	}
	same := func(c roapp.Category) bool { return c.ParentID == in.ParentID && order.SameText(c.Title, in.Title) }
	if i := slices.IndexFunc(categories, same); i >= 0 {
		return &categories[i], nil
	}
	return nil, nil
}
