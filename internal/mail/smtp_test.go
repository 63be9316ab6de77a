package mail

import (
	"context"
	"errors"
	"mime"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

func TestSMTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		implicit bool
		adjust   func(*relay)
		mode     tlsMode
		user     string
		tls      bool
	}{
		{"STARTTLS with a password", false, nil, startTLS, "muster", true},
		{"STARTTLS without", false, nil, startTLS, "", true},
		{"TLS with a password", true, nil, implicitTLS, "muster", true},
		{"TLS where it is offered", false, nil, offeredTLS, "", true},
		{"none where it is not", false, func(r *relay) { r.TLSConfig = nil }, offeredTLS, "", false},
		{"none though it is", false, nil, noTLS, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := startRelay(t, tt.implicit, tt.adjust)
			if err := r.sender(t, tt.mode, tt.user, "p@ss/word").Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			got := r.mails()
			if len(got) != 1 || got[0].from != "accounts@example.org" || got[0].to != "zoe@example.net" || got[0].tls != tt.tls || got[0].user != tt.user || got[0].utf8 {
				t.Fatalf("the server got %+v", got)
			}
			checkRead(t, got[0].content)
		})
	}
}

// checkRead holds what arrived against message().
func checkRead(t *testing.T, content []byte) {
	t.Helper()
	m := message()
	h, text, html := read(t, content)
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != m.Subject || text != m.Text || html != m.HTML {
		t.Errorf("it says %q, %q, %q, %v", subject, text, html, err)
	}
	for name, want := range map[string]string{
		"From": `"Muster" <accounts@example.org>`, "To": "<zoe@example.net>", "Message-Id": "<" + m.ID + "@example.org>", "Date": "Thu, 26 Nov 2026 08:30:00 +0000",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": "en", "Mime-Version": "1.0", "List-Unsubscribe": "", "User-Agent": "", "X-Mailer": "",
	} {
		if h.Get(name) != want || len(h[name]) > 1 {
			t.Errorf("%s is %q", name, h[name])
		}
	}
}

// What keeps a server from taking any message is no message's fault.
func TestSMTPCannotConnect(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T) *smtpSender{
		"no STARTTLS": func(t *testing.T) *smtpSender {
			return startRelay(t, false, func(r *relay) { r.TLSConfig = nil }).sender(t, startTLS, "", "")
		},
		"a wrong password": func(t *testing.T) *smtpSender {
			return startRelay(t, false, nil).sender(t, startTLS, "muster", "hunter2")
		},
		"an unknown certificate": func(t *testing.T) *smtpSender {
			s := startRelay(t, false, nil).sender(t, startTLS, "", "")
			s.tls = newSMTP(s.host, s.port, startTLS, "", "").tls
			return s
		},
		"TLS that is none": func(t *testing.T) *smtpSender {
			return startRelay(t, false, nil).sender(t, implicitTLS, "", "")
		},
		"nobody there": func(t *testing.T) *smtpSender {
			s, l := silent(t)
			_ = l.Close()
			return s
		},
		"a server that says nothing": func(t *testing.T) *smtpSender {
			s, _ := silent(t)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := prepare(t)
			err := s.Send(t.Context(), message())
			if err == nil || Permanent(err) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, permanent: %v", err, Permanent(err))
			}
			if len(s.turns) != 0 || len(s.idle) != 0 {
				t.Error("something is left of it")
			}
		})
	}
}

// silent is a server that takes connections and says nothing.
func silent(t *testing.T) (*smtpSender, net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := newSMTP("127.0.0.1", l.Addr().(*net.TCPAddr).Port, startTLS, "", "")
	s.from, s.time = address{"", "accounts", "example.org"}, 50*time.Millisecond
	return s, l
}

func TestSMTPRefuses(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"mail", "rcpt", "data"} {
		for code, permanent := range map[int]bool{421: false, 450: false, 451: false, 452: false, 530: false, 535: false, 550: true, 552: true, 554: true} {
			r := startRelay(t, false, nil)
			s := r.sender(t, startTLS, "", "")
			r.does(stage, answer(code))
			if err := s.Send(t.Context(), message()); err == nil || Permanent(err) != permanent || len(r.mails()) != 0 {
				t.Errorf("%d at %s: %v, permanent: %v", code, stage, err, Permanent(err))
			}
			r.does(stage, nil)
			if err := s.Send(t.Context(), message()); err != nil || len(r.mails()) != 1 {
				t.Errorf("after %d at %s: %v", code, stage, err)
			}
		}
		r := startRelay(t, false, nil)
		r.does(stage, hangUp)
		if err := r.sender(t, startTLS, "", "").Send(t.Context(), message()); err == nil || Permanent(err) {
			t.Errorf("hung up at %s: %v, permanent: %v", stage, err, Permanent(err))
		}
	}
}

