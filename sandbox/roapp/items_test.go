package roapp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestItemIsAddedAsUndeducted(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order, product := a.order(), a.product("A-12")
	a.clock.advance(time.Minute)
	id := a.post(itemsOf(order), line(product, map[string]string{
		"quantity": `"1.5"`, "price": `"19.99"`, "cost": "100", "comment": `"gift"`,
	})).id("id")
	got := a.get(itemsOf(order))
	check(t, got, map[string]string{
		"0.id": fmt.Sprint(id), "0.quantity": "1.500", "0.price": "19.99", "0.cost": "100.00000", "0.comment": "gift",
		"0.created_at": "2026-11-02T09:31:00Z", "0.assignee_id": "56", "0.margin_id": "<nil>",
		"0.is_deduction_required": "true", "0.write_offs": "<nil>", "0.is_refunded": "false",
		"0.entity.id": fmt.Sprint(product), "0.entity.type": "product", "0.entity.sku": "A-12",
		"0.entity.title": "Rose A-12", "0.entity.uom.id": "1", "0.discount.amount": "0.00",
		"0.discount.type": "percentage", "0.warranty.period": "0", "0.warranty.period_units": "days",
	})
	check(t, a.get(orderPath(order)), map[string]string{
		"total": "29.99", "is_deduction_required": "true", "modified_at": "2026-11-02T09:31:00Z",
	})
}

func TestServiceNeedsNoDeduction(t *testing.T) {
	t.Parallel()
	a := with(t, settings{roapp.MissingRight: "403"}.values())
	order := a.order()
	a.item(order, 901)
	check(t, a.get(itemsOf(order)), map[string]string{
		"0.entity.type": "service", "0.entity.id": "901", "0.entity.title": "Gift wrapping",
		"0.is_deduction_required": "false", "0.write_offs": "<nil>",
	})
	check(t, a.get(orderPath(order)), map[string]string{"is_deduction_required": "false", "total": "20.00"})
	check(t, a.post(writeOffPath(order), ""), map[string]string{"written_off": "[]"})
}

func TestTotalIsTheSumOfItems(t *testing.T) {
	t.Parallel()
	discount := func(kind, percentage, amount string) map[string]string {
		return map[string]string{"quantity": "3", "price": `"33.33"`, "discount": fmt.Sprintf(
			`{"type":%q,"percentage":%s,"amount":%s,"sponsor":"company"}`, kind, percentage, amount)}
	}
	a := with(t, nil)
	order, product := a.order(), a.product("A-12")
	for _, c := range []struct {
		fields          map[string]string
		total, discount string
	}{
		{discount("percentage", "0", "0"), "99.99", "0.00"},
		{discount("percentage", "10", "0"), "189.98", "10.00"},
		{discount("value", "0", `"5.50"`), "284.47", "15.50"},
		{map[string]string{"price": "0"}, "284.47", "15.50"},
	} {
		a.post(itemsOf(order), line(product, c.fields))
		check(t, a.get(orderPath(order)), map[string]string{"total": c.total, "discount_sum": c.discount})
	}
}

func TestItemRefusals(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order, product := a.order(), a.product("A-12")
	having := func(field, value string) string { return line(product, map[string]string{field: value}) }
	cases := []refusal{
		{"unknown entity", line(1, nil), "entity_id: unknown id 1"},
		{"deleted assignee", having("assignee_id", "1"), "assignee_id: unknown id 1"},
		{"quantity 0", having("quantity", "0"), "quantity: must be more than 0"},
		{"negative quantity", having("quantity", "-1"), "quantity: must be a number"},
		{"quantity in words", having("quantity", `"two"`), "quantity: must be a number"},
		{"huge exponent", having("price", "1e9999999"), "price: must be a number"},
		{"four decimals", having("quantity", "0.0001"), "quantity: has more than 3 digits"},
		{"third of a grosz", having("price", "33.333"), "price: has more than 2 digits"},
		{"negative price", having("price", `"-1.00"`), "price: must be a number"},
		{"discount type", having("discount", `{"type":"x","percentage":0,"amount":0,"sponsor":"staff"}`), "discount.type"},
		{"no amount", having("discount", `{"type":"value","percentage":0,"sponsor":"staff"}`), "discount.amount"},
		{"high discount", having("discount", `{"type":"value","percentage":0,"amount":21,"sponsor":"staff"}`), "discount"},
		{"warranty units", having("warranty", `{"period":"0","period_units":"days"}`), "warranty.periodUnits"},
		{"warranty period", having("warranty", `{"period":"x","periodUnits":"days"}`), "warranty.period"},
		{"unknown tax", having("tax_ids", "[1]"), "tax_ids"},
	}
	for _, field := range []string{"entity_id", "assignee_id", "quantity", "price", "cost", "discount", "warranty"} {
		cases = append(cases, refusal{"without " + field, having(field, ""), field + ": is required"})
	}
	a.refuses(http.MethodPost, itemsOf(order), cases)
	if n := a.get(itemsOf(order)).length(""); n != 0 {
		t.Errorf("%d items were made by refused requests", n)
	}
}

