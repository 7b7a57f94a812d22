package dataclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flinks-operator/flinks-operator/dataclient"
)

// An application sums up the balances of a connection. In a pod, the URL is
// https://flinks-operator-data-api.flinks-system.svc, and the files are below /var/run/data-api.
func Example() {
	url, tokenFile, caFile := serveExample()
	client, err := dataclient.New(url, dataclient.File(tokenFile), dataclient.File(caFile))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	data, err := client.Accounts(ctx, "lending", "acme", dataclient.Query{Transactions: dataclient.TransactionsDays90, Follow: true})
	if problem, ok := errors.AsType[*dataclient.Problem](err); ok && problem.Reason == dataclient.UserActionRequired {
		log.Fatalf("the customer has to act: %s", problem.Cause)
	}
	if err != nil {
		log.Fatal(err)
	}
	var total float64
	for raw, err := range data.Accounts() {
		if err != nil {
			log.Fatal(err) // The answer is not whole, so the total counts for nothing.
		}
		var account struct{ Balance struct{ Current float64 } }
		if err := json.Unmarshal(raw, &account); err != nil {
			log.Fatal(err)
		}
		total += account.Balance.Current
	}
	fmt.Printf("%.2f, as of %s\n", total, data.Time.Format(time.DateOnly))

	// Later: is there anything newer?
	_, err = client.Accounts(ctx, "lending", "acme", dataclient.Query{Transactions: dataclient.TransactionsDays90, IfNoneMatch: data.ETag})
	if errors.Is(err, dataclient.ErrNotModified) {
		fmt.Println("nothing newer")
	}
	// Output:
	// 1234.50, as of 2031-05-06
	// nothing newer
}
