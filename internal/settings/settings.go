// Package settings reads the shops and accounts of an installation from one
// YAML file. It is strict: a file with an unknown key, a name that leads
// nowhere or a secret written out is refused as a whole, and every problem is
// told at once, with its line and its remedy.
package settings

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones are known on machines without a zone database

	"github.com/cartumsync/cartumsync/internal/order"
)

// Settings are the effective content of a settings file: variables replaced,
// defaults filled in, all rules checked. They are shared between goroutines and
// must not be changed.
type Settings struct {
	// Accounts are the RO App accounts by id, at least one.
	Accounts map[string]Account `yaml:"accounts" validate:"min=1,dive,keys,id,endkeys" example:"{main: …}"`
	// Shops are the Cartum shops by id, at least one. An id stands in workflow
	// ids and so is for ever.
	Shops map[string]Shop `yaml:"shops" validate:"min=1,dive,keys,id,endkeys" example:"{kwiaty: …}"`
	// IdentityKey keys the hashes that stand for phones and articles in ids; at
	// least 16 characters.
	IdentityKey Secret `yaml:"identity_key" validate:"required,long_secret" example:"${CARTUMSYNC_IDENTITY_KEY}"`
	// Encryption are the keys of what is stored in Temporal, at least one: the
	// first encrypts, all decrypt.
	Encryption []EncryptionKey `yaml:"encryption_keys" validate:"min=1,dive" example:"[{id: k1, key: \"${CARTUMSYNC_ENCRYPTION_KEY}\"}]"`
	// Alerts say where to tell of what waits or does not work; optional.
	Alerts Alerts `yaml:"alerts"`
	// PagesURL is where people open the orders page, for links in Temporal's UI;
	// optional.
	PagesURL string `yaml:"pages_url" validate:"omitempty,link_url" example:"https://orders.example"`
	// APITokens let programs use the API; optional.
	APITokens []APIToken `yaml:"api_tokens" validate:"dive" example:"[{name: warehouse, sha256: 9f86d08…}]"`
	// Users may log in on the page with a password; optional.
	Users []User `yaml:"users" validate:"dive" example:"[{name: anna, password_bcrypt: $2a$12$…, role: act}]"`
	// SessionKey signs and encrypts the cookies of those who are logged in; at
	// least 32 characters. It is needed for users and for OIDC.
	SessionKey Secret `yaml:"session_key" validate:"omitempty,session_secret" example:"${CARTUMSYNC_SESSION_KEY}"`
	// SignIn lets people in who are known elsewhere; optional.
	SignIn SignIn `yaml:"sign_in"`
	// TrustedProxies are the networks of the reverse proxies before the starter:
	// of their requests X-Forwarded-For says who sent them. Without them all who
	// come through a proxy share its limits; optional.
	TrustedProxies []string `yaml:"trusted_proxies" validate:"dive,cidr" example:"[10.0.0.5/32]"`
	// Revision identifies the effective content: 12 hexadecimal digits that
	// change with any value, and not with comments, spelling or order of keys.
	Revision string `yaml:"-"`
}

