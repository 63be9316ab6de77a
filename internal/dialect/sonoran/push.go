package sonoran

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// PushPath is where the resource of a game server listens for events.
const PushPath = "/sonorancms/events"

// push is an event as the vendor's servers send it. By the key, in the clear,
// the game server knows who tells it.
type push struct {
	Key  string `json:"key"`
	Type string `json:"type"`
	Data any    `json:"data"`
}

// pushTypes name the events. What is sent for a test is registered by nobody.
var pushTypes = map[muster.EventKind]string{
	muster.EventCreated: "ACCOUNT_CREATED", muster.EventUpdated: "ACCOUNT_UPDATED",
	muster.EventKicked: "ACCOUNT_KICKED", muster.EventBanned: "ACCOUNT_BANNED",
	muster.EventTest: "MUSTER_TEST",
}

type (
	// pushAccount has the members of the vendor's page, those that
	// sonorancms_core reads and those that only old add-ons do.
	pushAccount struct {
		DiscordID            *string  `json:"discordId"`
		AccID                string   `json:"accId"`
		ComStatus            bool     `json:"comStatus"`
		AccName              string   `json:"accName"`
		ComName              string   `json:"comName"`
		PrimaryIdentifier    *string  `json:"primaryIdentifier"`
		SecondaryIdentifiers []string `json:"secondaryIdentifiers"`
		PrimaryRank          *string  `json:"primaryRank"`
		SecondaryRanks       []string `json:"secondaryRanks"`
		PrimaryDepartment    *string  `json:"primaryDepartment"`
		SecondaryDepartments []string `json:"secondaryDepartments"`
		Ranks                []string `json:"ranks"`
		JoinDate             *isoTime `json:"joinDate"`
		Owner                bool     `json:"owner"`
		Banned               bool     `json:"banned"`
		LastLogin            *isoTime `json:"lastLogin"`
		ActiveAPIIDs         []string `json:"activeApiIds"`
	}
	// pushOut tells of a kick or a ban. The page calls the account's id
	// accountId here and accId elsewhere, so both are there.
	pushOut struct {
		DiscordID *string `json:"discordId"`
		AccountID string  `json:"accountId"`
		AccID     string  `json:"accId"`
	}
)

// Push words an event for a game server.
func Push(event muster.EventKind, to core.Telling) ([]byte, error) {
	name, ok := pushTypes[event]
	if !ok {
		return nil, fmt.Errorf("sonoran has no word for the event %q", event)
	}
	p := push{Key: to.Secret, Type: name, Data: struct{}{}}
	switch a := v1AccountOf(to.View); event {
	case muster.EventCreated, muster.EventUpdated:
		p.Data = pushAccount{
			DiscordID: a.DiscordID, AccID: a.AccID, ComStatus: a.ComStatus, AccName: a.AccName, ComName: a.ComName,
			PrimaryIdentifier: a.PrimaryIdentifier, SecondaryIdentifiers: a.SecondaryIdentifiers,
			PrimaryRank: a.PrimaryRank, SecondaryRanks: a.SecondaryRanks,
			PrimaryDepartment: a.PrimaryDepartment, SecondaryDepartments: a.SecondaryDepartments, Ranks: a.Ranks,
			JoinDate: a.JoinDate, Owner: a.Owner, Banned: a.Banned, LastLogin: a.LastLogin, ActiveAPIIDs: a.ActiveAPIIDs,
		}
	case muster.EventKicked, muster.EventBanned:
		p.Data = pushOut{DiscordID: a.DiscordID, AccountID: a.AccID, AccID: a.AccID}
	}
	return json.Marshal(p)
}

// Pushed is nil where a game server's answer means that an event arrived. That
// it has nobody to give it to is no reason to send it again; that it does not
// know the key is.
func Pushed(status int, answer string) error {
	answer = strings.TrimSpace(answer)
	switch {
	case status < 200 || status > 299:
		return fmt.Errorf("the game server answered %d %s", status, http.StatusText(status))
	case strings.EqualFold(answer, "ok"), strings.EqualFold(answer, "Event not registered"):
		return nil
	case strings.EqualFold(answer, "Bad API Key"):
		return fmt.Errorf("the game server does not know the push secret")
	default:
		return fmt.Errorf("the game server did not say ok")
	}
}
