package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// Ref points at an account: its UUID, its number, provider:value (discord:1234) or username:value. The functions below
// write them.
type Ref string

// ID points by id.
func ID(id muster.AccountID) Ref { return Ref(id) }

// Number points by number.
func Number(n int64) Ref { return Ref(strconv.FormatInt(n, 10)) }

// Username points by username, in any case.
func Username(name string) Ref { return Ref("username:" + name) }

// Identity points by a name in another system.
func Identity(provider, value string) Ref { return Ref(provider + ":" + value) }

// Account is an account, as far as the key may see it.
type Account struct {
	ID           muster.AccountID  `json:"id"`
	Number       int64             `json:"number"`
	CustomNumber bool              `json:"custom_number,omitempty"` // Number was chosen, not counted
	Username     string            `json:"username"`
	Email        string            `json:"email"`
	Name         string            `json:"name"`
	Bio          string            `json:"bio"`
	Language     string            `json:"language"`
	Picture      string            `json:"picture"` // a path on the server
	Values       muster.Values     `json:"values"`  // by the key of the field
	Ranks        []HeldRank        `json:"ranks"`   // the most powerful first
	Identities   []HeldIdentity    `json:"identities"`
	Standing     Standing          `json:"standing"`
	Clock        []muster.ClockRow `json:"clock,omitempty"` // the newest times on duty, the newest first
	Owner        bool              `json:"owner"`           // it owns the community
	JoinedAt     time.Time         `json:"joined_at,omitzero"`
	LastLogin    time.Time         `json:"last_login,omitzero"` // zero: never
	CreatedAt    time.Time         `json:"created_at,omitzero"`
	UpdatedAt    time.Time         `json:"updated_at,omitzero"`
	DeletedAt    time.Time         `json:"deleted_at,omitzero"` // zero: it is not
	Rev          int64             `json:"rev"`                 // counts its changes; see IfRev

	// Change is the number of the change by which the account became as it is, in the answer to what changed it; 0: nothing
	// had to be changed.
	Change int64 `json:"-"`
}

// HeldRank is a rank that an account holds.
type HeldRank struct {
	muster.Rank
	Expires time.Time `json:"expires,omitzero"` // zero: never
}

// HeldIdentity is an identity that an account has.
type HeldIdentity struct {
	muster.Identity
	Shared int `json:"shared,omitempty"` // how many accounts have it, where it is one that may be shared
}

// Standing is how an account stands in its community.
type Standing struct {
	Joined   bool          `json:"joined"`
	Active   bool          `json:"active"`
	Archived bool          `json:"archived"`
	Ban      *muster.Ban   `json:"ban"` // nil: not banned
	SignIn   muster.SignIn `json:"sign_in"`
	Level    muster.Level  `json:"level"` // of those who sign in as this account
}

// Edit is what is to become different. What is not set stays; an empty text clears, and so does nil among Values.
type Edit struct {
	Username   muster.Opt[string]  `json:"username,omitzero"`
	Email      muster.Opt[string]  `json:"email,omitzero"`
	Name       muster.Opt[string]  `json:"name,omitzero"`
	Bio        muster.Opt[string]  `json:"bio,omitzero"`
	Language   muster.Opt[string]  `json:"language,omitzero"`
	Values     muster.Values       `json:"values,omitempty"` // by the field's key or id
	Ranks      muster.RankEdit     `json:"ranks,omitzero"`   // by id, or by a label that only one rank has
	Identities IdentityEdit        `json:"identities,omitzero"`
	Standing   muster.StandingEdit `json:"standing,omitzero"`
}

// IdentityEdit gives and takes identities. One that the account has already takes the new mark.
type IdentityEdit struct {
	Add    []NewIdentity        `json:"add,omitempty"`
	Remove []muster.IdentityKey `json:"remove,omitempty"`
}

// IsZero reports that nothing is asked for.
func (e IdentityEdit) IsZero() bool { return len(e.Add) == 0 && len(e.Remove) == 0 }

// NewIdentity is an identity to be given.
type NewIdentity struct {
	Provider string          `json:"provider"`
	Value    string          `json:"value"`
	Verified bool            `json:"verified,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"` // a JSON object
	Flag     string          `json:"flag,omitempty"`
}

