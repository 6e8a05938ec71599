// Package workflows holds the workflows: the order's long life, the short ones
// that create what several orders may want at once, and the entities of a shop
// and of an account. They interpret what activities decide and nearly never
// change, for orders live for months.
package workflows

// Workflow types.
const (
	OrderWorkflow          = "Order"
	EnsureContactWorkflow  = "EnsureContact"
	EnsureProductWorkflow  = "EnsureProduct"
	EnsureCategoryWorkflow = "EnsureCategory"
	ShopWorkflow           = "Shop"
	AccountWorkflow        = "Account"
	LaneWorkflow           = "Lane"
	RehearsalWorkflow      = "Rehearsal"
	RoappOrdersWorkflow    = "RoappOrders"
	NotifyWorkflow         = "Notify"
	CheckWorkflow          = "Check"
	ReconcileWorkflow      = "Reconcile"
	LookupWorkflow         = "Lookup"
	SearchWorkflow         = "Search"
	LogoutWorkflow         = "Logout" // no worker runs it
)

// Signals, with the type of their payload.
const (
	SignalShopOrderChanged   = "shop-order-changed"    // order.ChangeNotice
	SignalDecide             = "decide"                // order.Decision
	SignalStatusChanged      = "status-changed"        // order.OrderRead
	SignalWrittenOff         = "written-off"           // order.WriteOff
	SignalForceContinueAsNew = "force-continue-as-new" // nothing
	SignalWebhooks           = "webhooks"              // WebhooksWanted, to a shop
	SignalWebhookRemoved     = "webhook-removed"       // the event's name, to a shop
	SignalWebhookReceived    = "webhook-received"      // nothing, to a shop, at most once an hour from each starter: its events arrive
	SignalPoll               = "poll"                  // nothing, to an account or a shop: now, not at the next time
	SignalInitialImport      = "initial-import"        // InitialImportWanted, to a shop
	SignalStopInitialImport  = "initial-import-stop"   // nothing, to a shop
	SignalRememberChoice     = "remember-choice"       // RememberChoice, to an account
	SignalTaskRepeated       = "task-repeated"         // the id of a workflow whose task a worker was given again and again, to its shop or account
	SignalPermissionGiven    = "permission-given"      // nothing, to an account: products may be added again
	SignalEndpointMissing    = "endpoint-missing"      // method and path, to an account
	// SignalSettings notifies a shop, an account or a held order of other settings in
	// force; its payload is their revision.
	SignalSettings = "settings"
)

// OrderSignals are the signals that an order's rules take. A test holds them
// against the rules.
var OrderSignals = []string{SignalDecide, SignalSettings, SignalShopOrderChanged, SignalStatusChanged, SignalWrittenOff}

// UpdateRefresh compares both sides of the order now. Its argument is an
// order.RefreshRequest, its result a flow.Refresh.
const UpdateRefresh = "refresh"

// Queries.
const (
	QueryOrder     = "order"     // the whole OrderView
	QueryShop      = "shop"      // ShopView
	QueryAccount   = "account"   // AccountView
	QueryHealth    = "health"    // HealthView, of a shop and of an account
	QueryState     = "state"     // ShopState or AccountState, for the next life of an entity that was ended
	QueryCreated   = "created"   // each CreatedOrder of an account, by the order's workflow id
	QueryRehearsal = "rehearsal" // RehearsalView; its argument is how many orders are known to the asker
	QueryChoice    = "choice"    // of an account: *order.Remembered; its argument is the record's id
)

// Activities besides the steps of an order, whose activities have the names of
// the step kinds.
const (
	ActivityAdvance           = "Advance"
	ActivityCreateContact     = "CreateContact"
	ActivityCreateProduct     = "CreateProduct"
	ActivityEnsureCategory    = "EnsureCategory"
	ActivityCreateCategory    = "CreateCategory"
	ActivitySubscribe         = "Subscribe"
	ActivityCollectChanges    = "CollectChanges"
	ActivityHoldLane          = "HoldLane"
	ActivityShopSettings      = "ShopSettings"
	ActivitySweepShop         = "SweepShop"
	ActivityImportSlice       = "ImportSlice"
	ActivityResumeHeld        = "ResumeHeld"
	ActivityRehearsalRead     = "RehearsalRead"
	ActivityRehearsalPlan     = "RehearsalPlan"
	ActivityRehearsalContacts = "RehearsalContacts"
	ActivityRehearsalStanding = "RehearsalStanding"
	ActivityCheckAlerts       = "CheckAlerts"
	ActivityRoappOrders       = "ReadRoappOrders"
	ActivitySendAlert         = "SendAlert"
	ActivityReadCompany       = "ReadCompany"
	ActivityReadDirectory     = "ReadDirectory"
	ActivityAskShop           = "AskShop"
	ActivityReconcileSlice    = "ReconcileSlice"
	ActivityReconcileTotals   = "ReconcileTotals"
	ActivityLookup            = "Lookup"
	ActivitySearch            = "Search"
)

// ShopID is the id of a shop's entity.
func ShopID(shop string) string { return "shop:" + shop }

// AccountID is the id of an account's entity.
func AccountID(account string) string { return "account:" + account }
