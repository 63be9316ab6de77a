package mail

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
)

func details(kind Kind) Details {
	d := Details{Community: `Tom & Zoë's <b>`, Name: "http://evil.example <i>", Life: 24 * time.Hour}
	if need := needs[kind]; need.link || need.optional {
		d.Link = "https://accounts.example.org/c?a=1&b=%22x%22#end"
	}
	if needs[kind].newEmail {
		d.NewEmail = "zoë+new@example.net"
	}
	return d
}

// All that the templates may have in common, for each kind in each language.
func TestCompose(t *testing.T) {
	t.Parallel()
	subjects := map[string]Kind{}
	for language := range templates {
		for kind := range needs {
			d := details(kind)
			m, err := Compose(kind, language, d)
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				continue
			}
			m.ID, m.At, m.To = MessageID("demo", "1"), time.Unix(1, 0), "zoe@example.org"
			content, err := m.bytes(address{"", "accounts", "example.org"})
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				continue
			}
			_, text, html := read(t, content)
			if text != m.Text || html != m.HTML || m.Language != language {
				t.Errorf("%s does not come back as it was made", kind)
			}
			if was, ok := subjects[m.Subject]; ok || !strings.Contains(m.Subject, d.Community) {
				t.Errorf("%s has the subject %q, %s too", kind, m.Subject, was)
			}
			subjects[m.Subject] = kind
			checkParts(t, kind, d, text, html)
		}
	}
}

func checkParts(t *testing.T, kind Kind, d Details, text, html string) {
	t.Helper()
	if strings.Contains(text+html, "no value") || strings.Contains(text+html, "{{") || strings.Contains(html, "ZgotmplZ") || strings.Contains(text, "\n\n\n") || !strings.Contains(text, "\n-- \n") {
		t.Errorf("%s is filled in badly:\n%s\n%s", kind, text, html)
	}
	if regexp.MustCompile(`(?i)<(img|script|link|iframe|b>|i>)|src=|url\(|@import`).MatchString(html) {
		t.Errorf("%s loads what it should not, or lets a name write HTML:\n%s", kind, html)
	}
	if !strings.Contains(text, d.Community) || !strings.Contains(html, "Tom &amp; Zoë&#39;s &lt;b&gt;") {
		t.Errorf("%s does not name the community:\n%s\n%s", kind, text, html)
	}
	if has := strings.Contains(text, "\n"+d.Link+"\n"); d.Link != "" && !has {
		t.Errorf("%s has no link:\n%s", kind, text)
	}
	if n := strings.Count(html, `href="https://accounts.example.org/c?a=1&amp;b=%22x%22#end"`); n != strings.Count(html, "href=") || d.Link != "" && n != 2 {
		t.Errorf("%s has other links:\n%s", kind, html)
	}
	if d.Link != "" && (!strings.Contains(text, "24 hours") || !strings.Contains(html, "24 hours")) {
		t.Errorf("%s does not say how long:\n%s", kind, text)
	}
	unproven := kind == muster.MailSignUp || kind == muster.MailSignUpKnown || kind == muster.MailEmailConfirm
	if strings.Contains(text, d.Name) == unproven || strings.Contains(html, "evil.example") == unproven {
		t.Errorf("%s, to an address that is unproven: %v, shows the name or not:\n%s", kind, unproven, text)
	}
	if d.NewEmail != "" && (!strings.Contains(text, d.NewEmail) || !strings.Contains(html, "zoë&#43;new@example.net")) {
		t.Errorf("%s does not name the new address:\n%s\n%s", kind, text, html)
	}
}

