package freesewing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// maxKeyLife is how long an API key may be good, in seconds.
const maxKeyLife = 365 * 24 * 60 * 60

// apiKey is a key. Its secret is there when it is new, and never again.
type apiKey struct {
	Key       muster.KeyID `json:"key"`
	Secret    string       `json:"secret,omitempty"`
	Level     muster.Level `json:"level"`
	CreatedAt *string      `json:"createdAt"`
	ExpiresAt *string      `json:"expiresAt"` // null: never
	Name      string       `json:"name"`
	UserID    any          `json:"userId,omitempty"`
}

// listedKey is a key in the list of them, where the original calls its id so.
type listedKey struct {
	ID        muster.KeyID `json:"id"`
	CreatedAt *string      `json:"createdAt"`
	ExpiresAt *string      `json:"expiresAt"`
	Name      string       `json:"name"`
	LastSeen  *string      `json:"lastSeen"` // null: not used yet
	Level     muster.Level `json:"level"`
	UserID    any          `json:"userId"`
}

func keyOf(k muster.Key, userID any) *apiKey {
	return &apiKey{Key: k.ID, Level: k.Level, CreatedAt: isoTime(k.CreatedAt), ExpiresAt: isoTime(k.ExpiresAt), Name: k.Name, UserID: userID}
}

// makeKey is POST /apikeys/{jwt|key}: a key of the caller's own account, whose
// secret is shown this once.
func (d *Dialect) makeKey(ctx context.Context, c muster.Caller, in request) (answer, error) {
	if c.Account == "" {
		return answer{}, muster.Errorf(muster.Forbidden, "", "this key is the community's and no user's")
	}
	k, err := wantedKey(in, d.now())
	if err != nil {
		return answer{}, err
	}
	if k.Level > c.Level {
		return answer{}, refusal{http.StatusBadRequest, "keyLevelExceedsRoleLevel", "level: is above that of the credential that makes the key"}
	}
	v, err := d.core.Account(ctx, c, muster.RefID(c.Account))
	if err != nil {
		return answer{}, err
	}
	k.Owner = c.Account
	k, secret, err := d.core.CreateKey(ctx, c, k, newSecret())
	if err != nil {
		return answer{}, err
	}
	made := keyOf(k, in.era.userID(v.Account))
	made.Secret = secret
	if in.era.uuidOnly {
		made.UserID = nil
	}
	return answer{status: http.StatusCreated, Result: "created", APIKey: made}, nil
}

// ownKeys are the keys of the caller's account, and it.
func (d *Dialect) ownKeys(ctx context.Context, c muster.Caller) ([]muster.Key, muster.Account, error) {
	if c.Account == "" {
		return nil, muster.Account{}, muster.Errorf(muster.Forbidden, "", "this key is the community's and no user's")
	}
	v, err := d.core.Account(ctx, c, muster.RefID(c.Account))
	if err != nil {
		return nil, muster.Account{}, err
	}
	list, err := d.core.OwnKeys(ctx, c)
	return list, v.Account, err
}

// listKeys is GET /apikeys/{jwt|key}.
func (d *Dialect) listKeys(ctx context.Context, c muster.Caller, in request) (answer, error) {
	keys, user, err := d.ownKeys(ctx, c)
	list := listed(keys, user, in.era)
	return answer{status: http.StatusOK, Result: "success", APIKeys: &list}, err
}

func listed(keys []muster.Key, user muster.Account, in era) []listedKey {
	list := make([]listedKey, len(keys))
	for i, k := range keys {
		list[i] = listedKey{k.ID, isoTime(k.CreatedAt), isoTime(k.ExpiresAt), k.Name, isoTime(k.LastUsedAt), k.Level, in.userID(user)}
	}
	return list
}

// readKey is GET /apikeys/{id}/{jwt|key} and, of the key that asks,
// GET /whoami/key.
func (d *Dialect) readKey(ctx context.Context, c muster.Caller, in request) (answer, error) {
	wanted := muster.KeyID(strings.ToLower(in.PathValue("id")))
	if wanted == "" {
		wanted = c.Key
	}
	keys, user, err := d.ownKeys(ctx, c)
	if err != nil {
		return answer{}, err
	}
	for _, k := range keys {
		if k.ID == wanted {
			return answer{status: http.StatusOK, Result: "success", APIKey: keyOf(k, in.era.userID(user))}, nil
		}
	}
	return answer{}, muster.Errorf(muster.NotFound, "", "there is no such key of this account")
}

// removeKey is DELETE /apikeys/{id}/{jwt|key}.
func (d *Dialect) removeKey(ctx context.Context, c muster.Caller, in request) (answer, error) {
	if _, err := d.readKey(ctx, c, in); err != nil {
		return answer{}, err
	}
	err := d.core.RevokeKey(ctx, c, muster.KeyID(strings.ToLower(in.PathValue("id"))))
	return answer{status: http.StatusNoContent}, err
}

// newSecret is a secret of the original's shape.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

func wantedKey(in request, now time.Time) (k muster.Key, err error) {
	body := in.body
	missing := func(key, message string) (muster.Key, error) { return k, refusal{http.StatusBadRequest, key, message} }
	name, _ := body["name"].(string)
	if name == "" {
		return missing("nameMissing", "name: must be a text")
	}
	if body["level"] == nil {
		return missing("levelMissing", "level: is missing")
	}
	level, ok := integer(body["level"])
	if !ok {
		return missing("levelNotNumeric", "level: must be a whole number")
	}
	if level < muster.Number(in.era.keyLevel) || level > muster.Number(muster.LevelAdmin) {
		return missing("invalidLevel", fmt.Sprintf("level: must be from %d to 8", in.era.keyLevel))
	}
	if body["expiresIn"] == nil {
		return missing("expiresInMissing", "expiresIn: is missing")
	}
	life, ok := integer(body["expiresIn"])
	if !ok || life < 1 {
		return missing("expiresIsNotNumeric", "expiresIn: must be a whole number of seconds above 0")
	}
	if life > maxKeyLife {
		return missing("expiresIsHigherThanMaximum", "expiresIn: must be a year at most, in seconds")
	}
	k.Name, k.Level, k.ExpiresAt = name, muster.Level(level), now.Add(time.Duration(life)*time.Second)
	return k, nil
}
