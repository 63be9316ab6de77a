package muster_test

import (
	"testing"
	"time"

	"github.com/muster-accounts/muster"
)

func TestEvent(t *testing.T) {
	ban, joined, left := muster.Some(&muster.Ban{Reason: "x"}), muster.Some(true), muster.Some(false)
	over := muster.Some(&muster.Ban{Until: time.Unix(1, 0)})
	for name, test := range map[string]struct {
		deed          muster.Deed
		before, after muster.StandingEdit
		want          muster.EventKind
	}{
		"create":        {deed: muster.DeedCreate, want: muster.EventCreated},
		"create banned": {deed: muster.DeedCreate, after: muster.StandingEdit{Ban: ban}, want: muster.EventCreated},
		"edit":          {deed: muster.DeedEdit, want: muster.EventUpdated},
		"kick":          {deed: muster.DeedEdit, before: muster.StandingEdit{Joined: joined}, after: muster.StandingEdit{Joined: left}, want: muster.EventKicked},
		"let in":        {deed: muster.DeedEdit, before: muster.StandingEdit{Joined: left}, after: muster.StandingEdit{Joined: joined}, want: muster.EventUpdated},
		"ban":           {deed: muster.DeedEdit, before: muster.StandingEdit{Ban: muster.Some[*muster.Ban](nil)}, after: muster.StandingEdit{Ban: ban}, want: muster.EventBanned},
		"kick and ban":  {deed: muster.DeedEdit, before: muster.StandingEdit{Joined: joined}, after: muster.StandingEdit{Joined: left, Ban: ban}, want: muster.EventBanned},
		"ban again":     {deed: muster.DeedEdit, before: muster.StandingEdit{Ban: over}, after: muster.StandingEdit{Ban: ban}, want: muster.EventBanned},
		"longer ban":    {deed: muster.DeedEdit, before: muster.StandingEdit{Ban: ban}, after: muster.StandingEdit{Ban: ban}, want: muster.EventUpdated},
		"unban":         {deed: muster.DeedEdit, before: muster.StandingEdit{Ban: ban}, after: muster.StandingEdit{Ban: muster.Some[*muster.Ban](nil)}, want: muster.EventUpdated},
		"delete":        {deed: muster.DeedDelete, want: muster.EventUpdated},
		"restore":       {deed: muster.DeedRestore, want: muster.EventUpdated},
		"sync":          {deed: muster.DeedSync, want: muster.EventUpdated},
		"clock":         {deed: muster.DeedClock},
		"catalogue":     {deed: muster.DeedCatalogue},
	} {
		c := muster.Change{At: time.Unix(100, 0), Deed: test.deed, Account: "a", Before: muster.Members{Standing: test.before}, After: muster.Members{Standing: test.after}}
		if got := c.Event(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if got := (muster.Change{Deed: muster.DeedEdit}).Event(); got != "" {
		t.Errorf("a change of no account is the event %q", got)
	}
}

func TestDeliveryWaitsLongerEachTime(t *testing.T) {
	began := time.Unix(1000, 0)
	for _, spread := range []float64{0, 0.5, 1} {
		d, now, last := muster.Delivery{Since: began, Next: began}, began, time.Duration(0)
		for d.GivenUp.IsZero() {
			d = d.Failed(now, "why", spread)
			if !d.GivenUp.IsZero() {
				break
			}
			wait := d.Next.Sub(now)
			if wait < last || wait < 1500*time.Millisecond || wait > 20*time.Minute {
				t.Fatalf("after %d attempts it waits %v, after %v", d.Attempts, wait, last)
			}
			now, last = d.Next, wait
		}
		if age := now.Sub(began); age < 24*time.Hour || age > 25*time.Hour || !d.Next.IsZero() || d.LastError != "why" {
			t.Errorf("given up after %v: %+v", age, d)
		}
	}
}