func TestComposeWithout(t *testing.T) {
	t.Parallel()
	d := details(muster.MailSignIn)
	d.Name = ""
	m, err := Compose(muster.MailSignIn, "de-AT", d)
	if err != nil || !strings.HasPrefix(m.Text, "Hello,\n") || m.Language != "en" {
		t.Errorf("without a name: %v\n%s", err, m.Text)
	}
	d = details(muster.MailEmailTold)
	d.Link, d.Life = "", 0
	m, err = Compose(muster.MailEmailTold, "EN-gb", d)
	if err != nil || strings.Contains(m.Text+m.HTML, "link") || strings.Contains(m.HTML, "<a ") || m.Language != "en" {
		t.Errorf("without a link: %v\n%s", err, m.Text)
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]string{
		time.Minute: "1 minute", 90 * time.Second: "1 minute", 15 * time.Minute: "15 minutes", 59 * time.Minute: "59 minutes", time.Hour: "1 hour",
		24 * time.Hour: "24 hours", 36 * time.Hour: "36 hours", 48 * time.Hour: "2 days", 7 * 24 * time.Hour: "7 days",
	} {
		d := details(muster.MailSignIn)
		d.Life = life
		m, err := Compose(muster.MailSignIn, "en", d)
		if err != nil || !strings.Contains(m.Text, "for "+want+".") {
			t.Errorf("%s: %v\n%s", life, err, m.Text)
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind   Kind
		spoil  func(*Details)
		member string
	}{
		"an unknown kind":         {"newsletter", func(*Details) {}, "kind"},
		"no community":            {muster.MailSignUp, func(d *Details) { d.Community = " " }, "community"},
		"a community of lines":    {muster.MailSignUp, func(d *Details) { d.Community = "Demo\r\nBcc: x@example.org" }, "community"},
		"a name that turns":       {muster.MailSignIn, func(d *Details) { d.Name = "zoe\u202egro" }, "name"},
		"a long name":             {muster.MailSignIn, func(d *Details) { d.Name = strings.Repeat("x", 201) }, "name"},
		"no link":                 {muster.MailSignIn, func(d *Details) { d.Link = "" }, "link"},
		"a link to a script":      {muster.MailSignIn, func(d *Details) { d.Link = "javascript://example.org/%0aalert(1)" }, "link"},
		"a link to nowhere":       {muster.MailSignIn, func(d *Details) { d.Link = "/confirm" }, "link"},
		"a link with a space":     {muster.MailSignIn, func(d *Details) { d.Link = "https://example.org/a b" }, "link"},
		"a link with a line":      {muster.MailSignIn, func(d *Details) { d.Link = "https://example.org/\n" }, "link"},
		"a link with a password":  {muster.MailSignIn, func(d *Details) { d.Link = "https://example.org@evil.example/" }, "link"},
		"a link that ends early":  {muster.MailSignIn, func(d *Details) { d.Link = "https://example.org/>" }, "link"},
		"a link for nothing":      {muster.MailRemoved, func(d *Details) { d.Link = "https://example.org/" }, "link"},
		"a link that does not":    {muster.MailSignIn, func(d *Details) { d.Life = time.Second }, "life"},
		"no new address":          {muster.MailEmailTold, func(d *Details) { d.NewEmail = "" }, "new_email"},
		"a new address with more": {muster.MailEmailTold, func(d *Details) { d.NewEmail = "a@example.org, b@example.org" }, "new_email"},
	} {
		d := details(tt.kind)
		tt.spoil(&d)
		_, err := Compose(tt.kind, "en", d)
		if e, ok := err.(*muster.Error); !ok || e.Code != muster.Invalid || e.Field != tt.member || !Permanent(err) { //nolint:errorlint // it is itself
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMessageID(t *testing.T) {
	t.Parallel()
	// What was sent before an upgrade must be recognised after it.
	if id := MessageID("demo", "42"); id != MessageID("demo", "42") || id != "e8e0f6f59709d34f6b048001021383fa" {
		t.Errorf("the id is %q", id)
	}
	seen := map[string]string{}
	for _, x := range [][2]string{{"demo", "42"}, {"demo", "43"}, {"other", "42"}, {"demo 42", ""}, {`demo" "42`, ""}, {"", "demo 42"}} {
		id := MessageID(muster.CommunityID(x[0]), x[1])
		if was, ok := seen[id]; ok {
			t.Errorf("%q has the id of %s", x, was)
		}
		seen[id] = fmt.Sprint(x)
	}
}
