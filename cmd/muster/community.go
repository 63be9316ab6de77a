package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/dialect/communifire"
)

type communityCmd struct {
	Create communityCreate `cmd:"" help:"Create a community."`
	List   communityList   `cmd:"" help:"List all communities."`
	Show   communityShow   `cmd:"" help:"Show one community."`
	Set    communitySet    `cmd:"" help:"Change a community's name and settings."`
	Tokens communityTokens `cmd:"" help:"Take the tokens of the server that a community comes from."`
}

type communityCreate struct {
	place
	output
	ID              string             `arg:"" help:"Short id, as clients send it: letters, digits, - and _."`
	Name            string             `help:"Name for people (default: the id)."`
	UUID            string             `name:"uuid" help:"Keep the UUID that the community had elsewhere (default: a new one)."`
	Limits          muster.LimitPreset `default:"own" placeholder:"PRESET" help:"Requests a minute for each key: \"own\" is 600 for every class of routes, \"vendor\" the numbers of the vendors' own pages (default: own)."`
	ActiveFromRanks bool               `default:"true" negatable:"" help:"An account is active while it holds a rank (default: yes)."`
	Dialects        words              `default:"sonoran,rest" placeholder:"NAMES" help:"APIs to switch on, by comma, of which rest is Muster's own (default: sonoran,rest)."`
	Labels          string             `type:"existingfile" placeholder:"FILE.csv" help:"Begin with the profile fields that the heading row of a CSV file names, in place of Communifire's standard ones: those whose label is a standard one as they are, all others as lines of text."`
}

// Help gives examples.
func (communityCreate) Help() string {
	return `Examples:
    muster community create lspd --name "Los Santos Police"
    muster community create harbour --dialects communifire --labels people.csv

It has no key yet: muster key create --community lspd`
}

// Run creates the community, and the database where there is none.
func (cmd *communityCreate) Run(p *program) error {
	fields, err := cmd.fields()
	if err != nil {
		return err
	}
	return cmd.with(p.ctx, true, func(c *core.Core) error {
		community, err := c.CreateCommunity(p.ctx, muster.Community{
			ID: muster.CommunityID(cmd.ID), UUID: cmd.UUID, Name: cmd.Name,
			Settings: muster.Settings{Dialects: cmd.Dialects, ActiveFromRanks: cmd.ActiveFromRanks, Limits: cmd.Limits},
		}, fields)
		if err != nil {
			return err
		}
		return showCommunity(p, cmd.output, community)
	})
}

// fields are those that the community begins with.
func (cmd *communityCreate) fields() ([]muster.Field, error) {
	if cmd.Labels == "" {
		return fieldsOf(cmd.Dialects)
	}
	at := slices.Index(cmd.Dialects, communifire.Name)
	if at < 0 {
		return nil, misuse("--labels are Communifire's: give --dialects communifire as well")
	}
	own, err := labelled(cmd.Labels)
	if err != nil {
		return nil, err
	}
	others, err := fieldsOf(slices.Delete(slices.Clone(cmd.Dialects), at, at+1))
	return append(others, muster.Missing(own, others)...), err
}

type communityList struct {
	place
	output
}

// Run lists the communities.
func (cmd *communityList) Run(p *program) error {
	return cmd.with(p.ctx, false, func(c *core.Core) error {
		list, err := c.Communities(p.ctx)
		if err != nil {
			return err
		}
		shown, rows := []communityView{}, [][]string{}
		for _, community := range list {
			shown = append(shown, communityView(community))
			s := community.Settings
			rows = append(rows, []string{string(community.ID), community.UUID, string(s.Limits), strings.Join(s.Dialects, ","), community.Name})
		}
		return cmd.list(p.out, shown, "ID UUID LIMITS DIALECTS NAME", rows)
	})
}

type communityShow struct {
	reach
	output
	ID string `arg:"" optional:"" help:"Id or UUID (default: --community, or the only one)."`
}

// Run shows the community.
func (cmd *communityShow) Run(p *program) error {
	if cmd.ID != "" {
		cmd.Community = cmd.ID
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		community, err := c.ManagedCommunity(p.ctx, caller)
		if err != nil {
			return err
		}
		return showCommunity(p, cmd.output, community)
	})
}

type communitySet struct {
	reach
	output
	Name            *string             `help:"Name for people."`
	Limits          *muster.LimitPreset `placeholder:"PRESET" help:"Request limits: own or vendor."`
	ActiveFromRanks *bool               `negatable:"" help:"An account is active while it holds a rank, whatever it was set to; off, what was set counts."`
	Owner           *string             `placeholder:"REF" help:"Account that owns the community; nothing (--owner=) for none."`
	SignUp          *bool               `negatable:"" help:"Let whoever has an e-mail address make an account; needs --front-end."`
	PublicProfiles  *bool               `negatable:"" help:"Show names, bios and pictures to everybody."`
	FrontEnd        *string             `placeholder:"URL" help:"Pages to which links in mails lead; nothing (--front-end=) for none."`
	ReadOnly        *bool               `negatable:"" help:"Nothing is changed in the community, until this is lifted."`
	HistoryDays     *int                `placeholder:"DAYS" help:"Forget changes that are older, a baseline for each account aside: they can be neither read nor undone any more; 0 keeps them for ever."`
	Dialects        *words              `placeholder:"NAMES" help:"Foreign APIs to switch on, by comma; all others are switched off. Their built-in fields are added where they are missing."`
	TimeZone        map[string]string   `name:"time-zone" placeholder:"ID=ZONE" help:"What clients call a time zone, beside its IANA name and Windows' id: 17=America/New_York; nothing after the = for none. May be given several times."`
	Switch          map[string]string   `placeholder:"NAME=VALUE" help:"How a dialect answers, where its clients want different things; its README lists the names. Nothing after the = sets the default. May be given several times."`
}