// Account is one RO App account.
type Account struct {
	// URL is the root of RO App's API, without a slash at its end.
	URL string `yaml:"url" validate:"required,base_url" example:"https://api.roapp.io"`
	// WebURL is RO App's web application, for links.
	WebURL string `yaml:"web_url" validate:"required,link_url" example:"https://web.roapp.io"`
	APIKey Secret `yaml:"api_key" validate:"required" example:"${ROAPP_API_KEY}"`
	// WebhookSecret signs RO App's webhooks. Without it they are not accepted,
	// and changes are seen by asking alone.
	WebhookSecret Secret `yaml:"webhook_secret" example:"${ROAPP_WEBHOOK_SECRET}"`
	// Currency is the account's own, ISO 4217.
	Currency string `yaml:"currency" validate:"required,iso4217" example:"PLN"`
	// RequestsPerSecond is the budget that all processes share, default 3,
	// which is what RO App allows.
	RequestsPerSecond float64 `yaml:"requests_per_second" default:"3" validate:"rate"`
	// RequestTimeout is how long RO App may take for one answer, default 75 s.
	RequestTimeout time.Duration `yaml:"request_timeout" default:"75s" validate:"timeout"`
	// SettleAfterLostAnswer is how long after a lost answer nothing is believed
	// to be absent, default 15 s.
	SettleAfterLostAnswer time.Duration `yaml:"settle_after_lost_answer" default:"15s" validate:"pause"`
	// SearchLag is how far RO App's lists may lag behind its writes, default 5 s.
	SearchLag time.Duration `yaml:"search_lag" default:"5s" validate:"pause"`
	// PieceUnit is the id of RO App's unit "piece".
	PieceUnit int64 `yaml:"piece_unit" validate:"record_id" example:"1"`
	// FallbackCategory is the id of the category for new products whose own
	// category can neither be found nor made.
	FallbackCategory int64 `yaml:"fallback_category" validate:"record_id" example:"7"`
	// CollectEvery is how often changes in RO App are asked for, default 1 m: one
	// request for all orders.
	CollectEvery time.Duration `yaml:"collect_every" default:"1m" validate:"interval"`
	Fields       CustomFields  `yaml:"fields"`
	// Catalog is the family of RO App's calls for products: v2, legacy, or auto,
	// the default, which uses whichever the account has.
	Catalog string `yaml:"catalog" default:"auto" validate:"oneof=auto v2 legacy"`
	// ProductType is the id of the type of new products, which the v2 catalogue
	// demands; 0 is the account's first one.
	ProductType int64 `yaml:"product_type_id" validate:"omitempty,record_id" example:"1"`
	// ContactFields and OrderFields are values for custom fields, by id ("f12") or
	// by title, that every new contact and every new order gets: an account may
	// require them. An empty text is a value.
	ContactFields map[string]string `yaml:"contact_fields" empty:"allowed" example:"{f12: shop}"`
	OrderFields   map[string]string `yaml:"order_fields" empty:"allowed" example:"{f106: online}"`
}

// CustomFields are the custom fields of RO App's orders that the exchange
// fills, each by id ("f101") or by title. An empty one is not filled.
type CustomFields struct {
	Shop        string `yaml:"shop"`
	ExternalID  string `yaml:"external_id"`
	Created     string `yaml:"created"`
	LastUpdated string `yaml:"last_updated"`
}

// Shop is one Cartum shop and how its orders come into its account.
type Shop struct {
	// Name is shown to staff as Shop, 1 to 64 characters.
	Name string `yaml:"name" validate:"required,max=64" example:"Kwiaty Online"`
	// URL is the shop's root, without a slash at its end.
	URL string `yaml:"url" validate:"required,base_url" example:"https://kwiaty.example"`
	// AdminURL is what Shop and External ID open.
	AdminURL string `yaml:"admin_url" validate:"required,link_url" example:"https://kwiaty.example/edit/"`
	Login    Secret `yaml:"login" validate:"required" literal:"allowed" example:"${KWIATY_LOGIN}"`
	Password Secret `yaml:"password" validate:"required" example:"${KWIATY_PASSWORD}"`
	// WebhookKey stands in the URL of the shop's webhooks, which are unsigned:
	// at least 16 letters, digits, hyphens and underscores. Without it there are
	// no webhooks, and orders are seen by sweeps alone.
	WebhookKey Secret `yaml:"webhook_key" validate:"omitempty,url_secret" example:"${KWIATY_WEBHOOK_KEY}"`
	// Account is the id of the account that receives the shop's orders.
	Account string `yaml:"account" validate:"required" example:"main"`
	// RequestsPerSecond is how often each process may ask the shop, default 2:
	// Cartum documents no limit (docs/reference/cartum.md#limits).
	RequestsPerSecond float64 `yaml:"requests_per_second" default:"2" validate:"rate"`
	// Since is the start of the first day, in the shop's time zone, whose orders
	// are imported by sweeps.
	Since time.Time `yaml:"since" validate:"required" example:"2026-11-01"`
	// TimeZone is the shop's, an IANA name.
	TimeZone string `yaml:"time_zone" validate:"required,timezone" example:"Europe/Warsaw"`
	// Region is the country, ISO 3166, of phones without a country code.
	Region string `yaml:"region" validate:"required,region" example:"PL"`
	// Language is that of products and comments: pl, uk or en.
	Language string `yaml:"language" validate:"required,oneof=pl uk en" example:"pl"`
	// NameOrder says how a buyer's single name is split, default first_last.
	NameOrder order.NameOrder `yaml:"name_order" default:"first_last" validate:"oneof=first_last last_first"`
	// IdentifyProductsBy is article, the default, or title.
	IdentifyProductsBy order.IdentifyBy `yaml:"identify_products_by" default:"article" validate:"oneof=article title"`
	// Location is the id of RO App's location of new orders.
	Location int64 `yaml:"location" validate:"record_id" example:"12"`
	// OrderType is the id of RO App's type of new orders.
	OrderType int64 `yaml:"order_type" validate:"record_id" example:"34"`
	// Managers are the ids of the employees who receive new orders in turn, at
	// least one. One that stands twice receives twice as many.
	Managers []int64  `yaml:"managers" validate:"min=1,dive,record_id" example:"[56, 57]"`
	Statuses Statuses `yaml:"statuses"`
	// Enabled is false for a shop that is switched off: it is not asked for
	// anything, and its orders wait. Default true.
	Enabled bool `yaml:"enabled" default:"true"`
	// Sweep says how often the shop's orders are polled for changes.
	Sweep Sweep `yaml:"sweep"`
	// InitialImport brings older orders once; without its key there is none.
	InitialImport InitialImport `yaml:"initial_import"`
	// Final are the statuses after which nothing more is expected.
	Final Final `yaml:"final"`
}