func TestItemIsChanged(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order := a.order()
	id := a.item(order, a.product("A-12"))
	other := a.product("B-1")
	a.ok(http.MethodPatch, itemPath(order, id), fmt.Sprintf(`{"quantity":3,"entity_id":%d}`, other))
	check(t, a.get(itemsOf(order)), map[string]string{"0.quantity": "3.000", "0.price": "10.00", "0.entity.sku": "A-12"})
	check(t, a.get(orderPath(order)), map[string]string{"total": "30.00"})
	a.refuses(http.MethodPatch, itemPath(order, id), []refusal{{"no number", `{"quantity":null}`, "quantity"}})
	if got := a.do(http.MethodPatch, itemPath(order, 9), `{}`); got.status != http.StatusNotFound {
		t.Errorf("unknown item: %d", got.status)
	}
}

func TestItemCannotBeDeletedByTheAPI(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order := a.order()
	id := a.item(order, a.product("A-12"))
	if got := a.do(http.MethodDelete, itemPath(order, id), ""); got.status != http.StatusMethodNotAllowed {
		t.Errorf("got %d", got.status)
	}
	if got := a.do(http.MethodDelete, orderPath(order), ""); got.status != http.StatusMethodNotAllowed {
		t.Errorf("got %d", got.status)
	}
}

func TestQuantityZeroSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order := a.order()
	path := itemPath(order, a.item(order, a.product("A-12")))
	a.refuses(http.MethodPatch, path, []refusal{{"zero", `{"quantity":0}`, "quantity: must be more than 0"}})
	a.set(settings{roapp.QuantityZero: "accepted"}.values())
	a.ok(http.MethodPatch, path, `{"quantity":0}`)
	check(t, a.get(itemsOf(order)), map[string]string{"0.quantity": "0.000"})
}

func TestPatchWrittenOffSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order := a.order()
	path := itemPath(order, a.item(order, a.product("A-12")))
	a.post(writeOffPath(order), "")
	a.ok(http.MethodPatch, path, `{"quantity":5}`)
	check(t, a.get(itemsOf(order)), map[string]string{"0.quantity": "5.000", "0.write_offs.0.quantity": "2.000"})
	a.set(settings{roapp.PatchWrittenOff: "refused"}.values())
	a.refuses(http.MethodPatch, path, []refusal{{"written off", `{"quantity":6}`, "written off"}})
}

func TestMissingRightSwitch(t *testing.T) {
	t.Parallel()
	for value, status := range map[string]int{"403": 403, "400": 400, "none": 200} {
		a := with(t, settings{roapp.MissingRight: value}.values())
		order, product := a.order(), a.product("A-12")
		got := a.do(http.MethodPost, itemsOf(order), line(product, nil))
		if got.status != status {
			t.Errorf("%s: got %d %s", value, got.status, got.raw)
		}
		if status != http.StatusOK && !strings.Contains(got.at("message"), "without deduction") {
			t.Errorf("%s: got %s", value, got.raw)
		}
		if allowed := status == http.StatusOK; allowed != (a.get(itemsOf(order)).length("") == 1) {
			t.Errorf("%s: got items %s", value, a.get(itemsOf(order)).raw)
		}
	}
}

func TestDeductOnAddSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, settings{roapp.DeductOnAdd: "yes"}.values())
	order := a.order()
	a.item(order, a.product("A-12"))
	check(t, a.get(itemsOf(order)), map[string]string{
		"0.is_deduction_required": "false", "0.write_offs.0.quantity": "2.000",
	})
	check(t, a.get(orderPath(order)), map[string]string{"is_deduction_required": "false"})
}

func TestWriteOffSwitches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ leavesTime, leavesFlag, modified, flag string }{
		{"yes", "yes", "2026-11-02T09:30:00Z", "true"},
		{"no", "yes", "2026-11-02T09:31:00Z", "true"},
		{"yes", "no", "2026-11-02T09:30:00Z", "false"},
		{"no", "no", "2026-11-02T09:31:00Z", "false"},
	} {
		a := with(t, settings{
			roapp.WriteOffLeavesModifiedAt: c.leavesTime, roapp.WriteOffLeavesFlag: c.leavesFlag,
		}.values())
		order, product := a.order(), a.product("A-12")
		id := a.item(order, product)
		a.clock.advance(time.Minute)
		check(t, a.post(writeOffPath(order), ""), map[string]string{"written_off.0": fmt.Sprint(id)})
		want := map[string]string{"data.0.modified_at": c.modified, "data.0.is_deduction_required": c.flag}
		check(t, a.get("/v2/orders"), want)
		check(t, a.get(itemsOf(order)), map[string]string{
			"0.is_deduction_required": c.flag, "0.write_offs.0.goodId": fmt.Sprint(product),
			"0.write_offs.0.quantity": "2.000", "0.write_offs.0.repairOrderProductId": fmt.Sprint(id),
			"0.write_offs.0.cost": "0.00000", "0.write_offs.0.sernum_id": "<nil>",
		})
	}
}

func TestWriteOffOfSomeItems(t *testing.T) {
	t.Parallel()
	a := with(t, settings{roapp.WriteOffLeavesFlag: "no"}.values())
	order := a.order()
	first, second := a.item(order, a.product("A-12")), a.item(order, a.product("B-1"))
	a.post(writeOffPath(order), fmt.Sprintf(`{"items":[%d]}`, second))
	check(t, a.get(itemsOf(order)), map[string]string{"0.write_offs": "<nil>", "1.is_deduction_required": "false"})
	check(t, a.get(orderPath(order)), map[string]string{"is_deduction_required": "true"})
	got := a.post(writeOffPath(order), "")
	check(t, got, map[string]string{"written_off.0": fmt.Sprint(first), "written_off.1": "<nil>"})
	check(t, a.get(orderPath(order)), map[string]string{"is_deduction_required": "false"})
}
