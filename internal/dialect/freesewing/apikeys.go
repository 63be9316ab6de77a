package freesewing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/muster-accounts/muster"
)

// maxKeyLife is how long an API key may be good, in seconds.
const maxKeyLife = 365 * 24 * 60 * 60

// apiKey is a new key.
type apiKey struct {
	Key       muster.KeyID `json:"key"`
	Secret    string       `json:"secret"`
	Level     muster.Level `json:"level"`
	CreatedAt *string      `json:"createdAt"`
	ExpiresAt *string      `json:"expiresAt"`
	Name      string       `json:"name"`
	UserID    int64        `json:"userId"`
}

// makeKey is POST /apikeys/{jwt|key}: a key of the caller's own account, whose
// secret is shown this once.
func (d *Dialect) makeKey(ctx context.Context, c muster.Caller, in request) (answer, error) {
	if c.Account == "" {
		return answer{}, muster.Errorf(muster.Forbidden, "", "this key is the community's and no user's")
	}
	k, err := wantedKey(in.body, d.now())
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
	return answer{status: http.StatusCreated, Result: "created", APIKey: &apiKey{
		Key: k.ID, Secret: secret, Level: k.Level, CreatedAt: isoTime(k.CreatedAt), ExpiresAt: isoTime(k.ExpiresAt), Name: k.Name, UserID: v.Number,
	}}, nil
}

// newSecret is a secret of the original's shape.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

func wantedKey(body map[string]any, now time.Time) (k muster.Key, err error) {
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
	if level < 1 || level > muster.Number(muster.LevelAdmin) {
		return missing("invalidLevel", "level: must be from 1 to 8")
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
