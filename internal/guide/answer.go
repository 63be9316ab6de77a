package guide

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// longestQuestion in characters. Who asks more wants a search of something else.
const longestQuestion = 500

// asked reads the question of a request, and says what is wrong with it.
func asked(r *http.Request) (question, wrong string) {
	question = strings.TrimSpace(r.URL.Query().Get("ask"))
	switch {
	case !utf8.ValidString(question):
		return "", "ask: the question is not UTF-8 text"
	case utf8.RuneCountInString(question) > longestQuestion:
		return "", fmt.Sprintf("ask: the question has more than %d characters", longestQuestion)
	case len(words(question)) == 0:
		return question, "ask: there is no word in the question; ask in plain English, as in ?ask=How+do+I+undo+a+change"
	}
	return question, ""
}

// orAnswer serves what next serves, unless a question was asked there. A page that is not there answers none: next says so.
func (g *Guide) orAnswer(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := g.known(r); !ok || !r.URL.Query().Has("ask") {
			next(w, r)
			return
		}
		question, wrong := asked(r)
		var found []passage
		if wrong == "" {
			var err error
			if found, err = g.index.find(r.Context(), question); err != nil {
				http.Error(w, "internal error", http.StatusInternalServerError)
				return
			}
		}
		answer{question, wrong, found}.write(w, r, g)
	}
}

// answer is what is told of a question: what is wrong with it, or the passages that were found.
type answer struct {
	question, wrong string
	found           []passage
}

// write tells the answer in the form that the request likes best.
func (a answer) write(w http.ResponseWriter, r *http.Request, g *Guide) {
	w.Header().Add("Vary", "Accept")
	status := http.StatusOK
	if a.wrong != "" {
		status = http.StatusBadRequest
	}
	switch form(r.Header.Values("Accept")) {
	case "text/html":
		g.render(w, status, "answer", view{Title: "Answers", Question: a.question, Wrong: a.wrong, Answers: a.rendered()})
	case "application/json":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(a.json())
	default:
		w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(a.markdown())
	}
}

// form is the first of the forms that a client accepts, or the last of them.
func form(accept []string) string {
	for entry := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		switch kind, _, _ := mime.ParseMediaType(entry); kind {
		case "text/html", "application/json", "text/markdown":
			return kind
		}
	}
	return "text/markdown"
}

func (a answer) json() []byte {
	var tell any = struct {
		Question string    `json:"question"`
		Passages []passage `json:"passages"`
	}{a.question, append([]passage{}, a.found...)}
	if a.wrong != "" {
		tell = struct {
			Error string `json:"error"`
		}{a.wrong}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(tell) // texts can be encoded
	return b.Bytes()
}

// nothingFound is said where no passage fits.
const nothingFound = "No guide has words of this question."

func (a answer) markdown() []byte {
	var b bytes.Buffer
	switch {
	case a.wrong != "":
		fmt.Fprintf(&b, "%s\n", a.wrong)
	case len(a.found) == 0:
		fmt.Fprintf(&b, "%s The guides are listed at %s.md\n", nothingFound, guidesPath)
	}
	for i, p := range a.found {
		if i > 0 {
			b.WriteString("\n---\n\n")
		}
		fmt.Fprintf(&b, "Source: [%s](%s)\n\n%s\n", p.source(), p.Link, p.Text)
	}
	return b.Bytes()
}

// source names the page and the heading that a passage stands below.
func (p passage) source() string {
	if p.Heading == p.Title {
		return p.Title
	}
	return p.Title + ": " + p.Heading
}

// rendering is a passage as a browser shows it.
type rendering struct {
	Source, Link string
	Body         template.HTML
}

func (a answer) rendered() (list []rendering) {
	for _, p := range a.found {
		var body bytes.Buffer
		_ = markdown.Convert([]byte(p.Text), &body)                                      // a buffer takes everything
		list = append(list, rendering{p.source(), p.Link, template.HTML(body.String())}) //nolint:gosec // as in readPage
	}
	return list
}
