package seal_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// tokens are those of a new server, with its key, and of one that came back
// after a restart with the same secret.
func tokens(t *testing.T, now *time.Time) (first, restarted *seal.Tokens, key []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	clock := func() time.Time { return *now }
	for _, at := range []**seal.Tokens{&first, &restarted} {
		secret, err := seal.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if *at, err = seal.NewTokens(secret, clock); err != nil {
			t.Fatal(err)
		}
		if key, err = secret.Key("tokens"); err != nil {
			t.Fatal(err)
		}
	}
	return first, restarted, key
}

var bearer = seal.Claims{Community: "98ebe9d4-73c6-4d60-8ba8-76385b717db7", Account: "00000000-0000-4000-8000-000000000014", Epoch: 3}

func TestTokens(t *testing.T) {
	t.Parallel()
	now := noon
	first, restarted, _ := tokens(t, &now)
	token, err := first.Make(bearer, time.Hour, map[string]any{"_id": 14, "sub": "somebody else", "iss": "me", "exp": 1e12, "epoch": 9})
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*seal.Tokens{first, restarted} {
		if got, err := server.Read(token); err != nil || got != bearer {
			t.Errorf("%v, %v", got, err)
		}
	}
	shown := map[string]any{}
	part, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(part, &shown)
	}
	if err != nil || shown["_id"] != 14.0 || shown["aud"] != bearer.Community || shown["exp"] != float64(noon.Add(time.Hour).Unix()) {
		t.Errorf("%v %v", shown, err)
	}
	now = noon.Add(time.Hour - time.Second)
	if _, err := first.Read(token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	for _, at := range []time.Time{noon.Add(time.Hour), noon.Add(-time.Minute)} {
		now = at
		wantRefused(t, first, at.String(), token)
	}
	now = noon
	other, _, _ := tokens(t, &now)
	wantRefused(t, other, "another server", token)
}

func wantRefused(t *testing.T, server *seal.Tokens, name, token string) {
	t.Helper()
	_, err := server.Read(token)
	if muster.CodeOf(err) != muster.Unauthenticated || len(token) > 20 && strings.Contains(err.Error(), token) {
		t.Errorf("%s: %v", name, err)
	}
}

// The ways in which tokens are forged, each beside one that is good.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	now := noon
	server, _, key := tokens(t, &now)
	good := jwt.MapClaims{
		"iss": "muster", "aud": bearer.Community, "sub": string(bearer.Account), "epoch": bearer.Epoch,
		"iat": noon.Unix(), "exp": noon.Add(time.Hour).Unix(),
	}
	with := func(name string, value any) jwt.MapClaims {
		claims := maps.Clone(good)
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
		return claims
	}
	sign := func(method jwt.SigningMethod, claims jwt.MapClaims, key any) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	own := sign(jwt.SigningMethodHS256, good, key)
	if got, err := server.Read(own); err != nil || got != bearer {
		t.Fatalf("the good one: %v, %v", got, err)
	}
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(own, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	forged := map[string]string{
		"nothing": "", "two parts": parts[0] + "." + parts[1], "no signature": parts[0] + "." + parts[1] + ".",
		"alg none":            sign(jwt.SigningMethodNone, good, jwt.UnsafeAllowNoneSignatureType),
		"alg none, signed":    none + "." + parts[1] + "." + parts[2],
		"alg NoNe":            base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"NoNe"}`)) + "." + parts[1] + ".",
		"RS256":               sign(jwt.SigningMethodRS256, good, pair),
		"RS256 header, HMAC":  hmacOf(`{"alg":"RS256"}`, parts[1], key),
		"HS512":               sign(jwt.SigningMethodHS512, good, key),
		"another key":         sign(jwt.SigningMethodHS256, good, []byte("another key")),
		"empty key":           sign(jwt.SigningMethodHS256, good, []byte{}),
		"other claims":        parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"x"}`)) + "." + parts[2],
		"another issuer":      sign(jwt.SigningMethodHS256, with("iss", "freesewing.org"), key),
		"no issuer":           sign(jwt.SigningMethodHS256, with("iss", nil), key),
		"no audience":         sign(jwt.SigningMethodHS256, with("aud", nil), key),
		"list as audience":    sign(jwt.SigningMethodHS256, with("aud", []string{bearer.Community}), key),
		"no subject":          sign(jwt.SigningMethodHS256, with("sub", nil), key),
		"number as subject":   sign(jwt.SigningMethodHS256, with("sub", 14), key),
		"no epoch":            sign(jwt.SigningMethodHS256, with("epoch", nil), key),
		"text as epoch":       sign(jwt.SigningMethodHS256, with("epoch", "3"), key),
		"never ends":          sign(jwt.SigningMethodHS256, with("exp", nil), key),
		"has ended":           sign(jwt.SigningMethodHS256, with("exp", noon.Unix()), key),
		"end is a text":       sign(jwt.SigningMethodHS256, with("exp", "never"), key),
		"not yet":             sign(jwt.SigningMethodHS256, with("nbf", noon.Add(time.Minute).Unix()), key),
		"made in the future":  sign(jwt.SigningMethodHS256, with("iat", noon.Add(time.Minute).Unix()), key),
		"something before it": "x" + own, "something after it": own + "x",
	}
	for name, token := range forged {
		wantRefused(t, server, name, token)
	}
}

// hmacOf signs with a header of the forger's choice.
func hmacOf(header, claims string, key []byte) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + claims
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func FuzzReadToken(f *testing.F) {
	secret, err := seal.Load(filepath.Join(f.TempDir(), "secret"))
	if err != nil {
		f.Fatal(err)
	}
	server, err := seal.NewTokens(secret, func() time.Time { return noon })
	if err != nil {
		f.Fatal(err)
	}
	token, err := server.Make(bearer, time.Hour, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := server.Read(text); err == nil && text != token {
			// A signature in base64 has bits at its end that mean nothing.
			if strings.TrimSuffix(text, text[len(text)-1:]) != token[:len(token)-1] {
				t.Errorf("%q is taken", text)
			}
		}
	})
}
