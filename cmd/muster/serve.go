package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/muster-accounts/muster/internal/mail"

	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/media"
	"github.com/muster-accounts/muster/internal/store"
)

const (
	// shutdownTime is how long requests in flight have to finish.
	shutdownTime = 10 * time.Second
	// lastUseEvery is how often it is written down which keys were used.
	lastUseEvery = 30 * time.Second
)

type serveCmd struct {
	place
	outgoing
	post
	Listen         string     `env:"MUSTER_LISTEN" default:"127.0.0.1:8484" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes any free one (default: 127.0.0.1:8484)."`
	Demo           bool       `env:"MUSTER_DEMO" help:"Serve a made-up community to try things on, and print calls to paste."`
	FirstCommunity string     `env:"MUSTER_FIRST_COMMUNITY" default:"main" placeholder:"ID" help:"Id of the community that the first start makes (default: main)."`
	PublicURL      string     `env:"MUSTER_PUBLIC_URL" name:"public-url" placeholder:"URL" help:"Where clients find the server, if not at --listen: https://accounts.example.org"`
	TLSCert        string     `env:"MUSTER_TLS_CERT" name:"tls-cert" type:"path" placeholder:"FILE" help:"Certificate chain in PEM; read again when it changes."`
	TLSKey         string     `env:"MUSTER_TLS_KEY" name:"tls-key" type:"path" placeholder:"FILE" help:"Private key of the certificate in PEM; read again when it changes."`
	TrustedProxies []network  `env:"MUSTER_TRUSTED_PROXIES" placeholder:"ADDRESS" help:"Proxies whose X-Forwarded-For is believed, by comma; addresses or networks: 127.0.0.1,10.0.0.0/8"`
	Origins        []string   `env:"MUSTER_ORIGINS" placeholder:"ORIGIN" help:"Web pages that may call from a browser, by comma: https://example.org; * for all (default: none)."`
	Metrics        string     `env:"MUSTER_METRICS" default:"127.0.0.1:9484" placeholder:"HOST:PORT" help:"Where Prometheus reads /metrics, on the loopback only; nothing (--metrics=) for nowhere (default: 127.0.0.1:9484)."`
	AddressLimit   int        `env:"MUSTER_ADDRESS_LIMIT" default:"6000" placeholder:"N" help:"Requests a minute for each client address; 0 for no limit (default: 6000)."`
	Log            string     `env:"MUSTER_LOG" enum:"text,json" default:"text" placeholder:"FORM" help:"Form of the log on stderr: text or json (default: text)."`
	LogLevel       slog.Level `env:"MUSTER_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn or error (default: info)."`
}

// Help tells what the first start does.
func (serveCmd) Help() string {
	return `The first start on an empty folder makes a community and a key of level 8, and leaves the key in DIR/first-start.txt.

Examples:
    muster serve --demo
    muster serve --data /var/lib/muster --listen :443 --tls-cert fullchain.pem --tls-key privkey.pem
    muster serve --data /var/lib/muster --database postgres://muster@db.example.org/muster?sslmode=verify-full
    muster serve --data /var/lib/muster --public-url https://accounts.example.org --trusted-proxies 127.0.0.1

Several servers may serve one PostgreSQL database: give each the same secret file. The one that was first makes the community and has its key in DIR.

SIGINT and SIGTERM end the server when the requests in flight are done, after 10 seconds at most; a second signal ends it at once.`
}

