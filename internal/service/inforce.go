package service

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// InForce is what the settings in force say, without secrets, with the names of
// what they name by ids.
type InForce struct {
	Revision string           `json:"revision" doc:"changes with any value of the settings"`
	Accounts []AccountInForce `json:"accounts"`
	Shops    []ShopInForce    `json:"shops"`
	Alerts   bool             `json:"alerts" doc:"whether alerts are sent"`
	Held     string           `json:"alert_held_after" doc:"how long an order may be held before it is told, such as 15m0s"`
}

// Named is a record of a service; its name is "" while it is not known.
type Named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// AccountInForce is an RO App account.
type AccountInForce struct {
	ID                string  `json:"id"`
	URL               string  `json:"url"`
	WebURL            string  `json:"web_url"`
	Currency          string  `json:"currency"`
	RequestsPerSecond float64 `json:"requests_per_second"`
	CollectEvery      string  `json:"collect_every"`
	RequestTimeout    string  `json:"request_timeout"`
	Settle            string  `json:"settle_after_lost_answer"`
	SearchLag         string  `json:"search_lag"`
	PieceUnit         Named   `json:"piece_unit"`
	FallbackCategory  Named   `json:"fallback_category"`
	Webhooks          bool    `json:"webhooks" doc:"whether RO App's webhooks are taken"`
	Catalog           string  `json:"catalog" doc:"auto, v2 or legacy"`
	CatalogInUse      string  `json:"catalog_in_use,omitempty" doc:"v2 or legacy; absent while it is not known"`
	ProductType       Named   `json:"product_type" doc:"of new products in the v2 catalogue; id 0: the account's first"`
	// ContactFields and OrderFields are the custom fields that new records get values for.
	ContactFields []string `json:"contact_fields"`
	OrderFields   []string `json:"order_fields"`
	// The custom fields are as the settings name them, "" where there is none.
	FieldShop        string `json:"field_shop"`
	FieldExternalID  string `json:"field_external_id"`
	FieldCreated     string `json:"field_created"`
	FieldLastUpdated string `json:"field_last_updated"`
}

// ShopInForce is a Cartum shop.
type ShopInForce struct {
	ID                 string          `json:"id"`
	Name               string          `json:"name"`
	Account            string          `json:"account"`
	URL                string          `json:"url"`
	AdminURL           string          `json:"admin_url"`
	Enabled            bool            `json:"enabled"`
	Since              string          `json:"since" doc:"day from which orders come by themselves"`
	TimeZone           string          `json:"time_zone"`
	Region             string          `json:"region"`
	Language           string          `json:"language"`
	NameOrder          string          `json:"name_order"`
	IdentifyProductsBy string          `json:"identify_products_by"`
	RequestsPerSecond  float64         `json:"requests_per_second"`
	RecentEvery        string          `json:"recent_every"`
	RecentDays         int             `json:"recent_days"`
	WholeEvery         string          `json:"whole_every"`
	WindowDays         int             `json:"window_days"`
	InitialImportDays  int             `json:"initial_import_days" doc:"0: none begins by itself"`
	SkipStatuses       []Named         `json:"initial_import_skips"`
	Webhooks           bool            `json:"webhooks" doc:"whether Cartum's webhooks are taken"`
	Location           Named           `json:"location"`
	OrderType          Named           `json:"order_type"`
	Managers           []Named         `json:"managers"`
	Import             []StatusMapping `json:"import" doc:"Cartum's status becomes RO App's"`
	Export             []StatusMapping `json:"export" doc:"RO App's status becomes Cartum's"`
	FinalShop          []Named         `json:"final_shop"`
	FinalRoapp         []Named         `json:"final_roapp"`
}

// StatusMapping says which status becomes which on the other side.
type StatusMapping struct {
	From Named `json:"from"`
	To   Named `json:"to"`
	// Locks is set where the order can never be changed in Cartum afterwards.
	Locks bool `json:"locks,omitempty"`
}

// InForce shows settings without their secrets.
func (n Names) InForce() InForce {
	s := n.set
	out := InForce{Revision: s.Revision, Alerts: s.Alerts.URL.Reveal() != "", Held: s.Alerts.HeldAfter.String()}
	for _, id := range slices.Sorted(maps.Keys(s.Accounts)) {
		out.Accounts = append(out.Accounts, n.account(id, s.Accounts[id]))
	}
	for _, id := range slices.Sorted(maps.Keys(s.Shops)) {
		out.Shops = append(out.Shops, n.shop(id, s.Shops[id]))
	}
	return out
}

