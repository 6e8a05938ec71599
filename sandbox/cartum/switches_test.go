package cartum

import (
	"strings"
	"testing"
)

func TestSwitchesAreDescribed(t *testing.T) {
	t.Parallel()
	equal(t, "switches", len(Switches()), len(switchRules))
	for _, one := range Switches() {
		if one.About == "" || !strings.Contains(one.Values, one.Documented) || !strings.Contains(one.Values, one.Flipped) {
			t.Errorf("%+v", one)
		}
	}
}

const noisyOrder = `{"stat_status":1,"delivery_name":"O'Connor & Syn","comment":"<b>","delivery_type":{"id":2,"title":"\"Kurier\""},
	"delivery_data":{"tnNumber":"59"},"products":[{"title":"A & B","article":"A&B"},{"title":"C","article":"C"}]}`

func TestProductsSwitch(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"products": "object"})
	s.put("1", noisyOrder)
	same(t, "lines", s.order(nil)["products"], `{"1":{"title":"A & B","article":"A&B"},"2":{"title":"C","article":"C"}}`)
	s.put("1", `{"products":[]}`)
	same(t, "no lines", s.order(nil)["products"], `[]`)
}

func TestDeliveryDataSwitch(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.put("1", noisyOrder)
	same(t, "flat", s.order(nil)["delivery_data"], `{"tnNumber":"59"}`)
	s.set(SwitchDeliveryData, "nested")
	same(t, "nested", s.order(nil)["delivery_data"], `{"nova_poshta":{"tnNumber":"59"}}`)
}

func TestEntitiesSwitch(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"entities": "escaped"})
	s.put("1", noisyOrder)
	o := s.order(nil)
	equal(t, "name", o["delivery_name"], any("O&#039;Connor &amp; Syn"))
	equal(t, "comment", o["comment"], any("&lt;b&gt;"))
	equal(t, "delivery", at(o, "delivery_type", "title"), any("&quot;Kurier&quot;"))
	equal(t, "title", at(o, "products", 0, "title"), any("A &amp; B"))
	equal(t, "article stays", at(o, "products", 0, "article"), any("A&B"))
	s.set(SwitchProducts, "object")
	equal(t, "title in an object", at(s.order(nil), "products", "1", "title"), any("A &amp; B"))
	s.set(SwitchEntities, "plain")
	equal(t, "name as it was put", s.order(nil)["delivery_name"], any("O'Connor & Syn"))
}
