package communifire

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// query are a URL's parameters by their names in lower case: clients write
// StartPage, startPage and startpage.
type query map[string][]string

// parseQuery refuses what url.URL.Query drops in silence: an AddUser that
// cannot be read must not count as one that is not there.
func parseQuery(u *url.URL) (query, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, muster.Errorf(muster.Invalid, "", "the URL's query cannot be read") // the error quotes it, and it may hold a key
	}
	q := query{}
	for name, all := range values {
		name = strings.ToLower(name)
		q[name] = append(q[name], all...)
	}
	return q, nil
}

// one is a parameter by any of its names, blank where it is not there. Two that
// differ by more than the case of letters are refused.
func (q query) one(names ...string) (string, error) {
	var all []string
	for _, name := range names {
		all = append(all, q[strings.ToLower(name)]...)
	}
	for _, other := range all {
		if !strings.EqualFold(other, all[0]) {
			return "", muster.Errorf(muster.Invalid, names[0], "stands in the URL with different values")
		}
	}
	return strings.Join(all[:min(len(all), 1)], ""), nil
}

// number is a whole number from least to most by any of a parameter's names;
// usual stands for one that is blank or not there.
func (q query) number(usual, least, most int64, names ...string) (int64, error) {
	text, err := q.one(names...)
	if err != nil || text == "" {
		return usual, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, muster.Errorf(muster.Invalid, names[0], "must be a whole number from %d to %d", least, most)
	}
	return n, nil
}

// choice is a parameter that takes one of some words, in any case; the first
// stands for a parameter that is blank or not there.
func (q query) choice(name string, words ...string) (string, error) {
	chosen, err := q.one(name)
	if err != nil {
		return "", err
	}
	for _, word := range words {
		if strings.EqualFold(chosen, word) {
			return word, nil
		}
	}
	return "", muster.Errorf(muster.Invalid, name, "must be one of %q", words)
}

// place is where a request shows a key.
type place int

const (
	asBearer place = iota
	inHeader
	inQuery
)

// key is a key that a request shows.
type key struct {
	secret string
	place
}

// keys lists the keys that a request shows, those that count first: bearer,
// header, URL. Basic credentials are those of a proxy, not ours.
func keys(r *http.Request, q query) (list []key) {
	add := func(secret string, at place) {
		if secret != "" {
			list = append(list, key{secret, at})
		}
	}
	for _, header := range r.Header.Values("Authorization") {
		if scheme, secret, _ := strings.Cut(header, " "); strings.EqualFold(scheme, "Bearer") {
			add(strings.TrimSpace(secret), asBearer)
		}
	}
	for _, header := range r.Header.Values("Rest-Api-Key") {
		add(strings.TrimSpace(header), inHeader)
	}
	for _, name := range []string{"token", "rest-api-key"} {
		for _, secret := range q[name] {
			add(secret, inQuery)
		}
	}
	return list
}

// spaced is a key as it comes out of a URL in which its "+" was not escaped:
// keys of the vendor's are base64.
func spaced(secret string) string { return strings.ReplaceAll(secret, "+", " ") }

// caller is who a request comes from. Keys that disagree count for nobody.
func (d *Dialect) caller(r *http.Request, q query) (muster.Caller, error) {
	list := keys(r, q)
	if len(list) == 0 {
		return muster.Caller{}, muster.Errorf(muster.Unauthenticated, "", "give a key as the header Rest-API-Key, as Authorization: Bearer or as ?token=")
	}
	shown := list[0]
	for _, other := range list[1:] {
		if spaced(other.secret) != spaced(shown.secret) {
			return muster.Caller{}, muster.Errorf(muster.Unauthenticated, "", "the request shows several keys that differ")
		}
	}
	caller, err := d.authenticate(r, shown.secret)
	if shown.place == inQuery && muster.CodeOf(err) == muster.Unauthenticated && strings.Contains(shown.secret, " ") {
		caller, err = d.authenticate(r, strings.ReplaceAll(shown.secret, " ", "+"))
	}
	if err == nil {
		err = welcome(list, caller)
	}
	return caller, err
}

// welcome refuses keys that are shown where the community takes none.
func welcome(list []key, caller muster.Caller) error {
	at := func(p place) bool { return slices.ContainsFunc(list, func(k key) bool { return k.place == p }) }
	auth := switchAuth.Of(caller.Switches)
	switch {
	case auth != authBoth && (at(inHeader) || at(inQuery)):
		return muster.Errorf(muster.Unauthenticated, "", "this community takes keys as Authorization: Bearer only")
	case auth == authNoPasswords && caller.Key == "": // it was got for a password, here or by another API
		return muster.Errorf(muster.Unauthenticated, "", "this community takes keys only, and no tokens of those who sign in by password")
	case at(inQuery) && switchQueryKeys.Of(caller.Switches) == "refused":
		return muster.Errorf(muster.Unauthenticated, "", "this community takes no keys in URLs; give it as the header Rest-API-Key")
	}
	return nil
}

// authenticate takes a key or, where it looks like one, the token of somebody
// who has signed in: clients show it as they do a key.
func (d *Dialect) authenticate(r *http.Request, secret string) (muster.Caller, error) {
	cred := core.Credential{Secret: secret, Community: communityOf(r), Dialect: Name, RequestID: r.Header.Get("X-Request-Id"), Address: r.RemoteAddr, DryRun: r.Header.Get(muster.HeaderDryRun)}
	caller, err := d.core.Authenticate(r.Context(), cred)
	if muster.CodeOf(err) == muster.Unauthenticated && strings.Count(secret, ".") == 2 {
		return d.core.AuthenticateToken(r.Context(), cred)
	}
	return caller, err
}