// Run changes what was given.
func (cmd *communitySet) Run(p *program) error {
	if !cmd.given() {
		return errNothingGiven
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		if cmd.Dialects != nil || cmd.HistoryDays != nil || len(cmd.Switch) > 0 {
			if _, err := beside(c, "to set --dialects, --history-days or --switch"); err != nil {
				return err
			}
		}
		owner, err := cmd.owner(p.ctx, c, caller)
		if err != nil {
			return err
		}
		if err := cmd.addFields(p.ctx, c, caller); err != nil {
			return err
		}
		if err := cmd.turn(map[string]string{}); err != nil { // before anything is written
			return err
		}
		community, err := c.UpdateCommunity(p.ctx, caller, func(community *muster.Community) {
			put(&community.Name, cmd.Name)
			s := &community.Settings
			put(&s.Limits, cmd.Limits)
			put(&s.ActiveFromRanks, cmd.ActiveFromRanks)
			put((*words)(&s.Dialects), cmd.Dialects)
			put(&s.SignUp, cmd.SignUp)
			put(&s.PublicProfiles, cmd.PublicProfiles)
			put(&s.FrontEnd, cmd.FrontEnd)
			put(&s.Owner, owner)
			put(&s.ReadOnly, cmd.ReadOnly)
			put(&s.HistoryDays, cmd.HistoryDays)
			putNamed(&s.TimeZones, cmd.TimeZone)
			if s.Switches == nil {
				s.Switches = map[string]string{}
			}
			_ = cmd.turn(s.Switches) // as it was tried above
		})
		if err != nil {
			return err
		}
		return showCommunity(p, cmd.output, community)
	})
}

// given reports whether anything is to be changed.
func (cmd *communitySet) given() bool {
	return cmd.Name != nil || cmd.Limits != nil || cmd.ActiveFromRanks != nil || cmd.Owner != nil || cmd.Dialects != nil ||
		cmd.SignUp != nil || cmd.PublicProfiles != nil || cmd.FrontEnd != nil || cmd.ReadOnly != nil || cmd.HistoryDays != nil || len(cmd.Switch)+len(cmd.TimeZone) > 0
}

// turn sets the switches that were given.
func (cmd *communitySet) turn(switches map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(cmd.Switch)) {
		s, err := switchNamed(name)
		if err != nil {
			return err
		}
		if err := s.Set(switches, cmd.Switch[name]); err != nil {
			return err
		}
	}
	return nil
}

func (cmd *communitySet) owner(ctx context.Context, c deeds, caller muster.Caller) (*muster.AccountID, error) {
	if cmd.Owner == nil {
		return nil, nil
	}
	id, err := accountID(ctx, c, caller, *cmd.Owner)
	return &id, err
}

// accountID is the id of the account that a person pointed at; none where
// nothing was typed.
func accountID(ctx context.Context, c deeds, caller muster.Caller, ref string) (muster.AccountID, error) {
	if ref == "" {
		return "", nil
	}
	v, err := c.Account(ctx, caller, parseRef(ref))
	return v.ID, named(ref, err)
}

// addFields gives the community what a dialect's clients expect before it is
// switched on.
func (cmd *communitySet) addFields(ctx context.Context, c deeds, caller muster.Caller) error {
	if cmd.Dialects == nil {
		return nil
	}
	fields, err := fieldsOf(*cmd.Dialects)
	if err != nil {
		return err
	}
	catalogue, err := c.Catalogue(ctx, caller)
	if err != nil {
		return err
	}
	for _, f := range muster.Missing(fields, catalogue.Fields) {
		if err := c.PutField(ctx, caller, f); err != nil {
			return err
		}
	}
	return nil
}

// communityView is a community as JSON.
type communityView struct {
	ID        muster.CommunityID `json:"id"`
	UUID      string             `json:"uuid"`
	Name      string             `json:"name"`
	Settings  muster.Settings    `json:"settings"`
	CreatedAt time.Time          `json:"created_at"`
}

// showNamed lists what was given by name.
func showNamed(values map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, name+"="+values[name])
	}
	return strings.Join(list, ", ")
}

func keeps(days int) string {
	if days == 0 {
		return "kept for ever"
	}
	return fmt.Sprintf("kept for %d days", days)
}

func showCommunity(p *program, o output, community muster.Community) error {
	s := community.Settings
	return o.one(p.out, communityView(community), [][]string{
		{"ID", string(community.ID)},
		{"UUID", community.UUID},
		{"Name", community.Name},
		{"Dialects", strings.Join(s.Dialects, ", ")},
		{"Limits", string(s.Limits)},
		{"Active from ranks", yes(s.ActiveFromRanks)},
		{"Owner", string(s.Owner)},
		{"Sign-up", yes(s.SignUp)},
		{"Public profiles", yes(s.PublicProfiles)},
		{"Front end", s.FrontEnd},
		{"Takes tokens of", s.TokenIssuer},
		{"Read-only", yes(s.ReadOnly)},
		{"History", keeps(s.HistoryDays)},
		{"Time zones", showNamed(s.TimeZones)},
		{"Switches", showNamed(s.Switches)},
		{"Created", moment(community.CreatedAt)},
	})
}
