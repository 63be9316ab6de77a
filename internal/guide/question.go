package guide

import (
	"slices"
	"strings"
	"unicode"
)

// mostWords of a question count. A question has a dozen; the bound keeps the search cheap.
const mostWords = 40

// stopWords are in every question and tell nothing of what it is about.
var stopWords = strings.Fields(`a about all also am an and any are as at be been but by can cannot could did do does done
	doesn't don't for from get has have having how i if in into is isn't it its just let like make may me mean might must my
	need no not of on one or our out over please shall she should so some someone somebody something such tell than that the
	their them then there these they thing this those to too up us use using want was way we were what what's when where
	which while who whom whose why will with within won't work would yes you your`)

// otherWords are what people call things that the guides call otherwise.
var otherWords = map[string]string{
	"role": "rank", "roles": "rank", "group": "rank", "groups": "rank",
	"user": "account", "users": "account", "member": "account", "members": "account", "player": "account", "players": "account",
	"person": "account", "people": "account", "profile": "field", "attribute": "field", "attributes": "field",
	"tenant": "community", "site": "community", "portal": "community", "workspace": "community",
	"revert": "undo", "rollback": "undo", "audit": "history", "log": "history",
	"token": "key", "tokens": "key", "secret": "key", "apikey": "key", "credential": "key", "credentials": "key",
	"permission": "level", "permissions": "level", "rights": "level", "right": "level", "scope": "area", "scopes": "area",
	"ssl": "tls", "https": "tls", "certificate": "tls", "cert": "tls", "install": "deploy", "docker": "deploy",
	"migrate": "move", "migration": "move", "migrating": "move", "import": "move", "switch": "move", "switching": "move",
	"delete": "remove", "remove": "delete", "upgrading": "upgrade", "update": "upgrade",
	"throttle": "limit", "throttled": "limit", "429": "limit", "login": "signin",
}

// expression asks FTS5 for passages with any word of a question: each as it stands, and as the beginning of one. Only
// letters and digits of the question get into it, between quotes, so that nothing in it is read as syntax.
func expression(question string) string {
	var terms []string
	add := func(word string) {
		if term := `"` + word + `"`; !slices.Contains(terms, term) {
			terms = append(terms, term)
			if len(word) > 2 {
				terms = append(terms, term+" *")
			}
		}
	}
	for _, word := range words(question) {
		add(word)
		if other, ok := otherWords[word]; ok {
			add(other)
		}
	}
	return strings.Join(terms, " OR ")
}

// words are a question's words in lower case: those that tell something, or all where none does.
func words(question string) []string {
	all := strings.FieldsFunc(strings.ToLower(question), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
	var telling, rest []string
	for _, word := range all {
		stop := slices.Contains(stopWords, word)
		for part := range strings.SplitSeq(word, "'") { // "Muster's" is of Muster
			switch {
			case part == "" || part == "s":
			case stop:
				rest = append(rest, part)
			default:
				telling = append(telling, part)
			}
		}
	}
	if len(telling) == 0 {
		telling = rest
	}
	return telling[:min(len(telling), mostWords)]
}
