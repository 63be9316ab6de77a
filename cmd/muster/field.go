package main

import (
	"context"
	"maps"
	"reflect"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
)

type fieldCmd struct {
	Create fieldCreate `cmd:"" help:"Create a profile field."`
	List   fieldList   `cmd:"" help:"List the fields, in the order people see them."`
	Set    fieldSet    `cmd:"" help:"Change a field's definition."`
	Delete fieldDelete `cmd:"" help:"Delete a field's definition; values come back with it."`
}

// fieldFlags are the parts of a definition, each of which may be left out.
type fieldFlags struct {
	Key           *string           `help:"Stable name for programs; unique (default: the id if given, else made from the label)."`
	Label         *string           `help:"Name for people (default: the key)."`
	LabelIn       map[string]string `name:"label-in" placeholder:"LOCALE=LABEL" help:"The label in another language: de=Telefon; nothing after the = for none. May be given several times."`
	Type          *muster.FieldType `placeholder:"TYPE" help:"What it holds: text, long_text, text_list, number, boolean, date, choice, multi_choice, account, time_zone, url, or identity, which is read from an identity and cannot be edited (default: text). It cannot be changed later."`
	Scope         *muster.Scope     `placeholder:"SCOPE" help:"Where it is shown: profile or preference (default: profile)."`
	Options       *words            `placeholder:"A,B" help:"What can be chosen, for choice and multi_choice."`
	Provider      *string           `help:"Whose identity is shown, for identity: discord, roblox, ..."`
	Chart         *bool             `negatable:"" help:"For account: the values form a chart, such as of who reports to whom, in which nobody stands above themselves."`
	Required      *bool             `negatable:"" help:"It cannot be cleared."`
	MinLength     *int              `placeholder:"N" help:"Least number of characters, of each item in lists."`
	MaxLength     *int              `placeholder:"N" help:"Greatest number of characters, of each item in lists; 0 for no limit."`
	MaxItems      *int              `placeholder:"N" help:"Greatest number of items in a list; 0 for no limit."`
	Pattern       *string           `placeholder:"REGEXP" help:"Regular expression (RE2) that the whole text, or each item, matches."`
	Min           *string           `help:"Least number, or earliest date (2006-01-02)."`
	Max           *string           `help:"Greatest number, or latest date (2006-01-02)."`
	Default       *string           `placeholder:"VALUE" help:"Shown where an account holds none; lists, numbers and booleans as JSON."`
	SeeLevel      *muster.Level     `placeholder:"N" help:"Keys of at least this level see the values, 1 to 8 (default: 1)."`
	SeeRanks      *words            `placeholder:"RANKS" help:"Holders of these ranks see them as well."`
	SeeSelf       *bool             `negatable:"" help:"Accounts see their own."`
	SeeSelfRanks  *words            `placeholder:"RANKS" help:"Holders of these ranks see their own."`
	EditLevel     *muster.Level     `placeholder:"N" help:"Keys of at least this level edit the values, 1 to 8 (default: 3)."`
	EditRanks     *words            `placeholder:"RANKS" help:"Holders of these ranks edit everybody's, with a key of their own of level 4."`
	EditSelf      *bool             `negatable:"" help:"Accounts edit their own (default: yes)."`
	EditSelfRanks *words            `placeholder:"RANKS" help:"Holders of these ranks edit their own, where not all accounts do (--no-edit-self)."`
}

// apply sets in a definition what was given.
func (g fieldFlags) apply(f muster.Field, ranks []muster.Rank) (muster.Field, error) {
	put(&f.Key, g.Key)
	put(&f.Label, g.Label)
	putNamed(&f.Labels, g.LabelIn)
	put(&f.Type, g.Type)
	put(&f.Scope, g.Scope)
	put((*words)(&f.Options), g.Options)
	put(&f.Provider, g.Provider)
	put(&f.Chart, g.Chart)
	put(&f.Required, g.Required)
	put(&f.MinLength, g.MinLength)
	put(&f.MaxLength, g.MaxLength)
	put(&f.MaxItems, g.MaxItems)
	put(&f.Pattern, g.Pattern)
	put(&f.Min, g.Min)
	put(&f.Max, g.Max)
	put(&f.See.Level, g.SeeLevel)
	put(&f.See.Self, g.SeeSelf)
	put(&f.Edit.Level, g.EditLevel)
	put(&f.Edit.Self, g.EditSelf)
	for _, of := range []struct {
		to    *[]muster.RankID
		given *words
	}{
		{&f.See.Ranks, g.SeeRanks}, {&f.See.SelfRanks, g.SeeSelfRanks},
		{&f.Edit.Ranks, g.EditRanks}, {&f.Edit.SelfRanks, g.EditSelfRanks},
	} {
		if err := putRanks(of.to, of.given, ranks); err != nil {
			return f, err
		}
	}
	if g.Default == nil {
		return f, nil
	}
	value, err := parseValue(f, *g.Default)
	f.Default = value
	return f, err
}

// putNamed sets in a map what was given by name; what is empty goes.
func putNamed(to *map[string]string, given map[string]string) {
	all := maps.Clone(*to)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, given)
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	*to = all
}

// putRanks resolves names to ids, since rights are compared by id.
func putRanks(to *[]muster.RankID, given *words, ranks []muster.Rank) error {
	if given == nil {
		return nil
	}
	*to = nil
	for _, name := range *given {
		r, err := findRank(ranks, name)
		if err != nil {
			return err
		}
		*to = append(*to, r.ID)
	}
	return nil
}

