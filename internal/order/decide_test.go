package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// The exchange looks at a hold's cause again whenever something changes; an
// answer that comes meanwhile counts.
func TestF29_DecisionWhileTheCauseIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	shopHas(&s, at, func(o *order.Snapshot) {
		o.Lines = append(o.Lines, order.Line{
			Key: "a:C-1#1", Article: "C-1", Title: "Wstążka",
			Quantity: decimal.NewFromInt(5), Price: decimal.NewFromInt(2), Total: decimal.NewFromInt(10),
		})
	})
	s.Goods[order.ArticleKey("C-1")] = order.GoodsFacts{LookedAt: at, Recalled: &order.Recalled{}, Found: []order.Product{{ID: 7, Article: "C-1"}, {ID: 8, Article: "C-1"}}}
	plan(&s, r, at)
	require.NotNil(t, s.Hold)
	require.Equal(t, order.HoldAmbiguousProduct, s.Hold.Reason)

	s.SettingsChanged(at)
	require.Nil(t, s.Hold)
	s.Decide(order.Decision{Kind: order.DecideProduct, ProductID: 8, By: "anna"}, at)

	plan(&s, r, at)
	assert.Nil(t, s.Hold)
	assert.EqualValues(t, 8, s.Goods[order.ArticleKey("C-1")].Chosen.ID)
	assert.Equal(t, "decided: product 8", s.Timeline[len(s.Timeline)-1].Text)
}

func TestDecisionThatFitsNothingTellsSo(t *testing.T) {
	t.Parallel()
	s := imported()
	s.Decide(order.Decision{Kind: order.DecideProduct, ProductID: 8, By: "anna"}, noon)
	assert.Contains(t, s.Timeline[len(s.Timeline)-1].Text, "changes nothing")
}
