package mail

import (
	"embed"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/muster-accounts/muster"
)

// Kind is what a message is about.
type Kind = muster.MailKind

// Details are what a message says. A kind that shows no link has none given.
type Details struct {
	Community string        // its name
	Name      string        // what to call the reader, a username; may be empty
	Link      string        // what a click does, http or https
	Life      time.Duration // how long the link works, shown in whole minutes, hours or days
	NewEmail  string        // of EmailTold
}

// needs are the details that a kind cannot do without.
var needs = map[Kind]struct{ link, optional, newEmail bool }{
	muster.MailSignUp:        {link: true},
	muster.MailSignUpKnown:   {link: true},
	muster.MailSignIn:        {link: true},
	muster.MailEmailConfirm:  {link: true},
	muster.MailEmailTold:     {optional: true, newEmail: true}, // the link says that it was not the reader
	muster.MailPasswordReset: {link: true},
	muster.MailRemoved:       {},
}

const maxShown = 200 // characters of a name

// check refuses details that a message could not show as they are meant.
func (d Details) check(kind Kind) error {
	need, known := needs[kind]
	if !known {
		return muster.Errorf(muster.Invalid, "kind", "there is no message %q", kind)
	}
	for field, name := range map[string]string{"community": d.Community, "name": d.Name} {
		if !oneLine(name) || len(name) > maxShown || field == "community" && strings.TrimSpace(name) == "" {
			return muster.Errorf(muster.Invalid, field, "must be one line of at most %d bytes", maxShown)
		}
	}
	if need.newEmail {
		if err := CheckAddress("new_email", d.NewEmail); err != nil {
			return err
		}
	}
	if !need.link && !(need.optional && d.Link != "") {
		if d.Link != "" {
			return muster.Errorf(muster.Invalid, "link", "the message %q shows no link", kind)
		}
		return nil
	}
	if d.Life < time.Minute {
		return muster.Errorf(muster.Invalid, "life", "a link works for a minute at least")
	}
	return checkURL("link", d.Link, "https", "http")
}

// shown is what the templates see.
type shown struct {
	Details
	Language, Subject string
	Amount            int    // of Life
	Unit              string // minute, hour, day
}

func (s *shown) count(life time.Duration) {
	for _, u := range []struct {
		name string
		time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if life >= 2*u.Duration || life >= u.Duration && u.name != "day" || u.name == "minute" {
			s.Amount, s.Unit = int(life/u.Duration), u.name
			return
		}
	}
}

// Compose words a message in a language, or in English where there are no
// templates for that. ID, At and To are left to the caller.
func Compose(kind Kind, language string, d Details) (Message, error) {
	if err := d.check(kind); err != nil {
		return Message{}, err
	}
	s := shown{Details: d, Language: speaks(language)}
	s.count(d.Life)
	pair := templates[s.Language][kind]
	subject, err := execute(pair.text, "subject", s)
	if err != nil {
		return Message{}, err
	}
	s.Subject = subject
	text, err := execute(pair.text, "layout.txt", s)
	if err != nil {
		return Message{}, err
	}
	html, err := execute(pair.html, "layout.html", s)
	if err != nil {
		return Message{}, err
	}
	text = manyLines.ReplaceAllString(text, "\n\n") + "\n"
	return Message{Subject: subject, Text: text, HTML: html + "\n", Language: s.Language}, nil
}

// manyLines is what parts of the layout leave that show nothing.
var manyLines = regexp.MustCompile(`\n{3,}`)

func execute(t interface {
	ExecuteTemplate(w io.Writer, name string, data any) error
}, name string, s shown) (string, error) {
	var b strings.Builder
	err := t.ExecuteTemplate(&b, name, s)
	return strings.TrimSpace(b.String()), err
}

// files hold the layout, and a folder for each language: words.tmpl that both
// forms share, and a text and an HTML template for each kind.
//
//go:embed templates
var files embed.FS

type pair struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

const english = "en"

var templates = parse()

// speaks is the language in which there are templates: the one that is asked
// for, the one that it is a variety of, or English.
func speaks(language string) string {
	language = strings.ToLower(language)
	base, _, _ := strings.Cut(language, "-")
	for _, l := range []string{language, base} {
		if _, ok := templates[l]; ok {
			return l
		}
	}
	return english
}

// parse reads the templates, and panics where one is wrong: they are part of
// the program.
func parse() map[string]map[Kind]pair {
	folders, err := fs.Glob(files, "templates/*/words.tmpl")
	if err != nil {
		panic(err)
	}
	languages := map[string]map[Kind]pair{}
	for _, words := range folders {
		folder := path.Dir(words)
		kinds := map[Kind]pair{}
		for kind := range needs {
			of := path.Join(folder, string(kind))
			kinds[kind] = pair{
				texttemplate.Must(texttemplate.ParseFS(files, "templates/layout.txt", words, of+".txt")),
				htmltemplate.Must(htmltemplate.ParseFS(files, "templates/layout.html", words, of+".html")),
			}
		}
		languages[path.Base(folder)] = kinds
	}
	return languages
}
