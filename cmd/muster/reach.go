package main

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/core"
)

// envServer is where commands find a server to ask, where nobody says.
const envServer = "MUSTER_SERVER"

// deeds are what commands ask of a community. Beside its data the core does them, and elsewhere a server that is asked to.
type deeds interface {
	Account(ctx context.Context, caller muster.Caller, ref muster.Ref) (core.View, error)
	Query(ctx context.Context, caller muster.Caller, q core.Query) (core.Found, error)
	Create(ctx context.Context, caller muster.Caller, list []core.NewAccount) ([]core.View, error)
	Change(ctx context.Context, caller muster.Caller, targets []core.Target, opts core.Options) ([]core.Result, error)
	Kick(ctx context.Context, caller muster.Caller, ref muster.Ref, ifRev int64) (core.Result, error)
	Ban(ctx context.Context, caller muster.Caller, ref muster.Ref, ban muster.Ban, ifRev int64) (core.Result, error)
	Readmit(ctx context.Context, caller muster.Caller, ref muster.Ref, ranks bool, ifRev int64) (core.Readmitted, error)
	Delete(ctx context.Context, caller muster.Caller, ref muster.Ref) (seq int64, err error)
	Restore(ctx context.Context, caller muster.Caller, ref muster.Ref, ifRev int64) (core.Result, error)

	Changes(ctx context.Context, caller muster.Caller, q core.HistoryQuery) (core.HistoryPage, error)
	Undo(ctx context.Context, caller muster.Caller, seq int64, opts core.UndoOptions) (core.Result, error)
	UndoAll(ctx context.Context, caller muster.Caller, u core.UndoMany) (core.UndoCount, error)

	Catalogue(ctx context.Context, caller muster.Caller) (core.Catalogue, error)
	PutField(ctx context.Context, caller muster.Caller, f muster.Field) error
	DeleteField(ctx context.Context, caller muster.Caller, id muster.FieldID) error
	PutRank(ctx context.Context, caller muster.Caller, r muster.Rank) error
	DeleteRank(ctx context.Context, caller muster.Caller, id muster.RankID) error
	Departments(ctx context.Context, caller muster.Caller) ([]core.Department, error)
	PutDepartment(ctx context.Context, caller muster.Caller, d muster.Department) error
	DeleteDepartment(ctx context.Context, caller muster.Caller, id string) error
	Servers(ctx context.Context, caller muster.Caller) ([]muster.Server, error)
	Server(ctx context.Context, caller muster.Caller, id int64) (muster.Server, error)
	PutServer(ctx context.Context, caller muster.Caller, s muster.Server) (muster.Server, error)
	DeleteServer(ctx context.Context, caller muster.Caller, id int64) error

	Keys(ctx context.Context, caller muster.Caller) ([]muster.Key, error)
	CreateKey(ctx context.Context, caller muster.Caller, k muster.Key, secret string) (muster.Key, string, error)
	UpdateKey(ctx context.Context, caller muster.Caller, id muster.KeyID, edit func(*muster.Key)) (muster.Key, error)
	RevokeKey(ctx context.Context, caller muster.Caller, id muster.KeyID) error
	RotateKey(ctx context.Context, caller muster.Caller, id muster.KeyID, overlap time.Duration) (muster.Key, string, error)
	FreezeKey(ctx context.Context, caller muster.Caller, id muster.KeyID, frozen bool) (muster.Key, error)

	Webhooks(ctx context.Context, caller muster.Caller) ([]muster.Webhook, error)
	Webhook(ctx context.Context, caller muster.Caller, id muster.WebhookID) (muster.Webhook, error)
	CreateWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID, wish core.WebhookWish, secret string) (muster.Webhook, string, error)
	UpdateWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID, wish core.WebhookWish) (muster.Webhook, error)
	DeleteWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID) error
	RotateWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID, secret string, overlap time.Duration) (time.Time, string, error)
	TestWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID) (muster.Delivery, error)
	Resend(ctx context.Context, caller muster.Caller, id muster.WebhookID, seq int64) (muster.Delivery, error)
	WebhookDeliveries(ctx context.Context, caller muster.Caller, id muster.WebhookID, before int64, limit int) ([]core.Tries, int64, error)

	ManagedCommunity(ctx context.Context, caller muster.Caller) (muster.Community, error)
	UpdateCommunity(ctx context.Context, caller muster.Caller, edit func(*muster.Community)) (muster.Community, error)
}