// Sweep is how a shop's changes are seen, because Cartum sends events for few.
type Sweep struct {
	// RecentEvery is how often the orders of the last RecentDays are polled,
	// default 1 m.
	RecentEvery time.Duration `yaml:"recent_every" default:"1m" validate:"interval"`
	RecentDays  int           `yaml:"recent_days" default:"3" validate:"recent_days"`
	// WholeEvery is how often all orders of the last WindowDays are polled,
	// default 5 m.
	WholeEvery time.Duration `yaml:"whole_every" default:"5m" validate:"interval"`
	WindowDays int           `yaml:"window_days" default:"60" validate:"window_days"`
	// MissingAfter is how long the shop must not show an order, neither in its lists
	// nor by its number, before the order is taken for deleted, default 1 h.
	MissingAfter time.Duration `yaml:"missing_after" default:"1h" validate:"held_after"`
}

// InitialImport is the import of the orders from before the shop was connected.
type InitialImport struct {
	// Days is how many days back it begins, 0 for no initial import.
	Days int `yaml:"days" validate:"import_days" example:"60"`
	// SkipStatuses are Cartum's statuses whose orders are left out, default 3,
	// delivered.
	SkipStatuses []int `yaml:"skip_statuses" validate:"dive,record_id" example:"[3]"`
}

// Final are the statuses of both sides after which an order is done.
type Final struct {
	// Shop are Cartum's, default 3 and 4: delivered and cancelled.
	Shop []int `yaml:"shop" validate:"dive,record_id" example:"[3, 4]"`
	// Roapp are RO App's, default those that Shop is imported as and those that
	// are exported to Shop.
	Roapp []int64 `yaml:"roapp" validate:"dive,record_id" example:"[103, 104]"`
}

// Alerts are HTTP POSTs to a URL.
type Alerts struct {
	// URL may hold a token, so it is a secret.
	URL Secret `yaml:"url" validate:"omitempty,alert_url" example:"${CARTUMSYNC_ALERT_URL}"`
	// HeldAfter is how long an order may be held before it is told, default 15 m.
	HeldAfter time.Duration `yaml:"held_after" default:"15m" validate:"held_after"`
}

// APIToken is one program's access. Only the token's hash is known here.
type APIToken struct {
	// Name stands in the timeline of what was done with the token.
	Name string `yaml:"name" validate:"required,id" example:"warehouse"`
	// SHA256 is the hash of the token, 64 small hexadecimal digits.
	SHA256 string `yaml:"sha256" validate:"required,sha256_hex" example:"9f86d08…"`
	// Role is view or act, the default.
	Role string `yaml:"role" default:"act" validate:"oneof=view act" example:"view"`
}

