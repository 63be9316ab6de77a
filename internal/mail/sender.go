package mail

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// Sender hands messages on, from one address. Its methods may be called from
// any goroutine.
type Sender interface {
	// Send returns when the message is in other hands. Where that is not
	// certain it is a failure: the caller sends again, under the same id.
	Send(ctx context.Context, m Message) error
	// Forget removes a message that was sent, by its id, as far as it is still
	// in our hands.
	Forget(id string) error
	Close() error
}

// Open makes a Sender of what an operator has configured:
//
//	smtp://user:password@mail.example.org:587   with STARTTLS, which the server must offer
//	smtp://localhost:25?tls=off                 without; tls=offered takes it where there is one
//	smtps://user:password@mail.example.org      TLS from the start, port 465
//	file:DIR                                    .eml files in a folder
//
// A user's and a password's special letters are %-escaped. from is an address,
// and may have a name: Muster <accounts@example.org>. Errors name no password.
func Open(where, from string) (Sender, error) {
	sender, err := parseMailbox("mail_from", from)
	if err != nil {
		return nil, err
	}
	if dir, ok := strings.CutPrefix(where, "file:"); ok {
		return openFolder(strings.TrimPrefix(dir, "//"), sender)
	}
	s, err := parseSMTP(where)
	if err != nil {
		return nil, err
	}
	s.from = sender
	return s, nil
}

// errWhere does not quote what it refuses: that holds a password.
func errWhere(says string) error { return muster.Errorf(muster.Invalid, "mail", "%s", says) }

var schemePorts = map[string]int{"smtp": 587, "smtps": 465}

func parseSMTP(where string) (*smtpSender, error) {
	u, err := url.Parse(where)
	if err != nil || schemePorts[u.Scheme] == 0 || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, errWhere("must be smtp://HOST, smtps://HOST or file:DIR; letters of a password such as / and @ are written %2F and %40")
	}
	port, mode := schemePorts[u.Scheme], startTLS
	if u.Scheme == "smtps" {
		mode = implicitTLS
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return nil, errWhere("has a port that is none")
		}
	}
	if u.RawQuery != "" {
		chosen, known := tlsModes[strings.TrimPrefix(u.RawQuery, "tls=")]
		if !strings.HasPrefix(u.RawQuery, "tls=") || !known || mode == implicitTLS {
			return nil, errWhere("takes ?tls=required, offered or off with smtp://, and no other option")
		}
		mode = chosen
	}
	password, _ := u.User.Password()
	if u.User.Username() != "" && mode != startTLS && mode != implicitTLS && !loopback(u.Hostname()) {
		return nil, errWhere("would send the password in the clear: leave tls=required, or the user out")
	}
	return newSMTP(u.Hostname(), port, mode, u.User.Username(), password), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// failure is a message that was not handed on.
type failure struct {
	error
	permanent bool
}

func (f failure) Unwrap() error { return f.error }

// Permanent tells that a message will never be handed on, however often it is
// tried: it is wrong itself, or the server refuses it for good (5xx). Whatever
// else goes wrong - no connection, a busy server, a password that an operator
// has to mend - may have gone by the next time.
func Permanent(err error) bool {
	f, ok := errors.AsType[failure](err)
	return ok && f.permanent || muster.CodeOf(err) == muster.Invalid
}