// A message that the server has taken is sent, whatever happens afterwards.
func TestSMTPHangsUpAfterwards(t *testing.T) {
	t.Parallel()
	r := startRelay(t, false, nil)
	s := r.sender(t, startTLS, "", "")
	r.does("reset", func(c *gosmtp.Conn) error {
		if len(r.mails()) > 0 {
			_ = c.Conn().Close()
		}
		return nil
	})
	if err := s.Send(t.Context(), message()); err != nil || len(r.mails()) != 1 {
		t.Errorf("%v, with %d delivered", err, len(r.mails()))
	}
	if len(s.idle) != 0 {
		t.Error("the connection is kept")
	}
}

func TestSMTPReuse(t *testing.T) {
	t.Parallel()
	r := startRelay(t, false, nil)
	s := r.sender(t, startTLS, "", "")
	send := func(n, sessions int) {
		t.Helper()
		for range n {
			if err := s.Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.sessions != sessions {
			t.Errorf("%d connections were made, not %d", r.sessions, sessions)
		}
	}
	// STARTTLS begins the session anew, so that each connection has two.
	send(maxUses, 2)
	send(1, 4)
	r.mu.Lock()
	for _, c := range r.conns { // the server tires of its guests
		_ = c.Conn().Close()
	}
	r.mu.Unlock()
	send(2, 6)
	s.idle[0].since = time.Now().Add(-2 * maxIdle)
	send(1, 8)
	_ = s.idle[0].raw.Close()
	send(1, 10)
	if err := s.Close(); err != nil || len(s.idle) != 0 {
		t.Error("closed, it keeps connections", err)
	}
	send(2, 14)
}

func TestSMTPWaits(t *testing.T) {
	t.Parallel()
	r := startRelay(t, false, nil)
	s := r.sender(t, startTLS, "", "")
	held, goOn := make(chan struct{}, maxConnections+1), make(chan struct{})
	var once sync.Once
	release := func() { once.Do(func() { close(goOn) }) }
	defer release() // the server waits for its sessions
	r.does("rcpt", func(*gosmtp.Conn) error {
		held <- struct{}{}
		<-goOn
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, maxConnections)
	for range maxConnections {
		go func() { failed <- s.Send(ctx, message()) }()
		select {
		case <-held:
		case err := <-failed:
			t.Fatal(err)
		}
	}
	short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	if err := s.Send(short, message()); !errors.Is(err, context.DeadlineExceeded) || Permanent(err) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range maxConnections {
		if err := <-failed; !errors.Is(err, context.Canceled) || Permanent(err) {
			t.Errorf("withdrawn: %v", err)
		}
	}
	s.time = 50 * time.Millisecond
	if err := s.Send(t.Context(), message()); err == nil || Permanent(err) {
		t.Errorf("a slow server: %v", err)
	}
	release()
	s.time = sendTime
	if err := s.Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

func TestSMTPAddresses(t *testing.T) {
	t.Parallel()
	for _, utf8 := range []bool{false, true} {
		r := startRelay(t, false, func(r *relay) { r.EnableSMTPUTF8 = utf8 })
		s := r.sender(t, startTLS, "", "")
		for to, want := range map[string]string{
			"zoe@bücher.example": "zoe@xn--bcher-kva.example", "zoe@BÜCHER.example": "zoe@xn--bcher-kva.example", `"zoe smith"@example.org`: `zoe smith@example.org`,
			"o'hara+tag@example.org": "o'hara+tag@example.org", "zoë@example.org": "zoë@example.org",
		} {
			m := message()
			m.To = to
			before := len(r.mails())
			err := s.Send(t.Context(), m)
			if !utf8 && strings.Contains(to, "ë") {
				if !Permanent(err) || len(r.mails()) != before {
					t.Errorf("%s without SMTPUTF8: %v", to, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", to, err)
				continue
			}
			got := r.mails()[before]
			h, _, _ := read(t, got.content)
			list, err := h.AddressList("To")
			if strings.ReplaceAll(got.to, `"`, "") != want || got.utf8 != strings.Contains(to, "ë") || err != nil || len(list) != 1 || list[0].Address != want {
				t.Errorf("%s goes to %q as %q, %v", to, got.to, h.Get("To"), err)
			}
		}
	}
}