// Run serves until a signal comes or a listener breaks down.
func (cmd *serveCmd) Run(p *program) (err error) {
	ctx, stop := signal.NotifyContext(p.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal ends the process at once

	log := cmd.logger(p)
	private, err := cmd.private(ctx)
	if err != nil {
		return err
	}
	if err := cmd.check(log); err != nil {
		return err
	}
	c, s, err := cmd.open(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	unlock, err := cmd.alone()
	if err != nil {
		return err
	}
	defer unlock()
	server, err := cmd.listen(ctx, c, s, log) // before the first start makes anything
	if err != nil {
		return err
	}
	sender, err := cmd.sender(cmd.Data, cmd.PublicURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	var sending sync.WaitGroup
	sendUntil, stopSending := context.WithCancel(ctx)
	defer func() { stopSending(); sending.Wait() }()
	defer func() { err = errors.Join(err, end(c, log, server)) }()
	if private = private && staysPrivate(ctx, server); !private {
		c.Bar(demo.Known().Secrets()...) // a command may give them to a key at any time
	}
	var card *demoCard
	err = s.Exclusively(ctx, func() (err error) { // of servers that begin at the same time one makes what there is to make
		card, err = cmd.prepare(ctx, p, log, c, core.New(s, demo.Now), private)
		return err
	})
	if ctx.Err() != nil {
		return nil // stopped before it served
	}
	if err != nil {
		return err
	}
	cmd.warn(log, private)
	cmd.send(sendUntil, &sending, c, log, server, sender, card != nil && private)
	server.Serve()
	log.Info("serving", slog.String("url", server.URL()), slog.String("listen", server.Addr()),
		slog.String("metrics", server.MetricsAddr()), slog.String("data", cmd.Data), slog.String("version", version))
	if card != nil {
		if err := cmd.presentDemo(ctx, p, c, card, server.URL()); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return wait(ctx, c, log, server.Failed())
}

// send begins to send what goes out of itself: events and mail, until ctx ends.
func (cmd *serveCmd) send(ctx context.Context, sending *sync.WaitGroup, c *core.Core, log *slog.Logger, server *httpd.Server, sender mail.Sender, beside bool) {
	events, mails := cmd.dispatcher(c, log, cmd.holder(), beside), cmd.postman(c, log, cmd.holder(), sender)
	server.Registry().MustRegister(append(eventMetrics(events, c), mailMetrics(mails)...)...)
	sending.Go(func() { events.Run(ctx) })
	sending.Go(func() { mails.Run(ctx) })
}

// listen makes the front door and opens its listeners.
func (cmd *serveCmd) listen(ctx context.Context, c *core.Core, s *store.Store, log *slog.Logger) (*httpd.Server, error) {
	config := cmd.config(log)
	config.Mounts, config.Ready = mounts(c, cmd.PublicURL, log), c.Ready
	guides, err := mountGuide(ctx, config.Mounts)
	if err != nil {
		return nil, err
	}
	config.Mounts = append([]httpd.Mount{guides}, config.Mounts...) // "/" lists them first
	server, err := httpd.New(config)
	if err != nil {
		return nil, err
	}
	server.Registry().MustRegister(storeMetrics(s)...)
	return server, cmd.explain(server.Listen())
}

// warn tells of what is allowed and not wise.
func (cmd *serveCmd) warn(log *slog.Logger, private bool) {
	if !private && cmd.TLSCert == "" && !strings.HasPrefix(cmd.PublicURL, "https:") {
		log.Warn("keys travel in the clear: give a certificate, or put a proxy with one in front and its --public-url here")
	}
}

// alone keeps a second server off a folder that holds the database. A
// PostgreSQL database may have several.
func (cmd *serveCmd) alone() (release func(), err error) {
	if cmd.Database != "" {
		return func() {}, nil
	}
	return lock(cmd.Data)
}

// holder is the name under which events are claimed; see alone.
func (cmd *serveCmd) holder() string {
	if cmd.Database != "" {
		return ""
	}
	return onlyServer
}

// check refuses what could not be served before anything is made.
func (cmd *serveCmd) check(log *slog.Logger) error {
	if err := checkFirst(cmd.FirstCommunity); err != nil {
		return err
	}
	return cmd.explain(cmd.config(log).Check())
}

// explain says what to do where a listener could not be opened: that of the
// metrics is one that nobody asked for.
func (cmd *serveCmd) explain(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) && cmd.Metrics != "" {
		err = fmt.Errorf("%w (--listen and --metrics name where to listen; --metrics= is for no metrics)", err)
	}
	return err
}

// prepare makes sure that there is something to serve, and that it may be
// served here.
func (cmd *serveCmd) prepare(ctx context.Context, p *program, log *slog.Logger, c, demoCore *core.Core, private bool) (*demoCard, error) {
	if err := cmd.bindSecret(ctx, c); err != nil {
		return nil, err
	}
	card, err := cmd.begin(ctx, p, log, c, demoCore, private)
	if err != nil {
		return nil, err
	}
	return card, refuseDemoKey(ctx, c, private)
}

func (cmd *serveCmd) logger(p *program) *slog.Logger {
	options := &slog.HandlerOptions{Level: cmd.LogLevel}
	if cmd.Log == "json" {
		return slog.New(slog.NewJSONHandler(p.err, options))
	}
	return slog.New(slog.NewTextHandler(p.err, options))
}

// begin makes sure that there is something to serve. The card is that of the
// demo, nil where this is none.
func (cmd *serveCmd) begin(ctx context.Context, p *program, log *slog.Logger, c, demoCore *core.Core, private bool) (*demoCard, error) {
	card, err := readCard(cmd.Data)
	if err != nil {
		return nil, err
	}
	if card != nil && !cmd.Demo { // a card may be left of a demo that never came to be
		if there, err := demoThere(ctx, c); err != nil || !there {
			card = nil
		}
	}
	if card == nil && !cmd.Demo {
		return nil, firstStart(ctx, p, log, c, cmd.Data, cmd.FirstCommunity)
	}
	if card == nil {
		card = newCard(private)
	}
	if err := card.renew(ctx, c, private); err != nil {
		return nil, err
	}
	return card, seedDemo(ctx, demoCore, cmd.Data, card)
}

// demoThere reports whether the data holds the demo, or nothing yet.
func demoThere(ctx context.Context, c *core.Core) (bool, error) {
	list, err := c.Communities(ctx)
	return err == nil && demo.Fits(list) == nil, err
}

// refuseDemoKey keeps the key that everybody knows from where everybody is.
func refuseDemoKey(ctx context.Context, c *core.Core, private bool) error {
	if private {
		return nil
	}
	used, err := knownInUse(ctx, c)
	if err == nil && used {
		err = fmt.Errorf("refusing to serve others: this data has keys that everybody knows, %q or that of the demo's user; revoke them, or listen on 127.0.0.1 without --public-url and --trusted-proxies", demo.Secret)
	}
	return err
}

// private reports whether only this machine can reach the server: it listens
// on the loopback, and no proxy stands before it.
func (cmd *serveCmd) private(ctx context.Context) (bool, error) {
	loopback, err := onLoopback(ctx, cmd.Listen)
	if err != nil || !loopback || len(cmd.TrustedProxies) > 0 {
		return false, err
	}
	if cmd.PublicURL == "" {
		return true, nil
	}
	u, err := url.Parse(cmd.PublicURL)
	if err == nil {
		loopback, err = onLoopback(ctx, net.JoinHostPort(u.Hostname(), "0"))
	}
	return err == nil && loopback, nil // a name that means nothing here means something elsewhere
}

// staysPrivate reports whether the server is bound to the loopback, whatever
// the name meant when it was looked at.
func staysPrivate(ctx context.Context, server *httpd.Server) bool {
	bound, err := onLoopback(ctx, server.Addr())
	return err == nil && bound
}

// onLoopback reports whether only this machine can reach a HOST:PORT. A name
// counts by every address that it stands for.
func onLoopback(ctx context.Context, hostport string) (bool, error) {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false, misuse(fmt.Sprintf("--listen %q is not of the form HOST:PORT", hostport))
	}
	if host == "" {
		return false, nil
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false, fmt.Errorf("--listen %s: %w", hostport, err)
	}
	for _, a := range addresses {
		if !a.Unmap().IsLoopback() {
			return false, nil
		}
	}
	return len(addresses) > 0, nil
}

// mounts are the dialects, before one door that counts for all of them.
func mounts(c *core.Core, publicURL string, log *slog.Logger) (list []httpd.Mount) {
	door := limit.NewDoor(time.Now)
	door.OnRefused(c.LimitHit)
	for _, d := range dialects {
		list = append(list, d.mount(parts{c, door, publicURL, log}))
	}
	return append(list, httpd.Mount{Name: "Pictures", Prefixes: []string{media.Prefix}, Handler: media.Handler(c, log)})
}

func (cmd *serveCmd) config(log *slog.Logger) httpd.Config {
	var proxies []netip.Prefix
	for _, n := range cmd.TrustedProxies {
		proxies = append(proxies, n.Prefix)
	}
	return httpd.Config{
		Listen: cmd.Listen, MetricsListen: cmd.Metrics, PublicURL: cmd.PublicURL, Version: version,
		TLSCert: cmd.TLSCert, TLSKey: cmd.TLSKey,
		TrustedProxies: proxies, Origins: cmd.Origins,
		AddressLimit: limit.Rate{Requests: cmd.AddressLimit, Per: time.Minute},
		Logger:       log,
	}
}

// wait writes down last uses, takes what has run out and forgets what is too old, until it is told to stop, or a listener fails.
func wait(ctx context.Context, c *core.Core, log *slog.Logger, failed <-chan error) error {
	tick := time.NewTicker(lastUseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-tick.C:
			if err := c.WriteLastUses(ctx); err != nil {
				log.Warn("last uses of keys not written", slog.Any("error", err))
			}
			forgetExpired(ctx, c, log)
			if err := c.Lapse(ctx); err != nil {
				log.Warn("ranks and bans that have run out not taken", slog.Any("error", err))
			}
			if err := c.ForgetHistory(ctx); err != nil {
				log.Warn("history that is too old not forgotten", slog.Any("error", err))
			}
		}
	}
}

// end lets the requests in flight finish, and writes what is left to write.
func end(c *core.Core, log *slog.Logger, server *httpd.Server) error {
	log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests were cut off", slog.Duration("after", shutdownTime))
		err = nil
	}
	return errors.Join(err, c.WriteLastUses(context.Background()))
}