func (n Names) account(id string, a settings.Account) AccountInForce {
	return AccountInForce{
		ID: id, URL: a.URL, WebURL: a.WebURL, Currency: a.Currency, RequestsPerSecond: a.RequestsPerSecond,
		CollectEvery: a.CollectEvery.String(), RequestTimeout: a.RequestTimeout.String(),
		Settle: a.SettleAfterLostAnswer.String(), SearchLag: a.SearchLag.String(),
		PieceUnit: n.named(id, refdata.Units, a.PieceUnit), FallbackCategory: n.named(id, refdata.Categories, a.FallbackCategory),
		Webhooks: a.WebhookSecret.Reveal() != "",
		Catalog:  a.Catalog, CatalogInUse: n.catalogInUse(id, a.Catalog), ProductType: n.named(id, refdata.ProductTypes, a.ProductType),
		ContactFields: sortedKeys(a.ContactFields), OrderFields: sortedKeys(a.OrderFields),
		FieldShop: a.Fields.Shop, FieldExternalID: a.Fields.ExternalID, FieldCreated: a.Fields.Created, FieldLastUpdated: a.Fields.LastUpdated,
	}
}

func (n Names) shop(id string, s settings.Shop) ShopInForce {
	out := ShopInForce{
		ID: id, Name: s.Name, Account: s.Account, URL: s.URL, AdminURL: s.AdminURL, Enabled: s.Enabled,
		Since: s.Since.Format(time.DateOnly), TimeZone: s.TimeZone, Region: s.Region, Language: s.Language,
		NameOrder: string(s.NameOrder), IdentifyProductsBy: string(s.IdentifyProductsBy), RequestsPerSecond: s.RequestsPerSecond,
		RecentEvery: s.Sweep.RecentEvery.String(), RecentDays: s.Sweep.RecentDays,
		WholeEvery: s.Sweep.WholeEvery.String(), WindowDays: s.Sweep.WindowDays,
		InitialImportDays: s.InitialImport.Days, Webhooks: s.WebhookKey.Reveal() != "",
		Location: n.named(s.Account, refdata.Locations, s.Location), OrderType: n.named(s.Account, refdata.OrderTypes, s.OrderType),
	}
	ofShop := func(status int) Named { return Named{int64(status), n.title(id, status)} }
	ofAccount := func(status int64) Named { return n.named(s.Account, refdata.Statuses, status) }
	for _, status := range s.InitialImport.SkipStatuses {
		out.SkipStatuses = append(out.SkipStatuses, ofShop(status))
	}
	for _, manager := range s.Managers {
		out.Managers = append(out.Managers, n.named(s.Account, refdata.Employees, manager))
	}
	for _, from := range slices.Sorted(maps.Keys(s.Statuses.Import)) {
		out.Import = append(out.Import, StatusMapping{From: ofShop(from), To: ofAccount(s.Statuses.Import[from])})
	}
	for _, from := range slices.Sorted(maps.Keys(s.Statuses.Export)) {
		to := s.Statuses.Export[from]
		out.Export = append(out.Export, StatusMapping{From: ofAccount(from), To: ofShop(to), Locks: to == order.CancelledStatus})
	}
	for _, status := range s.Final.Shop {
		out.FinalShop = append(out.FinalShop, ofShop(status))
	}
	for _, status := range s.Final.Roapp {
		out.FinalRoapp = append(out.FinalRoapp, ofAccount(status))
	}
	return out
}

// catalogInUse is what the last check found, or what the settings want.
func (n Names) catalogInUse(account, wanted string) string {
	if said := n.checks.Accounts[account].Account; said != nil && said.Lists[refdata.Products].Catalogue != "" {
		return said.Lists[refdata.Products].Catalogue
	}
	if wanted != string(roapp.CatalogueAuto) {
		return wanted
	}
	return ""
}

// sortedKeys are the names of custom fields; what stands in them is of nobody's interest.
func sortedKeys(fields map[string]string) []string {
	return append([]string{}, slices.Sorted(maps.Keys(fields))...)
}

// named is a record of an account's list.
func (n Names) named(account string, kind refdata.Kind, id int64) Named {
	named := Named{ID: id}
	if said := n.checks.Accounts[account].Account; said != nil {
		named.Name, _ = said.Lists[kind].Name(strconv.FormatInt(id, 10))
	}
	return named
}