// NewAccount is an account to be made. It needs a username; what it brings of id, number and time stays valid.
type NewAccount struct {
	ID           muster.AccountID `json:"id,omitempty"`
	Number       int64            `json:"number,omitempty"`
	CustomNumber muster.Opt[bool] `json:"custom_number,omitzero"` // a person chose Number; not set, it is so where there is one
	JoinedAt     time.Time        `json:"joined_at,omitzero"`
	Edit
}

// Account reads an account.
func (c *Client) Account(ctx context.Context, ref Ref) (Account, error) {
	return read[Account](ctx, c, "accounts", string(ref))
}

// AccountAt reads an account as it was behind the change of a number. Members, ranks, identities and standing are those
// of then, fields and rights those of today.
func (c *Client) AccountAt(ctx context.Context, ref Ref, seq int64) (Account, error) {
	return c.accountThen(ctx, ref, strconv.FormatInt(seq, 10))
}

// AccountThen is AccountAt by time.
func (c *Client) AccountThen(ctx context.Context, ref Ref, at time.Time) (Account, error) {
	return c.accountThen(ctx, ref, at.Format(time.RFC3339Nano))
}

func (c *Client) accountThen(ctx context.Context, ref Ref, at string) (out Account, err error) {
	r := newCall(http.MethodGet, &out, nil, "accounts", string(ref))
	r.query.Set("at", at)
	_, err = c.do(ctx, r)
	return out, err
}

// AccountFilter says which accounts are meant: those for which all of it holds. What is not set filters nothing.
type AccountFilter struct {
	Identity string             // the account with this name in another system: discord:1234
	Username string             // the account of this username, in any case
	Email    string             // the account of this address, in any case
	Search   string             // a part of the username or name, in any case
	Name     muster.Opt[string] // exactly this; empty finds those without
	Bio      muster.Opt[string]
	Language muster.Opt[string]
	Rank     []muster.RankID // holders of any of these
	AllRanks []muster.RankID // holders of all of these
	Joined   muster.Opt[bool]
	Active   muster.Opt[bool]
	Archived muster.Opt[bool]
	Banned   muster.Opt[bool]
	SignIn   muster.SignIn
	Level    muster.Level // at which the person signs in; 0: any
	Owner    muster.Opt[bool]
	Deleted  bool              // the deleted accounts instead, which level 8 may see
	Values   map[string]string // the field's value, by key or id; of a list, one of its items; empty finds those without

	JoinedSince, JoinedUntil   time.Time
	CreatedSince, CreatedUntil time.Time
	UpdatedSince, UpdatedUntil time.Time
	LoginSince, LoginUntil     time.Time

	After    int64    // only greater numbers
	Fields   []string // only these members are sent, so that the others are empty: username, values.KEY and so on; none: all
	PageSize int      // how many accounts a request fetches, at most 1,000; 0: 100
}

func (f AccountFilter) query() url.Values {
	q := url.Values{}
	for name, text := range map[string]string{
		"identity": f.Identity, "username": f.Username, "email": f.Email, "search": f.Search, "sign_in": string(f.SignIn),
		"rank": join(f.Rank), "all_ranks": join(f.AllRanks), "fields": strings.Join(f.Fields, ","),
	} {
		if text != "" {
			q.Set(name, text)
		}
	}
	for name, text := range map[string]muster.Opt[string]{"name": f.Name, "bio": f.Bio, "language": f.Language} {
		if text.Set {
			q.Set(name, text.Value)
		}
	}
	for name, flag := range map[string]muster.Opt[bool]{"joined": f.Joined, "active": f.Active, "archived": f.Archived, "banned": f.Banned, "owner": f.Owner} {
		if flag.Set {
			q.Set(name, strconv.FormatBool(flag.Value))
		}
	}
	if f.Deleted {
		q.Set("deleted", "true")
	}
	for name, value := range f.Values {
		q.Set("values."+name, value)
	}
	moments(q, map[string]time.Time{
		"joined_since": f.JoinedSince, "joined_until": f.JoinedUntil, "created_since": f.CreatedSince, "created_until": f.CreatedUntil,
		"updated_since": f.UpdatedSince, "updated_until": f.UpdatedUntil, "login_since": f.LoginSince, "login_until": f.LoginUntil,
	})
	numbers(q, map[string]int64{"after": f.After, "level": int64(f.Level)})
	pageSize(q, f.PageSize)
	return q
}

func join[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = string(item)
	}
	return strings.Join(texts, ",")
}

