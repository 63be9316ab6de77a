package core

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// Core does deeds on one store. Its methods may be called from any goroutine.
type Core struct {
	store *store.Store
	now   func() time.Time

	tokens *seal.Tokens // of those who sign in; nil before BindSecret

	barred map[string]bool // hashes of the secrets and passwords that open nothing here

	refuseTarget func(scheme string, a netip.Addr) error // why a webhook's address would not be called; nil: nobody knows here
	secret       seal.Secret                             // the server's own, once it is bound
	ring         *seal.Ring                              // its keys

	mu       sync.Mutex
	used     map[keyRef]time.Time    // last uses not yet written
	contacts map[serverRef]time.Time // last contacts not yet written
	limited  map[keyRef]int64        // requests that were too many, not yet written
}

type keyRef struct {
	community muster.CommunityID
	key       muster.KeyID
}

// New makes a Core; now is the clock, time.Now but in tests.
func New(s *store.Store, now func() time.Time) *Core {
	return &Core{store: s, now: now, used: map[keyRef]time.Time{}, contacts: map[serverRef]time.Time{}, limited: map[keyRef]int64{}}
}

// Bar makes secrets open nothing, whoever has given them to a key or made them
// a password: those that everybody knows, where everybody can come. It is
// called before the first request.
func (c *Core) Bar(secrets ...string) {
	c.barred = map[string]bool{}
	for _, s := range secrets {
		c.barred[seal.HashCredential(s)] = true
	}
}

// RefuseTargets says how it is found out that an address would not be called, so
// that a webhook with it is refused at once. What a name means is asked when it is
// called, and then alone. It is called before the first request.
func (c *Core) RefuseTargets(refuse func(scheme string, a netip.Addr) error) { c.refuseTarget = refuse }

// time is now as it is stored: UTC, in microseconds.
func (c *Core) time() time.Time { return c.now().UTC().Truncate(time.Microsecond) }

// Ready reports whether changes can be made durable.
func (c *Core) Ready(ctx context.Context) error { return c.store.Ready(ctx) }

// BindSecret refuses a server secret other than the one that this store was
// first used with: what was sealed with that one could never be opened. A
// newer one is taken together with that, and all is sealed with it before the
// method returns. From then on accounts can be kept and read, and there are
// tokens. It is called before anything else but SecretBound.
func (c *Core) BindSecret(ctx context.Context, s seal.Secret) error {
	fingerprints, err := s.Fingerprints()
	if err != nil {
		return err
	}
	ring, err := seal.NewRing(s)
	if err != nil {
		return err
	}
	if c.tokens, err = seal.NewTokens(s, c.now); err != nil {
		return err
	}
	var bound string
	err = c.store.Write(ctx, func(t *store.Tx) (err error) {
		bound, err = t.BindInstance(instanceSecret, fingerprints[0])
		if err == nil && !slices.Contains(fingerprints, bound) {
			err = muster.Errorf(muster.Invalid, "secret_file", "this data was made with another secret; give that one's file")
		}
		return err
	})
	if err != nil {
		return err
	}
	c.store.Unseal(ring)
	c.secret, c.ring = s, ring
	if err := c.store.Reseal(ctx, fingerprints[0]); err != nil {
		return err
	}
	if err := c.resealPushSecrets(ctx); err != nil || bound == fingerprints[0] {
		return err
	}
	return c.store.Write(ctx, func(t *store.Tx) error { return t.RebindInstance(instanceSecret, fingerprints[0]) })
}

// SecretBound reports whether this store belongs to a secret already, so that
// none may be made anew.
func (c *Core) SecretBound(ctx context.Context) (bound bool, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		fingerprint, err := t.Bound(instanceSecret)
		bound = fingerprint != ""
		return err
	})
	return bound, err
}

const instanceSecret = "secret"

func newID() string { return uuid.NewString() }

// record notes what a caller did; the store numbers it at the end of the
// transaction.
func (c *Core) record(t *store.Tx, by muster.Caller, ch *muster.Change) {
	ch.Community, ch.At = by.Community, c.time()
	ch.By = muster.Actor{Key: by.Key, Account: cmp.Or(by.Account, by.For), Dialect: by.Dialect, RequestID: by.RequestID}
	t.Record(ch)
}