// reach is where a command finds the community: its data here, or a server elsewhere.
type reach struct {
	reachByFile
	Key string `placeholder:"SECRET" help:"Secret of the key for --server. Other users of this machine can see what is on a command line, so --key-file and the environment are safer ($MUSTER_KEY)."`
}

func (l reach) do(p *program, fn func(deeds, muster.Caller) error) error {
	l.secret = l.Key
	return l.reachByFile.do(p, fn)
}

// reachByFile is reach for commands whose own --key is another thing.
type reachByFile struct {
	inCommunity
	Server  string `env:"MUSTER_SERVER" placeholder:"URL" help:"Server to ask by its own API, in place of working on the data itself: https://muster.example.org. The community is the key's."`
	KeyFile string `env:"MUSTER_KEY_FILE" type:"path" placeholder:"FILE" help:"File with the secret of the key for --server."`

	secret string
}

// AfterApply refuses two places at once.
func (l *reachByFile) AfterApply(k *kong.Context) error {
	for _, step := range k.Path {
		if l.Server == "" || step.Flag == nil {
			continue
		}
		switch name := step.Flag.Name; name {
		case "data", "database", "secret-file":
			return misuse("--server (or " + envServer + ") and --" + name + " are two places; give one")
		}
	}
	return nil
}

// do runs fn on the community: as its operator beside the data, or as the key that a server is shown.
func (l reachByFile) do(p *program, fn func(deeds, muster.Caller) error) error {
	if l.Server == "" {
		return l.here(p.ctx, func(c *core.Core, caller muster.Caller) error { return fn(c, caller) })
	}
	key, err := l.key()
	if err != nil {
		return err
	}
	c, err := client.New(l.Server, key, client.UserAgent("muster/"+version))
	if err != nil {
		return misuse("--server: " + err.Error())
	}
	if u, err := url.Parse(l.Server); err == nil && u.Scheme == "http" && !isHere(u.Hostname()) {
		p.warn("warning: the key goes to " + u.Host + " without encryption; use https")
	}
	r := &remote{client: c}
	if l.Community != "" {
		if _, err := r.community(p.ctx, l.Community); err != nil {
			return err
		}
	}
	return fn(r, muster.Caller{})
}

// key is the secret that was given: on the line, in a file, or by the environment.
func (l reachByFile) key() (string, error) {
	if l.secret != "" && l.KeyFile != "" {
		return "", misuse("--key and --key-file are two keys; give one")
	}
	if l.secret != "" {
		return l.secret, nil
	}
	if l.KeyFile != "" {
		file, err := os.Open(l.KeyFile)
		if err != nil {
			return "", err
		}
		defer func() { _ = file.Close() }()
		line, err := firstLine(file)
		if err == nil && line == "" {
			err = misuse("there is no key in " + l.KeyFile)
		}
		return line, err
	}
	if key := os.Getenv("MUSTER_KEY"); key != "" {
		return key, nil
	}
	return "", misuse("--server needs a key: set MUSTER_KEY, or give --key-file")
}

// hereOnly words that a command has no --server.
func hereOnly(err error) error {
	parse, ok := errors.AsType[*kong.ParseError](err)
	if !ok || !strings.HasPrefix(err.Error(), "unknown flag --server") || parse.Context.Selected() == nil {
		return err
	}
	return misuse(parse.Context.Selected().FullPath() + " works on the server's own machine; leave out --server")
}

// isHere reports whether a host is this machine.
func isHere(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// beside is the core itself, for what its data is needed for.
func beside(c deeds, what string) (*core.Core, error) {
	here, ok := c.(*core.Core)
	if !ok {
		return nil, misuse(what + " works on the server's own machine; leave out --server")
	}
	return here, nil
}

// own makes a deed that the core alone has one of a command.
func own[V any](do func(*core.Core, context.Context, muster.Caller, V) error) func(deeds, context.Context, muster.Caller, V) error {
	return func(c deeds, ctx context.Context, caller muster.Caller, v V) error {
		here, err := beside(c, "this command")
		if err != nil {
			return err
		}
		return do(here, ctx, caller, v)
	}
}

// ownList is own for lists.
func ownList[T any](list func(*core.Core, context.Context, muster.Caller) ([]T, error)) func(deeds, context.Context, muster.Caller) ([]T, error) {
	return func(c deeds, ctx context.Context, caller muster.Caller) ([]T, error) {
		here, err := beside(c, "this command")
		if err != nil {
			return nil, err
		}
		return list(here, ctx, caller)
	}
}
