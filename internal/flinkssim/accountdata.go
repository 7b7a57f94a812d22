package flinkssim

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

type accountDetail struct {
	Transactions      []transaction `json:"Transactions"`
	TransitNumber     *string       `json:"TransitNumber"`
	InstitutionNumber *string       `json:"InstitutionNumber"`
	OverdraftLimit    float64       `json:"OverdraftLimit"`
	Title             string        `json:"Title"`
	AccountNumber     *string       `json:"AccountNumber"`
	LastFourDigits    *string       `json:"LastFourDigits"`
	Balance           *balance      `json:"Balance"`
	Category          string        `json:"Category"`
	Type              string        `json:"Type"`
	Currency          string        `json:"Currency"`
	Holder            *holder       `json:"Holder"`
	AccountType       string        `json:"AccountType"`
	ID                string        `json:"Id"`
}

type accountSummary struct {
	EftEligibleRatio       float64  `json:"EftEligibleRatio"`
	ETransferEligibleRatio float64  `json:"ETransferEligibleRatio"`
	Title                  string   `json:"Title"`
	AccountNumber          *string  `json:"AccountNumber"`
	LastFourDigits         *string  `json:"LastFourDigits"`
	Balance                *balance `json:"Balance"`
	Category               string   `json:"Category"`
	Type                   string   `json:"Type"`
	Currency               string   `json:"Currency"`
	Holder                 *holder  `json:"Holder"`
	AccountType            string   `json:"AccountType"`
	ID                     string   `json:"Id"`
}

type balance struct {
	Available *float64 `json:"Available"`
	Current   *float64 `json:"Current"`
	Limit     *float64 `json:"Limit"`
}

type holder struct {
	Name        string  `json:"Name"`
	Address     address `json:"Address"`
	Email       string  `json:"Email"`
	PhoneNumber string  `json:"PhoneNumber"`
}

type address struct {
	CivicAddress string  `json:"CivicAddress"`
	City         string  `json:"City"`
	Province     string  `json:"Province"`
	PostalCode   string  `json:"PostalCode"`
	POBox        *string `json:"POBox"`
	Country      string  `json:"Country"`
}

type transaction struct {
	Date        string   `json:"Date"`
	Code        *string  `json:"Code"` // deprecated, always null
	Description string   `json:"Description"`
	Debit       *float64 `json:"Debit"`
	Credit      *float64 `json:"Credit"`
	Balance     *float64 `json:"Balance"`
	ID          string   `json:"Id"`
}

// accountTemplate is an account of Flinks Capital; the first one is the
// published sample.
type accountTemplate struct {
	title, number, category, kind string
	currency                      string // CAD if empty
	current                       float64
	limit                         *float64
}

var bankAccounts = []accountTemplate{
	{title: "Chequing CAD", number: "1111000", category: "Operations", kind: "Chequing", current: 1280.42},
	{title: "Savings CAD", number: "1111001", category: "Operations", kind: "Savings", current: 9100},
	{title: "Credit Card CAD", number: "1111002", category: "Credits", kind: "CreditCard", current: 312.87, limit: new(5000.0)},
}

// dollarAccount is that of a user who has one in another currency too.
var dollarAccount = accountTemplate{
	title: "Chequing USD", number: "1111003", category: "Operations", kind: "Chequing", currency: "USD", current: 640.1,
}

// sampleHolder is the holder of every account: an invented person.
var sampleHolder = holder{
	Name: "Jane Specimen", Email: "jane.specimen@example.com", PhoneNumber: "(514) 555-0123",
	Address: address{
		CivicAddress: "1275 avenue des Canadiens", City: "Montréal", Province: "QC", PostalCode: "H3B 5E8", Country: "CA",
	},
}

func (t accountTemplate) detail(id string, in *dataRequest) accountDetail {
	a := accountDetail{
		Transactions: []transaction{}, Title: t.title, Category: t.category, Type: t.kind,
		Currency: cmp.Or(t.currency, "CAD"), AccountType: "Personal", ID: id,
	}
	if wanted(in.WithAccountIdentity) {
		a.TransitNumber, a.InstitutionNumber, a.AccountNumber = new("77777"), new("777"), new(t.number)
	}
	if wanted(in.WithBalance) {
		a.Balance = &balance{Available: new(t.current), Current: new(t.current), Limit: t.limit}
	}
	if wanted(in.WithKYC) {
		a.Holder = new(sampleHolder)
	}
	return a
}

func summaries(accounts []accountDetail) []accountSummary {
	out := make([]accountSummary, 0, len(accounts))
	for _, a := range accounts {
		ratio := 0.0
		if a.Category == "Operations" {
			ratio = 1
		}
		out = append(out, accountSummary{
			EftEligibleRatio: ratio, ETransferEligibleRatio: ratio,
			Title: a.Title, AccountNumber: a.AccountNumber, LastFourDigits: a.LastFourDigits, Balance: a.Balance,
			Category: a.Category, Type: a.Type, Currency: a.Currency, Holder: a.Holder, AccountType: a.AccountType, ID: a.ID,
		})
	}
	return out
}

// accountID belongs to the login and goes with it.
func (l *login) accountID(index int) string {
	return stableGUID("account", l.id, strconv.Itoa(index), strconv.Itoa(l.accountEra))
}

// transactions invents one movement every third day up to the last refresh. They reach no further
// back than Connect was told when the login was linked.
func transactions(l *login, accountID, days string) []transaction {
	count := 30
	if days != "Days90" && l.days != "Days90" {
		count = 120
	}
	if l.behaviour().dispatched {
		count = 5
	}
	out := make([]transaction, 0, count)
	for i := range count {
		day := l.lastRefresh.UTC().Add(-time.Duration(i) * 72 * time.Hour)
		t := transaction{
			Date: day.Format(time.DateOnly), Description: fmt.Sprintf("PURCHASE %04d", i),
			Debit: new(12.5 + float64(i)), Balance: new(1280.42 + float64(i*10)),
			ID: stableGUID("transaction", accountID, day.Format(time.DateOnly)),
		}
		if i%5 == 4 {
			t.Description, t.Debit, t.Credit = "PAYROLL", nil, new(1500.0)
		}
		out = append(out, t)
	}
	return out
}
