package core

import (
	"reflect"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Record is a part of a community on its way out of a database, or into one:
// exactly one member is there. A community's records come in the order of the
// members, accounts by number, each with its pictures behind it, and changes
// by theirs; a record leads only to what came before it.
type Record struct {
	Community  *CommunityRecord   `json:"community,omitempty"` // the first
	Field      *muster.Field      `json:"field,omitempty"`
	Rank       *muster.Rank       `json:"rank,omitempty"`
	Department *muster.Department `json:"department,omitempty"`
	ClockType  *muster.ClockType  `json:"clock_type,omitempty"`
	Flow       *muster.Flow       `json:"flow,omitempty"`
	Server     *ServerRecord      `json:"server,omitempty"`
	Webhook    *WebhookRecord     `json:"webhook,omitempty"`
	Account    *AccountRecord     `json:"account,omitempty"`
	Picture    *PictureRecord     `json:"picture,omitempty"`
	Key        *KeyRecord         `json:"key,omitempty"`
	Secret     *SecretRecord      `json:"secret,omitempty"`
	Change     *ChangeRecord      `json:"change,omitempty"`
	End        *EndRecord         `json:"end,omitempty"` // the last
}

// Kind is the name of the member that is there; nothing where there is none,
// or several.
func (r Record) Kind() (kind string) {
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			continue
		}
		if kind != "" {
			return ""
		}
		kind, _, _ = strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
	}
	return kind
}

// RecordForm is the form of records that this program writes and reads.
const RecordForm = 1

// CommunityRecord is a community and what it counts.
type CommunityRecord struct {
	Form int `json:"muster_export"` // RecordForm
	muster.Community
	LastSeq    int64            `json:"last_seq"`            // of its history
	Forgotten  *store.Forgotten `json:"forgotten,omitempty"` // up to where its history is, but for baselines
	NextNumber int64            `json:"next_number"`         // of its next account
}

// ServerRecord is a game server.
type ServerRecord struct {
	muster.Server
	LastContact time.Time `json:"last_contact,omitzero"`
	PushSecret  string    `json:"push_secret,omitempty"` // only with secrets
}

// WebhookRecord is a webhook. What is on its way there is not kept.
type WebhookRecord struct {
	muster.Webhook
	Secrets []muster.WebhookSecret `json:"secrets,omitempty"` // the newest first; only with secrets
}

// AccountRecord is an account with all that is kept of it; a deleted one has
// deleted_at, and one that was erased little else.
type AccountRecord struct {
	ID           muster.AccountID    `json:"id"`
	Number       int64               `json:"number"`
	CustomNumber bool                `json:"custom_number,omitempty"` // it was chosen, not counted
	Username     string              `json:"username"`
	Email        string              `json:"email,omitempty"`
	Name         string              `json:"name,omitempty"`
	Bio          string              `json:"bio,omitempty"`
	Language     string              `json:"language,omitempty"`
	Picture      string              `json:"picture,omitempty"` // name of one of its pictures
	Values       muster.Values       `json:"values,omitempty"`  // by field id
	Ranks        []muster.Grant      `json:"ranks,omitempty"`
	Identities   []muster.Identity   `json:"identities,omitempty"`
	Standing     muster.StandingEdit `json:"standing,omitzero"` // absent parts are false, or none
	Clock        []muster.ClockRow   `json:"clock,omitempty"`   // times on duty and on game servers, the newest first
	JoinedAt     time.Time           `json:"joined_at,omitzero"`
	LastLogin    time.Time           `json:"last_login,omitzero"`
	CreatedAt    time.Time           `json:"created_at,omitzero"`
	UpdatedAt    time.Time           `json:"updated_at,omitzero"`
	DeletedAt    time.Time           `json:"deleted_at,omitzero"`
	ErasedAt     time.Time           `json:"erased_at,omitzero"`
	Rev          int64               `json:"rev"`
	MFA          bool                `json:"mfa,omitempty"`
	MFASecret    *store.MFA          `json:"mfa_secret,omitempty"` // only with secrets
	Password     *PasswordRecord     `json:"password,omitempty"`
}

