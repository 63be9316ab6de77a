package sonoran

import (
	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// fieldDefinition is a profile field as the pages list them.
type fieldDefinition struct {
	ID       muster.FieldID `json:"id"`
	Label    string         `json:"label"`
	Type     string         `json:"type"`
	Options  []string       `json:"options"` // null for what is no choice
	Metadata struct {
		Placeholder string `json:"placeholder"`
	} `json:"metadata"`
}

// fieldDefinitionOf names types as the vendor does where its pages show how:
// "text array", "discord". Its others are guessed from its editor.
func fieldDefinitionOf(f muster.Field) fieldDefinition {
	kind := "text"
	switch f.Type {
	case muster.TypeTextList, muster.TypeMultiChoice:
		kind = "text array"
	case muster.TypeChoice:
		kind = "select"
	case muster.TypeNumber, muster.TypeBoolean, muster.TypeDate:
		kind = string(f.Type)
	case muster.TypeIdentity:
		kind = f.Provider
	}
	return fieldDefinition{ID: f.ID, Label: f.Label, Type: kind, Options: f.Options}
}

type department struct {
	UUID     string `json:"uuid"`
	Label    string `json:"label"`
	LabelTwo string `json:"labelTwo"`
	Ranks    []rank `json:"ranks"`
}

type rank struct {
	ID            muster.RankID `json:"id"`
	Label         string        `json:"label"`
	PrimaryOnly   bool          `json:"primaryOnly"`   // ended with 2023's primary ranks
	SecondaryOnly bool          `json:"secondaryOnly"` // as well
	Power         int64         `json:"power"`
}

// noDepartment is the label of the ranks that are in none: bots put labels
// into menus, which take no empty ones.
const noDepartment = "No department"

func departmentsOf(list []core.Department) []department {
	out := make([]department, len(list))
	for i, d := range list {
		out[i] = department{UUID: d.ID, Label: d.Label, LabelTwo: d.LabelTwo, Ranks: []rank{}}
		if d.Label == "" {
			out[i].Label = noDepartment
		}
		for _, r := range d.Ranks {
			out[i].Ranks = append(out[i].Ranks, rank{ID: r.ID, Label: r.Label, Power: r.Power})
		}
	}
	return out
}

type flow struct {
	ID            string               `json:"id"`
	CommunityUUID string               `json:"communityUuid"`
	LabelFrom     string               `json:"labelFrom"`
	LabelTo       string               `json:"labelTo"`
	RanksToAdd    []muster.RankID      `json:"ranksToAdd"`
	RanksToRemove []muster.RankID      `json:"ranksToRemove"`
	Actions       flowActions          `json:"actions"`
	PromotionType muster.FlowDirection `json:"promotionType"`
}

type flowActions struct {
	Data          []any                `json:"data"`
	PromotionType muster.FlowDirection `json:"promotionType"`
}

func flowsOf(community string, list []muster.Flow) []flow {
	out := make([]flow, len(list))
	for i, f := range list {
		out[i] = flow{
			ID: f.ID, CommunityUUID: community, LabelFrom: f.LabelFrom, LabelTo: f.LabelTo,
			RanksToAdd: append([]muster.RankID{}, f.Add...), RanksToRemove: append([]muster.RankID{}, f.Remove...),
			Actions: flowActions{[]any{}, f.Direction}, PromotionType: f.Direction,
		}
	}
	return out
}

type gameServer struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	IP          *string    `json:"ip"`
	Port        *int       `json:"port"`
	Type        *string    `json:"type"`
	Whitelist   serverGate `json:"whitelist"`
	LastContact *isoTime   `json:"lastContact"`
}

type serverGate struct {
	Everybody bool            `json:"everybody"`
	Ranks     []muster.RankID `json:"ranks"`
	Blocked   []muster.RankID `json:"blocked"`
}

func gameServerOf(s muster.Server) gameServer {
	w := s.Whitelist
	g := gameServer{
		ID: s.ID, Name: s.Name, Description: s.Description, IP: orNull(s.Address), Type: orNull(s.Type), LastContact: iso(s.LastContact),
		Whitelist: serverGate{w.Everybody, append([]muster.RankID{}, w.Ranks...), append([]muster.RankID{}, w.Blocked...)},
	}
	if s.Port != 0 {
		g.Port = &s.Port
	}
	return g
}

func serversOf(list []muster.Server) []gameServer {
	out := make([]gameServer, len(list))
	for i, s := range list {
		out[i] = gameServerOf(s)
	}
	return out
}

// serverTime is somebody's time on a game server.
type serverTime struct {
	ID          string           `json:"id"`
	Status      bool             `json:"status"` // it runs
	AccID       muster.AccountID `json:"accId"`
	ServerID    int64            `json:"serverId"`
	Start       *isoTime         `json:"start"`
	End         *isoTime         `json:"end"`
	ClearReason *string          `json:"clearReason"`
	Metadata    struct{}         `json:"metadata"`
}

func serverTimeOf(id muster.AccountID, row muster.ClockRow) serverTime {
	return serverTime{ID: row.ID, Status: !row.Completed(), AccID: id, ServerID: row.Server, Start: iso(row.Start), End: iso(row.End)}
}