type fieldCreate struct {
	reachByFile // --key is the field's
	output
	ID muster.FieldID `help:"Keep the id that clients are configured with (default: a new UUID)."`
	fieldFlags
}

// Help gives examples.
func (fieldCreate) Help() string {
	return `Examples:
    muster field create --label "Call sign" --pattern "[1-9]-[A-Z]-[0-9]{2}"
    muster field create --id d9d1288e-3892-40d6-acc5-be2c3d294bd4 --label Certifications --type text_list
    muster field create --id discord --label "Discord ID" --type identity --provider discord`
}

// Run creates the field.
func (cmd *fieldCreate) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		catalogue, err := c.Catalogue(p.ctx, caller)
		if err != nil {
			return err
		}
		for _, f := range catalogue.Fields {
			if f.ID == cmd.ID {
				return muster.Errorf(muster.Conflict, "id", "there is a field %q already; change it with: muster field set", cmd.ID)
			}
		}
		f, err := cmd.apply(newField(cmd.ID), catalogue.Ranks)
		if err != nil {
			return err
		}
		if f, err = complete(f); err != nil {
			return err
		}
		if err := c.PutField(p.ctx, caller, f); err != nil {
			return err
		}
		return showField(p, cmd.output, f)
	})
}

// newField is a field of which nothing is said: a line of text that every key
// may read, and that accounts may write of themselves.
func newField(id muster.FieldID) muster.Field {
	return muster.Field{
		ID: id, Type: muster.TypeText, Scope: muster.ScopeProfile,
		See:  muster.Rights{Level: muster.LevelReadOne},
		Edit: muster.Rights{Level: muster.LevelWriteSome, Self: true},
	}
}

// complete gives a new field what was not said of its id, key and label.
func complete(f muster.Field) (muster.Field, error) {
	if f.Key == "" {
		f.Key = string(f.ID)
	}
	if f.Key == "" {
		f.Key = slug(f.Label)
	}
	if f.Key == "" {
		return f, misuse("a field needs a --label, a --key or an --id")
	}
	if f.Label == "" {
		f.Label = f.Key
	}
	if f.ID == "" {
		f.ID = muster.FieldID(uuid.NewString())
	}
	return f, nil
}

// slug makes a key of a label: lower-case letters and digits, _ between them.
func slug(label string) string {
	parts := strings.FieldsFunc(strings.ToLower(label), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(parts, "_")
}

type fieldList struct {
	reach
	output
}

// Run lists the fields.
func (cmd *fieldList) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		catalogue, err := c.Catalogue(p.ctx, caller)
		if err != nil {
			return err
		}
		shown, rows := []muster.Field{}, [][]string{}
		for _, f := range catalogue.Fields {
			shown = append(shown, f)
			rows = append(rows, []string{string(f.ID), f.Key, string(f.Type), string(f.Scope), f.Label})
		}
		return cmd.list(p.out, shown, "ID KEY TYPE SCOPE LABEL", rows)
	})
}

type fieldSet struct {
	reachByFile // --key is the field's
	output
	ID string `arg:"" help:"Id or key of the field."`
	fieldFlags
}

// Run changes what was given.
func (cmd *fieldSet) Run(p *program) error {
	if reflect.ValueOf(cmd.fieldFlags).IsZero() {
		return errNothingGiven
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		catalogue, err := c.Catalogue(p.ctx, caller)
		if err != nil {
			return err
		}
		f, err := findField(catalogue.Fields, cmd.ID)
		if err != nil {
			return err
		}
		if f, err = cmd.apply(f, catalogue.Ranks); err != nil {
			return err
		}
		if err := c.PutField(p.ctx, caller, f); err != nil {
			return err
		}
		return showField(p, cmd.output, f)
	})
}

type fieldDelete struct {
	reach
	output
	ID string `arg:"" help:"Id or key of the field."`
}

// Run deletes the field.
func (cmd *fieldDelete) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		f, err := readField(p.ctx, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		if err := c.DeleteField(p.ctx, caller, f.ID); err != nil {
			return err
		}
		return cmd.say(p.out, map[string]muster.FieldID{"deleted": f.ID}, "The field %q (%s) is deleted.", f.Label, f.ID)
	})
}

func readField(ctx context.Context, c deeds, caller muster.Caller, name string) (muster.Field, error) {
	catalogue, err := c.Catalogue(ctx, caller)
	if err != nil {
		return muster.Field{}, err
	}
	return findField(catalogue.Fields, name)
}

// findField finds a field by id, then by key.
func findField(fields []muster.Field, name string) (muster.Field, error) {
	for _, f := range fields {
		if string(f.ID) == name {
			return f, nil
		}
	}
	for _, f := range fields {
		if f.Key == name {
			return f, nil
		}
	}
	return muster.Field{}, muster.Errorf(muster.NotFound, "", "there is no field %q", name)
}

func showField(p *program, o output, f muster.Field) error {
	return o.one(p.out, f, [][]string{
		{"ID", string(f.ID)},
		{"Key", f.Key},
		{"Label", f.Label},
		{"Labels", showNamed(f.Labels)},
		{"Type", string(f.Type)},
		{"Scope", string(f.Scope)},
		{"Options", strings.Join(f.Options, ", ")},
		{"See", showRights(f.See)},
		{"Edit", showRights(f.Edit)},
	})
}