// Statuses map the status ids of both sides; what is not in them changes
// nothing on the other side.
type Statuses struct {
	// Import maps Cartum's status to RO App's, at least one.
	Import map[int]int64 `yaml:"import" validate:"min=1,dive,keys,record_key,endkeys,record_id" example:"{1: 101, 3: 103}"`
	// Export maps RO App's status to Cartum's. Cartum's 4 locks an order for
	// ever and so is reached by what stands here alone.
	Export map[int64]int `yaml:"export" validate:"dive,keys,record_key,endkeys,record_id" example:"{103: 3}"`
}

// EncryptionKey is one key of the stored data.
type EncryptionKey struct {
	// ID is stored next to what the key encrypted, so it is for ever.
	ID string `yaml:"id" validate:"required,id" example:"k1"`
	// Key is the base64 of 32 bytes.
	Key Secret `yaml:"key" validate:"required,encryption_key" example:"${CARTUMSYNC_ENCRYPTION_KEY}"`
}

// The starter's paths of webhooks: a shop's id and key follow the first, an account's id the second.
const (
	CartumHooks = "/webhooks/cartum/"
	RoappHooks  = "/webhooks/roapp/"
)

const encryptionKeyBytes = 32

// Bytes are the key itself, 32 bytes.
func (k EncryptionKey) Bytes() ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(k.Key.Reveal())
	if err != nil || len(key) != encryptionKeyBytes {
		return nil, fmt.Errorf("encryption key %q is not the base64 of %d bytes", k.ID, encryptionKeyBytes)
	}
	return key, nil
}

// Load reads the settings file at path. Variables are looked up with env, which
// is [os.LookupEnv] outside of tests; one that is not set there is read from
// the file that the variable with _FILE after its name leads to.
func Load(path string, env func(string) (string, bool)) (*Settings, error) {
	settings, _, err := load(path, env)
	return settings, err
}

// load gives also the files that variables were read from or should have been.
func load(path string, env func(string) (string, bool)) (*Settings, []string, error) {
	text, err := readFile(path, mostBytes)
	if err != nil {
		return nil, nil, fmt.Errorf("read the settings: %w", err)
	}
	doc := newDocument(path, env)
	settings, err := doc.settings(text)
	return settings, doc.variableFiles, err
}

// Parse reads settings from the text of a file called name. All its problems
// come back together, joined: each is a [*KeyError] and one line.
func Parse(name string, yaml []byte, env func(string) (string, bool)) (*Settings, error) {
	return newDocument(name, env).settings(yaml)
}

