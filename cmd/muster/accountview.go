package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// accountView is an account as JSON. Values stand under the fields' keys.
type accountView struct {
	ID           muster.AccountID        `json:"id"`
	Number       int64                   `json:"number"`
	CustomNumber bool                    `json:"custom_number"`
	Username     string                  `json:"username"`
	Email        string                  `json:"email"`
	Name         string                  `json:"name"`
	Bio          string                  `json:"bio"`
	Language     string                  `json:"language"`
	Values       map[string]muster.Value `json:"values"`
	Ranks        []muster.Grant          `json:"ranks"` // the most powerful first
	Identities   []muster.Identity       `json:"identities"`
	Standing     standingView            `json:"standing"`
	Clock        []clockView             `json:"clock"`
	JoinedAt     time.Time               `json:"joined_at"`
	LastLogin    time.Time               `json:"last_login,omitzero"`
	CreatedAt    time.Time               `json:"created_at"`
	UpdatedAt    time.Time               `json:"updated_at"`
	Owner        bool                    `json:"owner"` // of the community
	Rev          int64                   `json:"rev"`
}

type standingView struct {
	Joined   bool          `json:"joined"`
	Active   bool          `json:"active"`
	Archived bool          `json:"archived"`
	Ban      *muster.Ban   `json:"ban"`
	SignIn   muster.SignIn `json:"sign_in"`
}

type clockView struct {
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	Server int64     `json:"server,omitempty"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end,omitzero"`
	Notes  []string  `json:"notes"`
	Forced bool      `json:"forced,omitempty"`
}

func viewAccount(v core.View) accountView {
	a := accountView{
		ID: v.ID, Number: v.Number, CustomNumber: v.CustomNumber, Username: v.Username, Email: v.Email, Name: v.Name, Bio: v.Bio,
		Language: v.Language, Values: map[string]muster.Value{}, Ranks: []muster.Grant{}, Identities: append([]muster.Identity{}, v.Identities...),
		Standing: standingView(v.Standing), Clock: []clockView{}, JoinedAt: v.JoinedAt, LastLogin: v.LastLogin,
		CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Owner: v.Owner, Rev: v.Rev,
	}
	for _, f := range v.Fields {
		if value := v.Values[f.ID]; value != nil {
			a.Values[f.Key] = value
		}
	}
	for _, r := range v.Held {
		for _, g := range v.Ranks {
			if g.Rank == r.ID {
				a.Ranks = append(a.Ranks, g)
			}
		}
	}
	for _, row := range v.Clock {
		a.Clock = append(a.Clock, clockView(row))
	}
	return a
}

func showAccount(p *program, o output, v core.View) error {
	number := strconv.FormatInt(v.Number, 10)
	if v.CustomNumber {
		number += " (chosen)"
	}
	rows := [][]string{
		{"ID", string(v.ID)},
		{"Number", number},
		{"Username", v.Username},
		{"Name", v.Name},
		{"E-mail", v.Email},
		{"Bio", shorten(v.Bio, 200)},
		{"Language", v.Language},
		{"Standing", standing(v.Standing)},
		{"Sign-in", string(v.Standing.SignIn)},
		{"Ranks", heldRanks(v)},
		{"Joined", moment(v.JoinedAt)},
		{"Last login", orNever(v.LastLogin)},
		{"Rev", strconv.FormatInt(v.Rev, 10)},
	}
	for _, i := range v.Identities {
		mark := ""
		if i.Verified {
			mark = " (verified)"
		}
		rows = append(rows, []string{"Identity", i.Provider + ":" + i.Value + mark})
	}
	for _, f := range v.Fields {
		if value := v.Values[f.ID]; value != nil {
			rows = append(rows, []string{f.Label, asText(value)})
		}
	}
	for _, row := range v.Clock {
		rows = append(rows, []string{"On duty", fmt.Sprintf("%s, %s to %s", row.Type, moment(row.Start), orNow(row.End))})
	}
	return o.one(p.out, viewAccount(v), rows)
}

func orNow(t time.Time) string {
	if t.IsZero() {
		return "now"
	}
	return moment(t)
}

// standing sums up in words how an account stands.
func standing(s muster.Standing) string {
	words := []string{"pending"}
	if s.Active {
		words[0] = "active"
	}
	if !s.Joined {
		words = append(words, "left")
	}
	if s.Archived {
		words = append(words, "archived")
	}
	if s.Ban != nil {
		words = append(words, showBan(s.Ban))
	}
	return strings.Join(words, ", ")
}

func showBan(b *muster.Ban) string {
	text := "banned"
	if !b.Until.IsZero() {
		text += " until " + moment(b.Until)
	}
	if b.Reason != "" {
		text += " (" + b.Reason + ")"
	}
	return text
}

func heldRanks(v core.View) string {
	labels := make([]string, len(v.Held))
	for i, r := range v.Held {
		labels[i] = r.Label
		if labels[i] == "" {
			labels[i] = string(r.ID)
		}
	}
	return strings.Join(labels, ", ")
}

// asText is a value as people read it: texts as they stand, the rest as JSON.
func asText(v muster.Value) string {
	if text, ok := v.(muster.Text); ok {
		return string(text)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// showRights sums up in words who may do something.
func showRights(r muster.Rights) string {
	text := "level " + strconv.Itoa(int(r.Level))
	for _, rank := range r.Ranks {
		text += ", rank " + string(rank)
	}
	if r.Self {
		text += ", oneself"
	}
	for _, rank := range r.SelfRanks {
		text += ", oneself with rank " + string(rank)
	}
	return text
}
