package seal

import (
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/muster-accounts/muster"
)

// issuer is who says so in every token. The key tells servers apart, so a
// server keeps its tokens when its address changes.
const issuer = "muster"

// Tokens makes and reads the tokens of those who have signed in: JWTs with
// HMAC-SHA-256, under a key derived from the server's secret. They live as
// long as they say and as long as their account's Epoch is theirs.
type Tokens struct {
	key []byte
	now func() time.Time
}

// NewTokens makes the tokens of a server; now is the clock.
func NewTokens(s Secret, now func() time.Time) (*Tokens, error) {
	key, err := s.Key("tokens")
	return &Tokens{key, now}, err
}

// Claims are what a token says of its bearer.
type Claims struct {
	Community string           // UUID of the community: aud
	Account   muster.AccountID // sub
	Epoch     int64            // of the account's credentials: epoch
}

// Make makes a token that is good for life. Shown are further claims, for
// clients that look into their token; nothing here reads them, and they cannot
// stand for those that are read.
func (t *Tokens) Make(c Claims, life time.Duration, shown map[string]any) (string, error) {
	now := t.now()
	claims := jwt.MapClaims{}
	maps.Copy(claims, shown)
	maps.Copy(claims, jwt.MapClaims{
		"iss": issuer, "aud": c.Community, "sub": string(c.Account), "epoch": c.Epoch,
		"iat": now.Unix(), "exp": now.Add(life).Unix(),
	})
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(t.key)
}

// Read checks a token and gives what it says. Every failure is the same
// refusal: whoever tries is told nothing.
func (t *Tokens) Read(token string) (Claims, error) {
	refused := muster.Errorf(muster.Unauthenticated, "token", "the token is malformed, expired, or not of this server")
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(t.now))
	_, err := parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return t.key, nil })
	if err != nil {
		return Claims{}, refused
	}
	community, _ := claims["aud"].(string)
	account, _ := claims["sub"].(string)
	epoch, ok := claims["epoch"].(float64)
	if community == "" || account == "" || !ok {
		return Claims{}, refused
	}
	return Claims{community, muster.AccountID(account), int64(epoch)}, nil
}

// ForeignClaims are what a token of another server says of its bearer.
type ForeignClaims struct {
	Account  string // _id, or sub where there is none: a number or an id
	IssuedAt time.Time
}

// ReadForeignToken checks a token that another server made, with HMAC-SHA-256
// under a secret of its own, as FreeSewing's backend does.
func ReadForeignToken(token string, secret []byte, issuer, audience string, now func() time.Time) (ForeignClaims, error) {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(now), jwt.WithJSONNumber())
	refused := muster.Errorf(muster.Unauthenticated, "token", "the token is malformed, expired, or of another server")
	if _, err := parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return secret, nil }); err != nil {
		return ForeignClaims{}, refused
	}
	issued, err := claims.GetIssuedAt()
	if err != nil || issued == nil {
		return ForeignClaims{}, refused
	}
	id, there := claims["_id"]
	if !there {
		id = claims["sub"]
	}
	switch id := id.(type) {
	case string:
		return ForeignClaims{id, issued.Time}, nil
	case interface{ String() string }: // a number
		return ForeignClaims{id.String(), issued.Time}, nil
	}
	return ForeignClaims{}, refused
}
