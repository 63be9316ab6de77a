package mail

import (
	"bytes"
	"errors"
	"maps"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
)

var muster1 = address{"Muster", "accounts", "example.org"}

func TestMessageRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil  func(*Message)
		member string
	}{
		"no id":                  {func(m *Message) { m.ID = "" }, "id"},
		"another id":             {func(m *Message) { m.ID = "x@example.org" }, "id"},
		"no time":                {func(m *Message) { m.At = m.At.AddDate(-100, 0, 0) }, "at"},
		"nobody":                 {func(m *Message) { m.To = "" }, "to"},
		"several":                {func(m *Message) { m.To = "a@example.org, b@example.org" }, "to"},
		"a header":               {func(m *Message) { m.To = "a@example.org\r\nBcc: b@example.org" }, "to"},
		"no subject":             {func(m *Message) { m.Subject = " " }, "subject"},
		"a subject with a line":  {func(m *Message) { m.Subject = "Hello\r\nBcc: b@example.org" }, "subject"},
		"a long subject":         {func(m *Message) { m.Subject = strings.Repeat("ü", 301) }, "subject"},
		"no text":                {func(m *Message) { m.Text = "\n" }, "text"},
		"no HTML":                {func(m *Message) { m.HTML = "" }, "html"},
		"text that is none":      {func(m *Message) { m.Text = "\xff" }, "text"},
		"a text that ends early": {func(m *Message) { m.Text = "--" + m.ID + "--\r\n" }, "text"},
		"no language":            {func(m *Message) { m.Language = "en\r\nBcc: b@example.org" }, "language"},
		"no way out":             {func(m *Message) { m.Unsubscribe = "https://example.org/\r\nBcc: b@example.org" }, "unsubscribe"},
		"a way out in the clear": {func(m *Message) { m.Unsubscribe = "http://example.org/" }, "unsubscribe"},
	} {
		m := message()
		tt.spoil(&m)
		_, err := m.bytes(muster1)
		if e, ok := errors.AsType[*muster.Error](err); !ok || e.Code != muster.Invalid || e.Field != tt.member || !Permanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMessageHeaders(t *testing.T) {
	t.Parallel()
	m := message()
	m.Subject = strings.Repeat("Grüße und viel mehr davon ", 10) + "Ende"
	m.Unsubscribe = "https://example.org/" + strings.Repeat("x", 800)
	content, err := m.bytes(address{`Zoë "the" <boss>, x@y`, "accounts", "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if again, err := m.bytes(address{`Zoë "the" <boss>, x@y`, "accounts", "example.org"}); err != nil || !bytes.Equal(content, again) {
			t.Fatal("rendered again, it differs", err)
		}
	}
	h, _, _ := read(t, content)
	from, err := h.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != `Zoë "the" <boss>, x@y` || from[0].Address != "accounts@example.org" {
		t.Errorf("it is from %q, %v", h.Get("From"), err)
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); err != nil || subject != m.Subject {
		t.Errorf("the subject is %q, %v", subject, err)
	}
	if h.Get("List-Unsubscribe") != "<"+m.Unsubscribe+">" || h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("the way out is %q, %q", h.Get("List-Unsubscribe"), h.Get("List-Unsubscribe-Post"))
	}
	for line := range bytes.Lines(content) {
		if len(line) > 1000 || !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Errorf("the line %.40q has %d bytes", line, len(line))
		}
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	for text, want := range map[string]string{
		"zoe@example.org": "zoe@example.org", "Zoe.O'Hara+x@EXAMPLE.org": "Zoe.O'Hara+x@example.org", "zoe@bücher.example": "zoe@xn--bcher-kva.example",
		`"a b"@example.org`: "a b@example.org", `"a@b"@example.org`: "a@b@example.org", "zoë@example.org": "zoë@example.org", long + "@example.org": long + "@example.org",
		"": "", "zoe": "", "@example.org": "", "zoe@": "", "zoe@example.org ": "", "<zoe@example.org>": "", "Zoe <zoe@example.org>": "", "zoe@example.org (Zoe)": "",
		"zoe@[127.0.0.1]": "", "zoe@exa mple.org": "", "zoe@example..org": "", "zoe@-example.org": "", "a@example.org,b@example.org": "", "g: a@example.org;": "",
		"zoe@example.org\r\nBcc: x@example.org": "", "\"a\nb\"@example.org": "", "\"a\x00\"@example.org": "", "zoe\u202e@example.org": "", "\xff@example.org": "",
		long + "x@example.org": "", "zoe@" + strings.Repeat(long[1:]+".", 4) + "org": "",
	} {
		a, err := parseAddress("to", text)
		if got := a.local + "@" + a.domain; want == "" && muster.CodeOf(err) != muster.Invalid || want != "" && (err != nil || got != want) {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	if CheckAddress("email", "zoe@example.org") != nil || CheckAddress("email", "zoe") == nil {
		t.Error("an address is judged otherwise")
	}
}

// Whatever stands in a message, it has the headers and parts that it should.
func FuzzMessage(f *testing.F) {
	f.Add("Muster", "zoe@example.org", "Hello", "text", "<p>")
	f.Add("=?utf-8?q?x?=\r\nBcc: x", `"a\"b"@bücher.example`, "=?utf-8?q?x?= \r\n x", ".\r\n.\r\n", "--\n")
	want := []string{
		"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Auto-Response-Suppress",
	}
	f.Fuzz(func(t *testing.T, name, to, subject, text, html string) {
		m := message()
		m.To, m.Subject, m.Text, m.HTML = to, subject, text, html
		from, err := parseMailbox("from", (&mail.Address{Name: name, Address: "accounts@example.org"}).String())
		if err != nil {
			return
		}
		content, err := m.bytes(from)
		if err != nil {
			if muster.CodeOf(err) != muster.Invalid {
				t.Fatal(err)
			}
			return
		}
		h, _, _ := read(t, content)
		if names := slices.Sorted(maps.Keys(h)); !slices.Equal(names, want) {
			t.Errorf("the headers are %q", names)
		}
		if list, err := h.AddressList("To"); err != nil || len(list) != 1 || len(h["To"]) != 1 {
			t.Errorf("it goes to %q, %v", h["To"], err)
		}
	})
}
