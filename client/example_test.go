package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
)

func Example() {
	address, key := examples() // https://muster.example.org, and the secret of a key
	ctx := context.Background()

	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}
	joe, err := c.CreateAccount(ctx, client.NewAccount{Edit: client.Edit{
		Username:   muster.Some("j.doe"),
		Values:     muster.Values{"motto": muster.Text("To serve")},
		Ranks:      muster.RankEdit{Add: []muster.RankID{"officer"}},
		Identities: client.IdentityEdit{Add: []client.NewIdentity{{Provider: muster.ProviderDiscord, Value: "1234", Verified: true}}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	same, err := c.Account(ctx, "discord:1234")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(same.Username, same.Ranks[0].Label, same.Values["motto"], same.ID == joe.ID)
	// Output: j.doe Officer To serve true
}

func ExampleClient_EditAccount() {
	address, key := examples()
	ctx := context.Background()
	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}

	ada, err := c.Account(ctx, client.Username("ada"))
	if err != nil {
		log.Fatal(err)
	}
	edit := client.Edit{
		Name:   muster.Some("Ada L."),                           // set
		Email:  muster.Some(""),                                 // cleared
		Values: muster.Values{"motto": nil},                     // cleared
		Ranks:  muster.RankEdit{Add: []muster.RankID{"member"}}, // added to those that are held
	} // and all else stays
	now, err := c.EditAccount(ctx, client.ID(ada.ID), edit, client.IfRev(ada.Rev))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %q, %d rank, by change %d\n", now.Name, now.Email, len(now.Ranks), now.Change)

	_, err = c.EditAccount(ctx, client.ID(ada.ID), edit, client.IfRev(ada.Rev)) // which is not the state of now
	fmt.Println(errors.Is(err, client.ErrStale))
	// Output:
	// Ada L., "", 1 rank, by change 10
	// true
}

func ExampleDryRun() {
	address, key := examples()
	ctx := context.Background()
	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}

	would, err := c.EditRanks(ctx, "username:ada", muster.RankEdit{Set: muster.Some([]muster.RankID{"chief"})}, client.DryRun())
	if err != nil {
		log.Fatal(err)
	}
	is, err := c.Account(ctx, "username:ada")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(would.Ranks), len(is.Ranks))
	// Output: 1 0
}

func ExampleClient_Accounts() {
	address, key := examples()
	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}

	for account, err := range c.Accounts(context.Background(), client.AccountFilter{Banned: muster.Some(false), PageSize: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(account.Number, account.Username)
	}
	// Output:
	// 1 ada
	// 2 ben
	// 3 cleo
}

func ExampleClient_EditEach() {
	address, key := examples()
	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}

	// A sequence may come from anywhere: a file, a query, a channel. It is sent as it is read.
	member := client.Edit{Ranks: muster.RankEdit{Add: []muster.RankID{"member"}}}
	edits := slices.Values([]client.AccountEdit{
		{Account: "username:ada", Edit: member},
		{Account: "username:nobody", Edit: member},
		{Account: "username:cleo", Edit: member},
	})
	sum, err := c.EditEach(context.Background(), edits, func(r client.EditResult) error {
		if r.Error != nil {
			fmt.Println(r.Index, r.Code, r.Error)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sum.Counts["changed"], "changed")
	// Output:
	// 1 not_found /1/account: no account answers to this reference
	// 2 changed
}

func ExampleClient_UndoAll() {
	address, key := examples()
	ctx := context.Background()
	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"ada", "ben"} {
		if _, err := c.EditAccount(ctx, client.Username(name), client.Edit{Name: muster.Some("Anonymous")}); err != nil {
			log.Fatal(err)
		}
	}

	byBot := client.ChangeFilter{Key: "bot", Member: "name"}
	preview, err := c.UndoAll(ctx, byBot, client.UndoOptions{}, client.DryRun())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(preview.Matched, "changes would be taken back")
	for _, r := range preview.Results {
		fmt.Println(r.Before.Name.Value, "becomes", r.After.Name.Value)
	}
	done, err := c.UndoAll(ctx, byBot, client.UndoOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Counts["undone"], "were")
	// Output:
	// 2 changes would be taken back
	// Anonymous becomes ben
	// Anonymous becomes ada
	// 2 were
}

func ExampleClient_Events() {
	address, key := examples()
	ctx := context.Background()
	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}

	all := client.EventFilter{Types: []muster.EventKind{"account.*"}, After: muster.Some[int64](0)} // from the beginning of history
	for event, err := range c.Events(ctx, all) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(event.Data.Change.Seq, event.Type, event.Data.Change.After.Username.Value)
		if event.Data.Change.After.Username.Value == "cleo" {
			break // else it goes on for as long as the context does
		}
	}
	// Output:
	// 6 account.created ada
	// 7 account.created ben
	// 8 account.created cleo
}

func ExampleError() {
	address, key := examples()
	ctx := context.Background()
	c, err := client.New(address, key)
	if err != nil {
		log.Fatal(err)
	}

	_, err = c.Account(ctx, "username:nobody")
	fmt.Println(errors.Is(err, client.ErrNotFound))

	_, err = c.EditAccount(ctx, "username:ada", client.Edit{Values: muster.Values{"moto": muster.Text("To serve")}})
	if refusal, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(refusal.Status, refusal.Code, refusal.Faults[0].Pointer)
	}
	// Output:
	// true
	// 400 invalid /values/moto
}
