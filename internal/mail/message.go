package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/muster-accounts/muster"
)

// Message is one e-mail to one address, in plain text and in HTML.
type Message struct {
	ID          string    // of MessageID: the same each time it is sent
	At          time.Time // when it was written
	To          string    // an address without a name
	Subject     string
	Text, HTML  string
	Language    string // BCP 47: "en"
	Unsubscribe string // an https URL that takes a POST; for what is not about the reader's own doing
}

// MessageID names the message about an event of a community. It is what a
// message's Message-ID begins with, before the sender's domain.
func MessageID(community muster.CommunityID, event string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", community, event))
	return hex.EncodeToString(sum[:16])
}

// Most that a header may hold: lines of e-mail end at 998 (RFC 5322), and a
// URL cannot be folded.
const (
	maxSubject = 300 // characters
	maxURL     = 900 // bytes
)

// render checks a message and makes its e-mail. The same message is rendered
// to the same bytes. A message that is refused is wrong for good.
func (m Message) render(from address) (*gomail.Msg, error) {
	to, err := parseAddress("to", m.To)
	if err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(m.ID))
	msg.FromMailAddress(from.header())
	msg.ToMailAddress(to.header())
	msg.SetMessageIDWithValue(m.ID + "@" + from.domain)
	msg.SetDateWithValue(m.At.UTC())
	msg.Subject(m.Subject)
	// RFC 3834, and Exchange's own: no machine is to answer this.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	if m.Language != "" {
		msg.SetGenHeader(gomail.HeaderContentLang, m.Language)
	}
	if m.Unsubscribe != "" {
		// RFC 8058. Of headers that go-mail is not to fold there is one only: it puts several in any order.
		msg.SetListUnsubscribe(m.Unsubscribe)
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

func (m Message) check() error {
	if m.ID == "" || strings.Trim(m.ID, "0123456789abcdef") != "" || len(m.ID) > 64 {
		return muster.Errorf(muster.Invalid, "id", "is not of MessageID")
	}
	if m.At.Year() < 1970 || m.At.Year() > 9999 {
		return muster.Errorf(muster.Invalid, "at", "must lie between the years 1970 and 9999")
	}
	if strings.TrimSpace(m.Subject) == "" || utf8.RuneCountInString(m.Subject) > maxSubject || !oneLine(m.Subject) {
		return muster.Errorf(muster.Invalid, "subject", "must be one line of at most %d characters", maxSubject)
	}
	for name, body := range map[string]string{"text": m.Text, "html": m.HTML} {
		if strings.TrimSpace(body) == "" || !utf8.ValidString(body) || strings.ContainsRune(body, 0) {
			return muster.Errorf(muster.Invalid, name, "must be text")
		}
		if strings.Contains(body, m.ID) {
			return muster.Errorf(muster.Invalid, name, "must not contain the message's id, which parts it from the rest")
		}
	}
	if strings.Trim(m.Language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" || len(m.Language) > 35 {
		return muster.Errorf(muster.Invalid, "language", "is not a language")
	}
	if m.Unsubscribe != "" {
		return checkURL("unsubscribe", m.Unsubscribe, "https")
	}
	return nil
}

// oneLine tells that text can stand in a header or a sentence. Characters that
// turn the direction of writing are no part of one: they would show a name or
// an address as another.
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) || r == '\u2028' || r == '\u2029'
	})
}

// checkURL accepts an absolute URL that mail programs will take for one link
// where it stands in plain text, and that fits into a header.
func checkURL(field, text string, schemes ...string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || len(text) > maxURL || strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`<>"`, r)
	}) {
		return muster.Errorf(muster.Invalid, field, "is not an absolute URL of at most %d characters", maxURL)
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return nil
		}
	}
	return muster.Errorf(muster.Invalid, field, "does not begin with %s://", strings.Join(schemes, ":// or "))
}

// bytes are the whole message as it is kept in a file.
func (m Message) bytes(from address) ([]byte, error) {
	msg, err := m.render(from)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = msg.WriteTo(&b)
	return b.Bytes(), err
}
