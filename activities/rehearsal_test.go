package activities

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	"github.com/cartumsync/cartumsync/workflows"
)

// A rehearsal asks what an import would ask, says what would become of each order, and writes nothing.
func TestRehearsalWritesNothing(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	person := s.person("Anna", "+48601000201")
	s.product("Rose", "ROZA-CZ")
	s.product("Kartka", "")
	placed := time.Now().Add(-24 * time.Hour)
	standing := s.createInput(person)
	standing.Number, standing.Created = 101, placed
	done[order.OrderCreated](s, s.a.CreateOrder, standing)
	s.place(101, placed, nil)
	s.place(102, placed, nil)
	s.place(103, placed, map[string]string{
		"delivery_phone": `"+48 601 000 999"`, "delivery_name": `"Jan Kowal"`,
		"products": `[{"title":"Wazon","article":"V-1","price":25,"quantity":1,"total_price":25,"type":"product"}]`,
	})
	s.place(104, placed, map[string]string{"currency": `"EUR"`})
	s.place(105, placed, map[string]string{"stat_status": "6"})
	s.place(106, placed, nil)
	s.place(107, placed, map[string]string{"products": `[{"title":"Kartka","article":"","price":25,"quantity":1,"total_price":25,"type":"product"}]`})
	s.cartum.do(http.MethodPut, "/products/V-1", `{"title":{"pl":"Wazon"},"parent":{"id":5,"value":{"pl":"Dom"}}}`, nil)
	s.lists(listed(106, map[string]any{}))

	life := enginetest.WorkflowEnvironment()
	workflows.Register(life)
	s.a.Register(life)
	today := time.Now()
	life.ExecuteWorkflow(workflows.Rehearsal, workflows.RehearsalInput{Shop: "demo", InitialImportWanted: workflows.InitialImportWanted{
		From: today.AddDate(0, 0, -7).Format(time.DateOnly), To: today.AddDate(0, 0, 1).Format(time.DateOnly), SkipStatuses: []int{6},
	}})
	require.NoError(t, life.GetWorkflowError())
	var result workflows.Rehearsed
	require.NoError(t, life.GetWorkflowResult(&result))
	value, err := life.QueryWorkflow(workflows.QueryRehearsal, 0)
	require.NoError(t, err)
	var view workflows.RehearsalView
	require.NoError(t, value.Get(&view))
	as := map[int64]workflows.RehearsedOrder{}
	for _, one := range view.Orders {
		as[one.Number] = one
	}
	assert.Equal(t, workflows.RehearsedLink, as[101].As)
	assert.NotEmpty(t, as[101].RoappOrder)
	assert.Equal(t, workflows.RehearsedCreate, as[102].As)
	assert.Empty(t, as[102].NewContact)
	assert.Equal(t, workflows.RehearsedCreate, as[103].As)
	assert.NotEmpty(t, as[103].NewContact)
	assert.Len(t, as[103].NewProducts, 1)
	assert.Equal(t, workflows.RehearsedHeld, as[104].As)
	assert.Equal(t, workflows.RehearsedSkipped, as[105].As)
	assert.Equal(t, workflows.RehearsedKnown, as[106].As)
	assert.Equal(t, workflows.RehearsedCreate, as[107].As)
	assert.Equal(t, 1, result.Links)
	assert.Equal(t, 3, result.Imports)
	assert.Equal(t, 1, result.NewContacts)
	assert.Equal(t, 1, s.roappOrders())
	for endpoint := range s.roapp.requests() {
		if endpoint != "POST /v2/orders" && endpoint != "PATCH /v2/orders/{id}" { // of the order that existed before
			assert.Contains(t, endpoint, "GET ")
		}
	}
}

func TestRehearsalOfAShopThatIsOff(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	planned := done[workflows.RehearsalPlanned](s, s.a.RehearsalPlan, workflows.RehearsalPlanInput{Shop: "gone", Orders: []order.Snapshot{{Number: 1}}})
	require.Len(t, planned.Orders, 1)
	assert.Equal(t, order.HoldUnknownShop, planned.Orders[0].Hold)
}

func TestRehearsalWhileRoappIsDown(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	for match, activity := range map[string]struct{ activity, in any }{
		"GET /v2/contacts/people": {s.a.RehearsalContacts, workflows.RehearsalContacts{Account: "main", Phones: []order.FindContact{{Phone: "+48601000201", Phones: []string{"+48601000201"}}}}},
		"GET /v2/contacts/organizations": {s.a.RehearsalContacts, workflows.RehearsalContacts{
			Account: "main", Organizations: true, Phones: []order.FindContact{{Phone: "+48601000201", Phones: []string{"+48601000201"}}},
		}},
		"GET /v2/orders": {s.a.RehearsalStanding, s.createInput(1)},
	} {
		s.roapp.fail(match, "503")
		assert.Equal(t, order.FailUnreachable, s.fails(activity.activity, activity.in).Kind, match)
	}
}

// A check shows what cannot be read, and why; it does not fail for that.
func TestCheckOfTheServices(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	assert.Equal(t, "Sandbox", done[refdata.Company](s, s.a.ReadCompany, "main").Name)
	name, ok := done[refdata.Directory](s, s.a.ReadDirectory, workflows.ReadDirectoryInput{Account: "main", Kind: refdata.Statuses}).Name("102")
	assert.True(t, ok)
	assert.Equal(t, "In progress", name)
	shop := done[refdata.Shop](s, s.a.AskShop, "demo")
	assert.Nil(t, shop.Login)
	assert.NotEmpty(t, shop.Statuses)

	env := settingstest.Env()
	env["ROAPP_API_KEY"], env["CARTUM_PASSWORD"] = "another", "another"
	s = openServicesWith(t, nil, env)
	require.NotNil(t, done[refdata.Company](s, s.a.ReadCompany, "main").Failure)
	directory := done[refdata.Directory](s, s.a.ReadDirectory, workflows.ReadDirectoryInput{Account: "main", Kind: refdata.Statuses})
	require.NotNil(t, directory.Failure)
	assert.Equal(t, refdata.Statuses, directory.Kind)
	assert.NotNil(t, done[refdata.Shop](s, s.a.AskShop, "demo").Login)

	s = openServices(t)
	s.roapp.fail("GET /v2/company", "429")
	assert.Equal(t, order.FailThrottled, s.fails(s.a.ReadCompany, "main").Kind, "it is asked again later")
}
