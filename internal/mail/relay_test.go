package mail

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// relay is a mail server on a port of its own. What it is told to do at a
// stage - "mail", "rcpt", "data", "reset" - it does.
type relay struct {
	*gosmtp.Server
	host string
	port int
	cert *httptest.Server // lends its certificate

	mu       sync.Mutex
	at       map[string]func(*gosmtp.Conn) error
	got      []delivered
	sessions int
	conns    []*gosmtp.Conn
}

type delivered struct {
	from, to string
	utf8     bool
	content  []byte
	tls      bool
	user     string
}

func startRelay(t *testing.T, implicit bool, adjust func(*relay)) *relay {
	t.Helper()
	r := &relay{at: map[string]func(*gosmtp.Conn) error{}, cert: httptest.NewTLSServer(nil)}
	t.Cleanup(r.cert.Close)
	r.Server = gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sessions++
		r.conns = append(r.conns, c)
		return &session{relay: r, conn: c}, nil
	}))
	r.TLSConfig = &tls.Config{Certificates: r.cert.TLS.Certificates, MinVersion: tls.VersionTLS12}
	r.ErrorLog = log.New(io.Discard, "", 0)
	r.Domain = "mail.example.org"
	if adjust != nil {
		adjust(r)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.host, r.port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, r.TLSConfig)
	}
	var served sync.WaitGroup
	served.Go(func() { _ = r.Serve(l) })
	t.Cleanup(func() { _ = r.Close(); _ = l.Close(); served.Wait() })
	return r
}

// sender is one that trusts the relay's certificate.
func (r *relay) sender(t *testing.T, mode tlsMode, user, password string) *smtpSender {
	t.Helper()
	s := newSMTP(r.host, r.port, mode, user, password)
	s.tls.RootCAs = r.cert.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s.from = address{"Muster", "accounts", "example.org"}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (r *relay) does(stage string, what func(*gosmtp.Conn) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[stage] = what
}

func (r *relay) mails() []delivered {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

type session struct {
	relay *relay
	conn  *gosmtp.Conn
	delivered
}

func (s *session) stage(name string) error {
	s.relay.mu.Lock()
	what := s.relay.at[name]
	s.relay.mu.Unlock()
	if what == nil {
		return nil
	}
	return what(s.conn)
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "muster" || password != "p@ss/word" {
			return gosmtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, o *gosmtp.MailOptions) error {
	s.from, s.utf8 = from, o.UTF8
	return s.stage("mail")
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.to = to
	return s.stage("rcpt")
}

func (s *session) Data(r io.Reader) error {
	if err := s.stage("data"); err != nil {
		return err
	}
	var err error
	if s.content, err = io.ReadAll(r); err != nil {
		return err
	}
	_, s.tls = s.conn.TLSConnectionState()
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.got = append(s.relay.got, s.delivered)
	return nil
}

func (s *session) Reset()        { _ = s.stage("reset") }
func (s *session) Logout() error { return nil }

func answer(code int) func(*gosmtp.Conn) error {
	return func(*gosmtp.Conn) error {
		return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{code / 100, 1, 1}, Message: "as the test wants it"}
	}
}

func hangUp(c *gosmtp.Conn) error {
	_ = c.Conn().Close()
	return errors.New("hung up")
}

// read takes a message apart: its headers, and its two parts.
func read(t *testing.T, content []byte) (h mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the type is %s, %v", kind, err)
	}
	var parts, kinds []string
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil || p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatal(p.Header, err)
		}
		parts, kinds = append(parts, strings.ReplaceAll(string(body), "\r\n", "\n")), append(kinds, p.Header.Get("Content-Type"))
	}
	if !slices.Equal(kinds, []string{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"}) {
		t.Fatalf("the parts are %q", kinds)
	}
	return m.Header, parts[0], parts[1]
}

func message() Message {
	return Message{
		ID: MessageID("demo", "event 1"), At: time.Date(2026, 11, 26, 8, 30, 0, 0, time.UTC), To: "zoe@example.net",
		Subject: "Grüße", Text: "Hello Zoë,\n.\nthis is a dot.\n", HTML: "<p>Hello Zoë</p>\n", Language: "en",
	}
}