// PasswordRecord is what is kept of an account's password and tokens.
type PasswordRecord struct {
	Hash     string    `json:"hash,omitempty"` // only with hashes
	Epoch    int64     `json:"epoch"`
	VoidedAt time.Time `json:"voided_at,omitzero"` // tokens of before are void
}

// PictureRecord is a picture of the account before it.
type PictureRecord struct {
	Account   muster.AccountID `json:"account"`
	Name      string           `json:"name"`
	Content   []byte           `json:"content"` // base64
	CreatedAt time.Time        `json:"created_at"`
}

// KeyRecord is an API key, without its secret, which nobody has but its owner.
type KeyRecord struct {
	muster.Key
	LastUsedAt      time.Time `json:"last_used_at,omitzero"`
	LimitHits       int64     `json:"limit_hits,omitempty"`
	store.KeyHashes           // only with hashes
}

// SecretRecord is a secret that the community was entrusted with.
type SecretRecord struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// ChangeRecord is a change.
type ChangeRecord struct {
	Seq       int64            `json:"seq"`
	At        time.Time        `json:"at"`
	Deed      muster.Deed      `json:"deed"`
	Account   muster.AccountID `json:"account,omitempty"`
	Subject   string           `json:"subject,omitempty"`
	ByKey     muster.KeyID     `json:"by_key,omitempty"`
	ByAccount muster.AccountID `json:"by_account,omitempty"`
	Dialect   string           `json:"dialect,omitempty"`
	RequestID string           `json:"request_id,omitempty"`
	Batch     string           `json:"batch,omitempty"`
	Undoes    int64            `json:"undoes,omitempty"`
	Before    muster.Members   `json:"before,omitzero"`
	After     muster.Members   `json:"after,omitzero"`
}

// EndRecord says that nothing is missing.
type EndRecord struct {
	Records int64 `json:"records"` // before this one
}

func recordOf(a muster.Account) *AccountRecord {
	_, all := muster.Diff(muster.Account{}, a)
	return &AccountRecord{
		ID: a.ID, Number: a.Number, CustomNumber: a.CustomNumber, Username: a.Username, Email: a.Email, Name: a.Name, Bio: a.Bio,
		Language: a.Language, Picture: a.Picture, Values: a.Values, Ranks: a.Ranks, Identities: a.Identities, Standing: all.Standing,
		JoinedAt: a.JoinedAt, LastLogin: a.LastLogin, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, DeletedAt: a.DeletedAt,
		ErasedAt: a.ErasedAt, Rev: a.Rev, MFA: a.MFA,
	}
}

func (r AccountRecord) account(c muster.CommunityID) muster.Account {
	s := r.Standing
	return muster.Account{
		Community: c, ID: r.ID, Number: r.Number, CustomNumber: r.CustomNumber, Username: r.Username, Email: r.Email, Name: r.Name, Bio: r.Bio,
		Language: r.Language, Picture: r.Picture, Values: r.Values, Ranks: r.Ranks, Identities: r.Identities,
		Standing: muster.Standing{
			Joined: s.Joined.Value, Active: s.Active.Value, Archived: s.Archived.Value, Ban: s.Ban.Value, SignIn: s.SignIn.Value, Level: s.Level.Value,
		},
		Clock: r.Clock, JoinedAt: r.JoinedAt, LastLogin: r.LastLogin, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, DeletedAt: r.DeletedAt,
		ErasedAt: r.ErasedAt, Rev: r.Rev, MFA: r.MFA,
	}
}

func recordOfChange(ch muster.Change) *ChangeRecord {
	return &ChangeRecord{
		ch.Seq, ch.At, ch.Deed, ch.Account, ch.Subject, ch.By.Key, ch.By.Account, ch.By.Dialect, ch.By.RequestID, ch.Batch, ch.Undoes, ch.Before, ch.After,
	}
}

func (r ChangeRecord) change(c muster.CommunityID) muster.Change {
	return muster.Change{
		Community: c, Seq: r.Seq, At: r.At, Deed: r.Deed, Account: r.Account, Subject: r.Subject, Batch: r.Batch, Undoes: r.Undoes,
		By: muster.Actor{Key: r.ByKey, Account: r.ByAccount, Dialect: r.Dialect, RequestID: r.RequestID}, Before: r.Before, After: r.After,
	}
}
