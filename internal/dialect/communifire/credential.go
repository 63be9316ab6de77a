package communifire

import (
	"net/http"
	"net/url"
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

// choice is a parameter that takes one of some words, in any case; the first
// stands for a parameter that is blank or not there.
func (q query) choice(name string, words ...string) (string, error) {
	chosen, set := "", false
	for _, value := range q[strings.ToLower(name)] {
		value = strings.ToLower(value)
		if set && value != chosen {
			return "", muster.Errorf(muster.Invalid, name, "stands in the URL with different values")
		}
		chosen, set = value, true
	}
	for _, word := range words {
		if chosen == word {
			return word, nil
		}
	}
	return "", muster.Errorf(muster.Invalid, name, "must be one of %q", words)
}

// key is one place in which a request showed a key.
type key struct {
	secret  string
	inQuery bool
}

// keys lists the keys that a request shows, those that count first: bearer,
// header, URL. Basic credentials are those of a proxy, not ours.
func keys(r *http.Request, q query) (list []key) {
	add := func(secret string, inQuery bool) {
		if secret != "" {
			list = append(list, key{secret, inQuery})
		}
	}
	for _, header := range r.Header.Values("Authorization") {
		if scheme, secret, _ := strings.Cut(header, " "); strings.EqualFold(scheme, "Bearer") {
			add(strings.TrimSpace(secret), false)
		}
	}
	for _, header := range r.Header.Values("Rest-Api-Key") {
		add(strings.TrimSpace(header), false)
	}
	for _, name := range []string{"token", "rest-api-key"} {
		for _, secret := range q[name] {
			add(secret, true)
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
	if shown.inQuery && muster.CodeOf(err) == muster.Unauthenticated && strings.Contains(shown.secret, " ") {
		caller, err = d.authenticate(r, strings.ReplaceAll(shown.secret, " ", "+"))
	}
	if err == nil && switchQueryKeys.Of(caller.Switches) == "refused" && list[len(list)-1].inQuery {
		err = muster.Errorf(muster.Unauthenticated, "", "this community takes no keys in URLs; give it as the header Rest-API-Key")
	}
	return caller, err
}

func (d *Dialect) authenticate(r *http.Request, secret string) (muster.Caller, error) {
	return d.core.Authenticate(r.Context(), core.Credential{Secret: secret, Dialect: Name, RequestID: r.Header.Get("X-Request-Id"), Address: r.RemoteAddr, DryRun: r.Header.Get(muster.HeaderDryRun)})
}
