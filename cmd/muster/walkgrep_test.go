package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"mime/quotedprintable"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// needle is a text that some may not find.
type needle struct {
	text  string
	seen  []string // the walkers that may, beside the admin
	leads bool     // it names an account that a value leads to: what tells of that account itself may name it
	once  bool     // everybody could see it when it was written
}

func (n needle) seenBy(name string) bool { return name == "admin" || slices.Contains(n.seen, name) }

var (
	escapes  = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)
	percents = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
	slashes  = strings.NewReplacer(`\"`, `"`, `\/`, `/`, `\n`, "\n", `\\`, `\`)
)

// decoded is a text in every form in which it may have been written: as it is,
// and out of JSON, URLs, HTML, mails and base64. Case does not count.
func decoded(text string) string {
	all := []string{text}
	unescaped := escapes.ReplaceAllStringFunc(text, func(s string) string {
		n, _ := strconv.ParseUint(s[2:], 16, 32)
		return string(rune(n))
	})
	all = append(all, slashes.Replace(unescaped), html.UnescapeString(unescaped))
	if strings.Contains(text, "%") {
		all = append(all, percents.ReplaceAllStringFunc(text, func(s string) string {
			b, _ := hex.DecodeString(s[1:])
			return string(b)
		}))
	}
	if quoted, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(text))); err == nil {
		all = append(all, string(quoted))
	}
	for _, run := range runs(text, 12, func(c rune) bool {
		return isHex(c) || c >= 'g' && c <= 'z' || c >= 'G' && c <= 'Z' || strings.ContainsRune("+/-_", c)
	}) {
		run = strings.NewReplacer("+", "-", "/", "_").Replace(run)
		if b, _ := base64.RawURLEncoding.DecodeString(run[:len(run)/4*4]); len(b) > 0 {
			all = append(all, slashes.Replace(string(b)))
		}
	}
	return strings.ToLower(strings.Join(all, "\n"))
}

func isHex(c rune) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// runs are the longest parts of a text, of at least so many bytes, that are of
// some characters.
func runs(text string, least int, of func(rune) bool) (list []string) {
	for run := range strings.FieldsFuncSeq(text, func(c rune) bool { return !of(c) }) {
		if len(run) >= least {
			list = append(list, run)
		}
	}
	return list
}

// digestsOf are the hashes of a text that somebody who guesses it could make.
func digestsOf(text string) []string {
	a, b, c := sha256.Sum256([]byte(text)), sha1.Sum([]byte(text)), md5.Sum([]byte(text))
	return []string{hex.EncodeToString(a[:]), hex.EncodeToString(b[:]), hex.EncodeToString(c[:])}
}

// sought are the needles, by how they are found.
type sought struct {
	list     []needle
	byDigest map[string]needle
}

func newSought(list []needle) sought {
	s := sought{list, map[string]needle{}}
	for _, n := range list {
		if n.leads {
			continue // ids and names are hashed for pictures
		}
		for _, digest := range digestsOf(n.text) {
			s.byDigest[digest] = n
		}
	}
	return s
}

// in are the needles that a text holds.
func (s sought) in(text string) (found []needle) {
	all, others := decoded(text), ""
	words := strings.Contains(all, "walrus")
	for _, n := range s.list {
		part := all
		if n.leads {
			if !strings.Contains(all, strings.ToLower(n.text)) {
				continue
			}
			if others == "" {
				others = " " + strings.ToLower(withoutBoss(text))
			}
			part = others
		}
		if (words || !strings.HasPrefix(n.text, "walrus")) && strings.Contains(part, strings.ToLower(n.text)) {
			found = append(found, n)
		}
	}
	for _, digest := range runs(all, 32, isHex) {
		if n, ok := s.byDigest[digest]; ok {
			found = append(found, n)
		}
	}
	return found
}

// withoutBoss is the JSON in a text, without the objects that tell of the boss
// alone: everybody may read of the account itself.
func withoutBoss(text string) string {
	var out bytes.Buffer
	_, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		body = text
	}
	parts := []string{body}
	if !json.Valid([]byte(body)) { // lines, or a feed
		parts = strings.Split(body, "\n")
	}
	for _, part := range parts {
		part = strings.TrimPrefix(part, "data: ")
		var v any
		if strings.HasPrefix(part, string(bossID)+",") { // of a spreadsheet
			continue
		}
		if json.Unmarshal([]byte(part), &v) != nil {
			out.WriteString(part + "\n")
			continue
		}
		left, err := json.Marshal(withoutOwn(v))
		if err != nil {
			panic(err)
		}
		out.Write(append(left, '\n'))
	}
	return out.String()
}

// namesAbout are the members by which answers say whom an object is about.
var namesAbout = []string{"id", "accId", "accountId", "account", "username", "UserName", "Username", "accName", "name"}

// withoutOwn is a JSON value without the boss's own objects.
func withoutOwn(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range namesAbout {
			if v[name] == bossName || v[name] == string(bossID) {
				return nil
			}
		}
		for name, part := range v {
			v[name] = withoutOwn(part)
		}
	case []any:
		for i, part := range v {
			v[i] = withoutOwn(part)
		}
	case string:
		if uri, ok := strings.CutPrefix(v, "data:application/json;base64,"); ok {
			if b, err := base64.StdEncoding.DecodeString(uri); err == nil {
				return withoutBoss(string(b))
			}
		}
	}
	return v
}

// asItHappened are those who were told of things when they happened, by the
// rights of then.
var asItHappened = []string{"the live feed", "a webhook"}

// look seeks needles in what a walker got, and fails the test where there is
// one that is hidden from them. It reports whether there was any.
func (w *walk) look(as, what, text string) bool {
	w.t.Helper()
	found := w.sought.in(text)
	for _, n := range found {
		if n.once && slices.Contains(asItHappened, what) || n.leads && as == "the operator" { // whom paths name
			continue
		}
		if w.found[as] == nil {
			w.found[as] = map[string]bool{}
		}
		w.found[as][n.text] = true
		if !n.seenBy(as) {
			w.t.Errorf("%s finds %q in the answer of %s:\n%.3000s", as, n.text, what, around(text, n.text))
		}
	}
	return len(found) > 0
}

// around is the part of a text about a word in it.
func around(text, word string) string {
	at := strings.Index(text, word)
	if at < 0 {
		return text
	}
	return text[max(0, at-700):min(len(text), at+300)]
}
