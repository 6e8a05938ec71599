package order

import "time"

// Rules are the settings in force for one shop and its account, as far as the
// domain needs them; they hold no credentials.
type Rules struct {
	Shop     string // id
	ShopName string // shown to staff as Shop
	ShopURL  string
	AdminURL string // what Shop and External ID open
	Account  string // id of the RO App account
	WebURL   string // RO App's web application, for links
	PagesURL string // the orders page, for links; "" where nobody said

	Currency string // ISO 4217, of the account
	TimeZone string // IANA name, the shop's
	Region   string // ISO 3166, of phones without a country code
	Language string // of products and comments: pl, uk or en

	NameOrder  NameOrder
	IdentifyBy IdentifyBy

	LocationID       int64
	OrderTypeID      int64
	Managers         []int64 // RO App employees, who receive new orders in turn
	PieceUnitID      int64
	FallbackCategory int64
	// ImportStatuses maps Cartum's status ids to RO App's.
	ImportStatuses map[int]int64
	// ExportStatuses maps RO App's status ids to Cartum's.
	ExportStatuses map[int64]int
	// FinalShop and FinalRoapp are the statuses after which a side expects
	// nothing more.
	FinalShop  []int
	FinalRoapp []int64
	// Window is how far back sweeps reach; an order is not closed within it.
	Window time.Duration

	// LastUpdatedField is set where RO App's orders have the field Last updated.
	LastUpdatedField bool

	// RequestTimeout is how long RO App may take for one answer.
	RequestTimeout time.Duration
	// Settle is how long after a lost answer nothing is believed to be absent.
	Settle time.Duration
	// SearchLag is how far RO App's lists may lag behind its writes.
	SearchLag time.Duration

	// Absent says why the shop's rules are not known, "" where they are.
	Absent string
	// AccountAbsent is set where the order's account is not in the settings any more.
	AccountAbsent bool
	// Run is the id of the workflow's run.
	Run string `json:"-"`
	// KnownProduct gives a product that was seen in RO App minutes ago; nil where
	// nothing is known.
	KnownProduct func(ProductKey) (Product, bool) `json:"-"`

	// IdentityKey keys the hashes that stand for phones and SKUs in ids.
	IdentityKey []byte `json:"-"`
	// Revision identifies the settings that these rules were read from.
	Revision string
}

// NameOrder says how Cartum's single name field is split.
type NameOrder string

// The two orders of a name.
const (
	FirstLast NameOrder = "first_last"
	LastFirst NameOrder = "last_first"
)

// IdentifyBy says by what a product of the shop is recognised in RO App.
type IdentifyBy string

// What products are identified by.
const (
	ByArticle IdentifyBy = "article"
	ByTitle   IdentifyBy = "title"
)

// Zone is the shop's time zone. Settings refuse an unknown one, so UTC stands
// only for rules that were never read from settings.
func (r Rules) Zone() *time.Location {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Manager is the employee who receives the order: by its number, in turn.
func (r Rules) Manager(number int64) int64 {
	return r.Managers[int(number%int64(len(r.Managers)))]
}
