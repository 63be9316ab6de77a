package muster_test

import (
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
)

func TestKinds(t *testing.T) {
	definition := []byte(`{"id":"x"}`)
	revoked := []byte(`{"id":"x","revoked_at":"2026-01-02T03:04:05Z"}`)
	ban := muster.StandingEdit{Ban: muster.Some(&muster.Ban{Reason: "x"})}
	for want, ch := range map[muster.EventKind]muster.Change{
		"account.created":    {Account: "a", Deed: muster.DeedCreate},
		"account.updated":    {Account: "a", Deed: muster.DeedEdit},
		"account.banned":     {Account: "a", Deed: muster.DeedEdit, After: muster.Members{Standing: ban}},
		"account.deleted":    {Account: "a", Deed: muster.DeedDelete},
		"account.credential": {Account: "a", Deed: muster.DeedCredential, Subject: "password"},
		"key.created":        {Subject: "key k", After: muster.Members{Definition: definition}},
		"key.updated":        {Subject: "key k", Before: muster.Members{Definition: definition}, After: muster.Members{Definition: definition}},
		"key.revoked":        {Subject: "key k", Before: muster.Members{Definition: definition}, After: muster.Members{Definition: revoked}},
		"rank.deleted":       {Subject: "rank r", Before: muster.Members{Definition: definition}},
		"community.updated":  {Subject: "community", Before: muster.Members{Definition: definition}, After: muster.Members{Definition: definition}},
	} {
		got := ch.Kind()
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if err := muster.CheckEventPatterns([]muster.EventKind{got, "*", muster.EventKind(strings.Split(string(got), ".")[0] + ".*")}); err != nil {
			t.Errorf("%s is no kind that can be asked for: %v", got, err)
		}
	}
	for _, wrong := range []muster.EventKind{"", "account", "account*", "acc*", "*.created", "nobody.*", "account.", "account.*.*"} {
		if muster.CheckEventPatterns([]muster.EventKind{wrong}) == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func FuzzWebhookJSON(f *testing.F) {
	readsBack[muster.Webhook](f, `{"id":"a","url":"https://x","events":["*"],"members":["ranks"],"active":true,"level":8,"areas":["keys"],"created_at":"2026-01-02T03:04:05Z"}`, `null`)
}

// A secret that is taken signs with as many bytes as are wanted, whatever it is.
func FuzzWebhookKey(f *testing.F) {
	for _, seed := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		key, err := muster.WebhookKey(secret)
		if err == nil && (len(key) < 24 || len(key) > 64 || !strings.HasPrefix(secret, muster.SecretPrefix)) {
			t.Errorf("%q is taken, with %d bytes", secret, len(key))
		}
	})
}

// What is taken as an address has a host to call, and bears no password.
func FuzzWebhookURL(f *testing.F) {
	for _, seed := range []string{"https://example.org/hooks?x=1", "http://[::1]:8080", "https://", "https://a@b", "//x", "https://x#y", "https:x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		w := muster.Webhook{ID: "a", URL: address, Events: []muster.EventKind{"*"}, Level: muster.LevelAdmin}
		if w.Validate() == nil && (!strings.Contains(address, "://") || strings.Contains(address, "#")) {
			t.Errorf("%q is taken", address)
		}
	})
}
