package main

// pair is a shop and the RO App account that receives its orders.
type pair struct {
	Shop, Account string // ids in the settings
	ShopName      string
	Currency      string
	TimeZone      string
	Region        string
	Language      string
	IdentifyBy    string
	CustomFields  bool // whether RO App's orders have Shop, External ID, Created, Last updated

	cartumLanguages []string // Cartum's keys, which call Ukrainian "ua"
	cartum, roapp   part
}

// pairs are the sandbox's two: they differ in everything that a shop may
// differ in.
var pairs = []pair{
	{
		Shop: "demo", Account: "main", ShopName: "Kwiaty Online", Currency: "PLN", TimeZone: "Europe/Warsaw",
		Region: "PL", Language: "pl", IdentifyBy: "article", CustomFields: true,
		cartumLanguages: []string{"pl", "en"}, cartum: partCartum, roapp: partRoapp,
	},
	{
		Shop: "demo-ua", Account: "second", ShopName: "Квіти Онлайн", Currency: "UAH", TimeZone: "Europe/Kyiv",
		Region: "UA", Language: "uk", IdentifyBy: "title",
		cartumLanguages: []string{"ua", "en"}, cartum: partCartumUA, roapp: partRoappUA,
	},
}

// Where the accounts' orders belong, as every RO App fake has it.
const (
	locationID  = 12
	orderTypeID = 34
	managerID   = 57
)

// The one key of each fake's API.
const (
	roappKey       = "sandbox"
	cartumLogin    = "sandbox"
	cartumPassword = "sandbox"
)