func (d *document) settings(yaml []byte) (*Settings, error) {
	settings := new(Settings)
	if d.read(yaml, settings) {
		d.checkFields(settings)
		d.checkReferences(settings)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	if err := settings.normalize(); err != nil {
		return nil, err
	}
	revision, err := settings.revision(d.secrets)
	settings.Revision = revision
	return settings, err
}

// Zone is the shop's time zone, which its first day is in.
func (s Shop) Zone() *time.Location { return s.Since.Location() }

// normalize brings checked values into the one form that others rely on.
func (s *Settings) normalize() error {
	for id, account := range s.Accounts {
		account.URL, account.WebURL = strings.TrimRight(account.URL, "/"), strings.TrimRight(account.WebURL, "/")
		s.Accounts[id] = account
	}
	for i := range s.APITokens {
		s.APITokens[i].SHA256 = strings.ToLower(s.APITokens[i].SHA256)
	}
	for id, shop := range s.Shops {
		zone, err := time.LoadLocation(shop.TimeZone)
		if err != nil {
			return fmt.Errorf("time zone of shop %q: %w", id, err)
		}
		year, month, day := shop.Since.Date()
		shop.Since = time.Date(year, month, day, 0, 0, 0, 0, zone)
		shop.URL = strings.TrimRight(shop.URL, "/")
		if shop.InitialImport.SkipStatuses == nil {
			shop.InitialImport.SkipStatuses = []int{statusDelivered}
		}
		shop.Final = shop.Final.withDefaults(shop.Statuses)
		s.Shops[id] = shop
	}
	return nil
}

// Cartum's statuses that every shop has (docs/reference/cartum.md#statuses).
const (
	statusDelivered = 3
	statusCancelled = 4
)

// withDefaults fills in what the file leaves out; an empty list is the user's
// wish.
func (f Final) withDefaults(statuses Statuses) Final {
	if f.Shop == nil {
		f.Shop = []int{statusDelivered, statusCancelled}
	}
	if f.Roapp != nil {
		return f
	}
	for from, to := range statuses.Import {
		if slices.Contains(f.Shop, from) {
			f.Roapp = append(f.Roapp, to)
		}
	}
	for from, to := range statuses.Export {
		if slices.Contains(f.Shop, to) {
			f.Roapp = append(f.Roapp, from)
		}
	}
	slices.Sort(f.Roapp)
	f.Roapp = slices.Compact(f.Roapp)
	return f
}

// InForce tells whether a shop is in the settings and switched on.
func (s *Settings) InForce(shop string) bool { return s.Shops[shop].Enabled }

// Absence says of a shop that is not in force why that is so.
func (s *Settings) Absence(shop string) string {
	if _, known := s.Shops[shop]; known {
		return fmt.Sprintf("The shop %q is switched off in the settings.", shop)
	}
	return fmt.Sprintf("The settings have no shop %q.", shop)
}

// Rules are what is in force for a shop, and whether there is such a shop: one
// that is switched off has no rules. The caller owns them.
func (s *Settings) Rules(shop string) (order.Rules, bool) { return s.RulesIn(shop, "") }

// RulesIn are the rules for an order that was created in an account, "" for one that
// is in none yet. The settings may have given the shop another account since.
func (s *Settings) RulesIn(shop, account string) (order.Rules, bool) {
	from := s.Shops[shop]
	account = cmp.Or(account, from.Account)
	to, connected := s.Accounts[account]
	if !s.InForce(shop) || !connected && account == from.Account {
		return order.Rules{}, false
	}
	return order.Rules{
		AccountAbsent:    !connected,
		Shop:             shop,
		ShopName:         from.Name,
		ShopURL:          from.URL,
		AdminURL:         from.AdminURL,
		Account:          account,
		WebURL:           to.WebURL,
		PagesURL:         strings.TrimRight(s.PagesURL, "/"),
		Currency:         to.Currency,
		TimeZone:         from.TimeZone,
		Region:           from.Region,
		Language:         from.Language,
		NameOrder:        from.NameOrder,
		IdentifyBy:       from.IdentifyProductsBy,
		LocationID:       from.Location,
		OrderTypeID:      from.OrderType,
		Managers:         slices.Clone(from.Managers),
		PieceUnitID:      to.PieceUnit,
		FallbackCategory: to.FallbackCategory,
		ImportStatuses:   maps.Clone(from.Statuses.Import),
		ExportStatuses:   maps.Clone(from.Statuses.Export),
		FinalShop:        slices.Clone(from.Final.Shop),
		FinalRoapp:       slices.Clone(from.Final.Roapp),
		Window:           time.Duration(from.Sweep.WindowDays) * 24 * time.Hour,
		LastUpdatedField: to.Fields.LastUpdated != "",
		RequestTimeout:   to.RequestTimeout,
		Settle:           to.SettleAfterLostAnswer,
		SearchLag:        to.SearchLag,
		IdentityKey:      []byte(s.IdentityKey.Reveal()),
		Revision:         s.Revision,
	}, true
}

// ShopsElsewhere are the ids of the shops whose orders other accounts receive,
// sorted. Those that changed their account may have orders in this one.
func (s *Settings) ShopsElsewhere(account string) []string {
	return s.shops(func(shop Shop) bool { return shop.Account != account })
}

// ShopsOf are the ids of the shops whose orders an account receives, sorted.
// Shops that are switched off are among them: their orders stand in the account
// all the same, must not be taken for another shop's, and keep what they are
// told until the shop is switched on again.
func (s *Settings) ShopsOf(account string) []string {
	return s.shops(func(shop Shop) bool { return shop.Account == account })
}

func (s *Settings) shops(fits func(Shop) bool) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(s.Shops)) {
		if fits(s.Shops[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}