// moments puts the times that there are into a query.
func moments(q url.Values, times map[string]time.Time) {
	for name, at := range times {
		if !at.IsZero() {
			q.Set(name, at.Format(time.RFC3339Nano))
		}
	}
}

// numbers puts the numbers that are not 0 into a query.
func numbers(q url.Values, list map[string]int64) {
	for name, n := range list {
		if n != 0 {
			q.Set(name, strconv.FormatInt(n, 10))
		}
	}
}

// Accounts lists accounts by number.
func (c *Client) Accounts(ctx context.Context, f AccountFilter) iter.Seq2[Account, error] {
	return pages[Account](ctx, c, f.query(), "accounts")
}

// CreateAccount makes an account.
func (c *Client) CreateAccount(ctx context.Context, a NewAccount, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodPost, a, options, "accounts")
}

// EditAccount changes an account.
func (c *Client) EditAccount(ctx context.Context, ref Ref, e Edit, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodPatch, e, options, "accounts", string(ref))
}

// EditRanks changes which ranks an account holds: Set replaces all, then Add adds, then Remove removes.
func (c *Client) EditRanks(ctx context.Context, ref Ref, e muster.RankEdit, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodPost, e, options, "accounts", string(ref), "ranks")
}

// EditIdentities gives an account identities, and takes some.
func (c *Client) EditIdentities(ctx context.Context, ref Ref, e IdentityEdit, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodPost, e, options, "accounts", string(ref), "identities")
}

// DeleteAccount hides an account, until it is restored. Its id and number stay taken.
func (c *Client) DeleteAccount(ctx context.Context, ref Ref, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodDelete, nil, options, "accounts", string(ref))
}

// RestoreAccount brings back an account that was deleted.
func (c *Client) RestoreAccount(ctx context.Context, ref Ref, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodPost, nil, options, "accounts", string(ref), "restore")
}

// EraseAccount removes an account for good, with all that is personal of it. Nothing brings it back.
func (c *Client) EraseAccount(ctx context.Context, ref Ref, options ...CallOption) error {
	_, err := c.do(ctx, newCall(http.MethodPost, nil, options, "accounts", string(ref), "erase"))
	return err
}

// KickAccount puts an account out: it has left, is archived, off duty, and holds no ranks. ReadmitAccount takes that back.
func (c *Client) KickAccount(ctx context.Context, ref Ref, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodPost, nil, options, "accounts", string(ref), "kick")
}

// BanAccount bans an account: it is off duty and holds no ranks, which an Edit of its standing alone would leave.
// ReadmitAccount takes that back.
func (c *Client) BanAccount(ctx context.Context, ref Ref, ban muster.Ban, options ...CallOption) (Account, error) {
	return c.account(ctx, http.MethodPost, ban, options, "accounts", string(ref), "ban")
}

// Readmitted is an account that was let in again.
type Readmitted struct {
	Account Account       `json:"account"`
	Former  []muster.Rank `json:"former_ranks"` // which it lost when it was put out and that are still there, the most powerful first
}

// ReadmitAccount takes back a kick or a ban; with ranks, the account has those again that it lost so.
func (c *Client) ReadmitAccount(ctx context.Context, ref Ref, ranks bool, options ...CallOption) (out Readmitted, err error) {
	r := newCall(http.MethodPost, &out, options, "accounts", string(ref), "readmit").with(map[string]bool{"ranks": ranks})
	answer, err := c.do(ctx, r)
	if err == nil {
		out.Account.Change, err = changeOf(answer)
	}
	return out, err
}

// account is a call that answers with an account.
func (c *Client) account(ctx context.Context, method string, body any, options []CallOption, path ...string) (Account, error) {
	return c.changed(ctx, newCall(method, nil, options, path...).with(body))
}

// changed makes a call that answers with an account and the number of the change.
func (c *Client) changed(ctx context.Context, r *call) (Account, error) {
	var a Account
	r.into = &a
	answer, err := c.do(ctx, r)
	if err == nil {
		a.Change, err = changeOf(answer)
	}
	return a, err
}

// changeOf is the number of the change that an answer tells of; 0: of none.
func changeOf(answer http.Header) (seq int64, err error) {
	text := answer.Get("Muster-Change")
	if text == "" {
		return 0, nil
	}
	if seq, err = strconv.ParseInt(text, 10, 64); err != nil {
		err = fmt.Errorf("client: the number of the change cannot be read: %w", err)
	}
	return seq, err
}
