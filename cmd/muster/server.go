package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type serverCmd struct {
	Create serverCreate `cmd:"" help:"Create a game server."`
	List   serverList   `cmd:"" help:"List the game servers."`
	Set    serverSet    `cmd:"" help:"Change a game server."`
	Delete serverDelete `cmd:"" help:"Delete a game server."`

	Test       serverTest       `cmd:"" help:"Send a game server an event that means nothing, and tell what came back."`
	Deliveries serverDeliveries `cmd:"" help:"List the events that a game server has not taken: those that wait, and those given up in the last week."`
}

// serverFlags are the parts of a game server beside its id and name.
type serverFlags struct {
	Description    *string `help:"About it."`
	Address        *string `help:"Host name or IP address."`
	Port           *int    `placeholder:"N" help:"Port; 0 for none."`
	Type           *string `help:"Framework that it runs, such as qb-core."`
	Everybody      *bool   `negatable:"" help:"Let in everybody who is in the community."`
	Ranks          *words  `placeholder:"RANKS" help:"Let in holders of any of these ranks, by id or label."`
	Blocked        *words  `placeholder:"RANKS" help:"Keep out holders of any of these ranks, whatever else they hold."`
	PushSecretFile string  `type:"path" xor:"push" placeholder:"FILE" help:"File with the secret that changes are told with."`
	NoPushSecret   bool    `xor:"push" help:"Forget the secret that changes are told with."`
}

func (g serverFlags) apply(s *muster.Server) {
	put(&s.Description, g.Description)
	put(&s.Address, g.Address)
	put(&s.Port, g.Port)
	put(&s.Type, g.Type)
	put(&s.Whitelist.Everybody, g.Everybody)
	if g.Ranks != nil {
		s.Whitelist.Ranks = rankIDs(*g.Ranks)
	}
	if g.Blocked != nil {
		s.Whitelist.Blocked = rankIDs(*g.Blocked)
	}
}

// save writes the server and, where it was given, its push secret.
func (g serverFlags) save(p *program, c deeds, caller muster.Caller, o output, s muster.Server) error {
	var secret string
	if g.PushSecretFile != "" {
		text, err := os.ReadFile(g.PushSecretFile)
		if err != nil {
			return err
		}
		if secret = strings.TrimSpace(string(text)); secret == "" {
			return misuse("there is no secret in " + g.PushSecretFile)
		}
	}
	var here *core.Core
	if secret != "" || g.NoPushSecret {
		var err error
		if here, err = beside(c, "to set a push secret"); err != nil {
			return err
		}
	}
	s, err := c.PutServer(p.ctx, caller, s)
	if err == nil && here != nil {
		err = here.SetPushSecret(p.ctx, caller, s.ID, secret)
		s.HasPushSecret = secret != ""
	}
	if err != nil {
		return err
	}
	return o.one(p.out, s, [][]string{
		{"ID", strconv.FormatInt(s.ID, 10)},
		{"Name", s.Name},
		{"Description", s.Description},
		{"Address", s.Address},
		{"Port", number(s.Port)},
		{"Type", s.Type},
		{"Lets in", letsIn(s.Whitelist)},
		{"Push secret", yes(s.HasPushSecret)},
	})
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// letsIn says in words whom a whitelist lets in.
func letsIn(w muster.Whitelist) string {
	var text string
	switch {
	case !w.IsSet():
		return "nobody yet"
	case w.Everybody:
		text = "everybody"
	case len(w.Ranks) > 0:
		text = "holders of " + joinRanks(w.Ranks)
	default:
		text = "nobody"
	}
	if len(w.Blocked) > 0 {
		text += ", but not of " + joinRanks(w.Blocked)
	}
	return text
}

func joinRanks(ids []muster.RankID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	return strings.Join(names, ", ")
}

type serverCreate struct {
	reach
	output
	Name string `arg:"" help:"Name for people."`
	ID   int64  `placeholder:"N" help:"Keep the number that the game server is configured with (default: the next free one)."`
	serverFlags
}

// Help gives an example.
func (serverCreate) Help() string {
	return `Example: muster server create "Main server" --address 192.0.2.10 --port 30120 --ranks 'Patrol Officer,Firefighter'`
}

// Run creates the game server.
func (cmd *serverCreate) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		if _, err := c.Server(p.ctx, caller, cmd.ID); err == nil {
			return muster.Errorf(muster.Conflict, "id", "there is a server %d already; change it with: muster server set", cmd.ID)
		}
		s := muster.Server{ID: cmd.ID, Name: cmd.Name}
		cmd.apply(&s)
		return cmd.save(p, c, caller, cmd.output, s)
	})
}

type serverList struct {
	reach
	output
}

// Run lists the game servers.
func (cmd *serverList) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		list, err := c.Servers(p.ctx, caller)
		if err != nil {
			return err
		}
		rows := make([][]string, len(list))
		for i, s := range list {
			contact := "never"
			if !s.LastContact.IsZero() {
				contact = s.LastContact.Format("2006-01-02 15:04")
			}
			rows[i] = []string{strconv.FormatInt(s.ID, 10), s.Name, shorten(letsIn(s.Whitelist), 60), contact}
		}
		return cmd.list(p.out, append([]muster.Server{}, list...), "ID NAME LETS-IN CONTACT", rows)
	})
}

type serverSet struct {
	reach
	output
	ID   int64   `arg:"" help:"Number of the game server."`
	Name *string `help:"Name for people."`
	serverFlags
}

// Run changes what was given.
func (cmd *serverSet) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		s, err := c.Server(p.ctx, caller, cmd.ID)
		if err != nil {
			return err
		}
		put(&s.Name, cmd.Name)
		cmd.apply(&s)
		return cmd.save(p, c, caller, cmd.output, s)
	})
}

type serverDelete struct {
	reach
	output
	ID int64 `arg:"" help:"Number of the game server."`
}

// Run deletes the game server.
func (cmd *serverDelete) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		if err := c.DeleteServer(p.ctx, caller, cmd.ID); err != nil {
			return err
		}
		return cmd.say(p.out, map[string]int64{"deleted": cmd.ID}, "The server %d is deleted.", cmd.ID)
	})
}

// warn says on stderr what is no error, and worth a word.
func (p *program) warn(text string) { _, _ = fmt.Fprintf(p.err, "muster: %s\n", text) }
