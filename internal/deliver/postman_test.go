package deliver

import (
	"bytes"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mail"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// mailServer is a real one, which keeps what it takes.
type mailServer struct {
	mu   sync.Mutex
	got  []string
	deny error // what it says to every address
}

func (s *mailServer) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return mailSession{s}, nil }

type mailSession struct{ *mailServer }

func (mailSession) Mail(string, *gosmtp.MailOptions) error { return nil }

func (s mailSession) Rcpt(string, *gosmtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deny
}

func (s mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, string(text))
	return err
}
func (mailSession) Reset()        {}
func (mailSession) Logout() error { return nil }

// serve takes mail at an address until the test ends.
func (s *mailServer) serve(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := gosmtp.NewServer(s)
	server.ErrorLog = log.New(io.Discard, "", 0)
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() { _ = server.Close(); served.Wait() })
}

// freeAddress is one where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// mailed is a world in which somebody has just been mailed.
func mailed(t *testing.T, st *store.Store, where string) (w *mustertest.Community, p *Postman, log *bytes.Buffer) {
	t.Helper()
	w = mustertest.NewCommunity(t, st, "demo")
	_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) {
		c.Settings.SignUp, c.Settings.FrontEnd = true, "https://front.example.org"
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Core.SignUp(t.Context(), core.SignUp{
		Visitor: core.Visitor{Dialect: mustertest.Dialect}, Edit: muster.Edit{Email: muster.Some("zoe@example.org")},
		Form: core.LinkForm{Path: func(l core.LinkPath) string { return "/confirm/" + l.ID }},
	})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := mail.Open(where, "muster@example.org")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close() })
	log = &bytes.Buffer{}
	return w, NewPostman(w.Core, PostmanConfig{Sender: sender, Now: w.Clock.Now, Logger: slog.New(slog.NewTextHandler(log, nil))}), log
}

func waiting(t *testing.T, w *mustertest.Community) []muster.Mail {
	t.Helper()
	list, err := w.Core.Mails(t.Context(), w.Admin, 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A mail server that is away loses nothing.
func TestMailWaits(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		address := freeAddress(t)
		w, p, log := mailed(t, st, "smtp://"+address+"?tls=off")
		for attempt := 1; attempt <= 2; attempt++ {
			if err := p.Pass(t.Context()); err != nil {
				t.Fatal(err)
			}
			list := waiting(t, w)
			if len(list) != 1 || list[0].Attempts != attempt || list[0].LastError == "" || !list[0].Next.After(w.Clock.Now()) {
				t.Fatalf("after %d attempts: %+v", attempt, list)
			}
			w.Clock.Set(list[0].Next)
		}
		server := &mailServer{}
		server.serve(t, address)
		if err := errors.Join(p.Pass(t.Context()), p.Pass(t.Context())); err != nil {
			t.Fatal(err)
		}
		if len(server.got) != 1 || !strings.Contains(server.got[0], "To: <zoe@example.org>") || !strings.Contains(server.got[0], "https://front.example.org/confirm/") {
			t.Errorf("it took %q", server.got)
		}
		if list := waiting(t, w); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		if sent, failed, givenUp := p.Counts(); sent != 1 || failed != 2 || givenUp != 0 {
			t.Errorf("%d sent, %d failed, %d given up", sent, failed, givenUp)
		}
		if strings.Contains(log.String(), "zoe@") || strings.Contains(log.String(), "/confirm/") {
			t.Errorf("the log: %s", log)
		}
	})
}

// What is refused for good is not tried again, and shows.
func TestMailIsGivenUp(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		server := &mailServer{deny: &gosmtp.SMTPError{Code: 550, Message: "no such user"}}
		address := freeAddress(t)
		server.serve(t, address)
		w, p, _ := mailed(t, st, "smtp://"+address+"?tls=off")
		if err := p.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		list := waiting(t, w)
		if len(list) != 1 || list[0].GivenUp.IsZero() || !list[0].Next.IsZero() || !strings.Contains(list[0].LastError, "no such user") {
			t.Errorf("%+v", list)
		}
	})
}
