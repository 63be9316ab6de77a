package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

// tlsMode is how a connection is encrypted.
type tlsMode int

const (
	startTLS tlsMode = iota // the server must offer it
	offeredTLS
	noTLS
	implicitTLS
)

var tlsModes = map[string]tlsMode{"required": startTLS, "offered": offeredTLS, "off": noTLS}

// Bounds of a sender's connections.
const (
	maxConnections = 2                // at a time
	maxUses        = 50               // messages over one connection; servers have bounds of their own
	maxIdle        = 20 * time.Second // before a connection is no longer trusted
	sendTime       = 30 * time.Second // to connect, and again to hand over a message
)

// smtpSender hands messages to an SMTP server, over connections that it keeps
// for the next ones.
type smtpSender struct {
	from           address
	host           string
	port           int
	mode           tlsMode
	user, password string
	tls            *tls.Config
	time           time.Duration

	turns chan struct{} // one for each connection in use

	mu     sync.Mutex
	idle   []*connection // the last used at the end
	closed bool
}

func newSMTP(host string, port int, mode tlsMode, user, password string) *smtpSender {
	return &smtpSender{
		host: host, port: port, mode: mode, user: user, password: password, time: sendTime,
		tls:   &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12},
		turns: make(chan struct{}, maxConnections),
	}
}

// Send hands a message over. A connection that was kept and has died in the
// meantime costs nothing but a new one.
func (s *smtpSender) Send(ctx context.Context, m Message) error {
	msg, err := m.render(s.from)
	if err != nil {
		return err
	}
	to, err := parseAddress("to", m.To)
	if err != nil {
		return err
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		c := s.take()
		fresh := c == nil
		if fresh {
			if c, err = s.connect(ctx); err != nil {
				return fmt.Errorf("connect to the mail server: %w", err)
			}
		}
		err = c.send(ctx, msg, s.from.needsUTF8() || to.needsUTF8())
		if err == nil && !c.broken {
			s.keep(c)
			return nil
		}
		c.drop()
		if fresh || ctx.Err() != nil || !errors.Is(err, errDead) {
			return err
		}
	}
}

// take gives a connection that is kept, or nil.
func (s *smtpSender) take() *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.idle) > 0 {
		last := len(s.idle) - 1
		c := s.idle[last]
		s.idle = s.idle[:last]
		if time.Since(c.since) < maxIdle {
			return c
		}
		c.drop()
	}
	return nil
}

func (s *smtpSender) keep(c *connection) {
	s.mu.Lock()
	full := s.closed || c.uses >= maxUses
	if !full {
		c.since = time.Now()
		s.idle = append(s.idle, c)
	}
	s.mu.Unlock()
	if full {
		c.quit()
	}
}

// Forget does nothing: what was sent is in other hands.
func (s *smtpSender) Forget(string) error { return nil }

// Close ends the connections that are kept; those in use end after their
// message.
func (s *smtpSender) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, c := range idle {
		c.quit()
	}
	return nil
}

// connection is one to the server, greeted, encrypted and signed in.
type connection struct {
	client *gomail.Client
	smtp   *gosmtp.Client
	raw    net.Conn
	time   time.Duration
	uses   int
	since  time.Time // it is idle
	broken bool      // it took its message and is good for no other
}

// connect makes its own connection, since go-mail leaves those open in which
// the greeting, TLS or signing in fails. A client of go-mail keeps what it
// found out about signing in, so that each connection has its own.
func (s *smtpSender) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, s.time)
	defer cancel()
	raw, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	policy := map[tlsMode]gomail.TLSPolicy{offeredTLS: gomail.TLSOpportunistic, noTLS: gomail.NoTLS}[s.mode] // otherwise mandatory
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(s.time), gomail.WithTLSConfig(s.tls), gomail.WithTLSPolicy(policy),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return raw, nil }),
	}
	if s.mode == implicitTLS {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	c := &connection{raw: raw, time: s.time}
	if c.client, err = gomail.NewClient(s.host, options...); err == nil {
		c.smtp, err = c.client.DialToSMTPClientWithContext(ctx)
	}
	if err != nil {
		c.drop()
		return nil, errors.Join(ctx.Err(), err)
	}
	return c, nil
}

func (s *smtpSender) dial(ctx context.Context) (net.Conn, error) {
	where := net.JoinHostPort(s.host, fmt.Sprint(s.port))
	if s.mode == implicitTLS {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", where)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", where)
}

func (c *connection) send(ctx context.Context, msg *gomail.Msg, utf8 bool) error {
	defer context.AfterFunc(ctx, func() { _ = c.raw.Close() })()
	if has, _ := c.smtp.Extension("SMTPUTF8"); utf8 && !has {
		return failure{errors.New("the mail server takes no address with letters beyond ASCII before the @"), true}
	}
	c.smtp.SkipSMTPUTF8(!utf8)
	c.uses++
	if err := c.smtp.UpdateDeadline(c.time); err != nil { // the last one's has passed
		return errDead
	}
	err := c.client.SendWithSMTPClient(c.smtp, msg)
	if err != nil && msg.IsDelivered() { // what failed came after the server had taken it
		c.broken = true
		return nil
	}
	if err != nil && ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return classify(err)
}

// errDead is a connection that is no more, before anything was handed over.
var errDead = errors.New("the mail server has closed the connection")

// classify tells failures for good from the others. go-mail's own judgement is
// not asked, because it takes a lost connection for a permanent one.
func classify(err error) error {
	e, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return err
	}
	switch e.Reason {
	case gomail.ErrConnCheck:
		return errDead
	case gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
	default:
		return failure{err, false}
	}
	switch code := e.ErrorCode(); code {
	case 530, 534, 535, 538: // it wants another way of signing in; an operator mends that
		return failure{err, false}
	default:
		return failure{err, code >= 500 && code < 600}
	}
}

// drop ends a connection without a word.
func (c *connection) drop() { _ = c.raw.Close() }

// quit takes leave of the server, if it is quick about it.
func (c *connection) quit() {
	if c.smtp.UpdateDeadline(min(c.time, time.Second)) == nil {
		_ = c.smtp.Quit()
	}
	c.drop()
}
