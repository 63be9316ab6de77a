package rest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// maxBody is how large a body may be, but that of many changes.
const maxBody = 1 << 20

// The types of bodies.
const (
	typeJSON   = "application/json"
	typePatch  = "application/merge-patch+json"
	typeNDJSON = "application/x-ndjson"
)

func unknownParameter(takes []string) string {
	if len(takes) == 0 {
		return "this route takes no parameters"
	}
	return "this route takes no such parameter; it takes " + strings.ReplaceAll(strings.Join(takes, ", "), "values.,", "values.KEY,")
}

// parseQuery reads the URL's query. A parameter that the route does not take,
// or that stands twice, is refused: a filter that is misspelt must not pass for
// one that is not there.
func parseQuery(u *url.URL, takes []string) (url.Values, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, muster.Errorf(muster.Invalid, "", "the URL's query cannot be read")
	}
	for name, all := range values {
		known := slices.ContainsFunc(takes, func(t string) bool {
			return name == t || strings.HasSuffix(t, ".") && strings.HasPrefix(name, t) && name != t
		})
		if !known {
			return nil, wrongQuery(name, "%s", unknownParameter(takes))
		}
		if len(all) > 1 {
			return nil, wrongQuery(name, "stands twice")
		}
		if strings.Trim(all[0], ",") == "" && !meansNone(name) {
			return nil, wrongQuery(name, "must not be empty; leave it out to ask for all")
		}
	}
	return values, nil
}

// meansNone reports whether an empty parameter asks for what has none: other
// filters would find everything where somebody had nothing to fill in. An empty
// cursor is the beginning.
func meansNone(name string) bool {
	return strings.HasPrefix(name, "values.") || slices.Contains([]string{"name", "bio", "language", "cursor"}, name)
}

// flag is a parameter that says yes or no; absent where it is not there.
func (in request) flag(name string) (out muster.Opt[bool], err error) {
	if !in.query.Has(name) {
		return out, nil
	}
	b, err := strconv.ParseBool(in.query.Get(name))
	if err != nil {
		return out, wrongQuery(name, "must be true or false")
	}
	return muster.Some(b), nil
}

// number is a parameter that is a whole number from least to most.
func (in request) number(name string, least, most, otherwise int64) (int64, error) {
	if !in.query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(in.query.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		return 0, wrongQuery(name, "must be a whole number from %d to %d", least, most)
	}
	return n, nil
}

// time is a parameter that is a moment, zero where it is not there.
func (in request) time(name string) (at time.Time, err error) {
	if !in.query.Has(name) {
		return at, nil
	}
	if at, err = time.Parse(time.RFC3339Nano, in.query.Get(name)); err != nil {
		return at, wrongQuery(name, "must be a time such as 2026-11-02T12:00:00Z")
	}
	return at, nil
}

// words is a parameter that lists words by comma.
func (in request) words(name string) (list []string) {
	for word := range strings.SplitSeq(in.query.Get(name), ",") {
		if word != "" {
			list = append(list, word)
		}
	}
	return list
}

// mediaType refuses a body that is of none of the types that a route reads,
// and gives back the one that it is of.
func (in request) mediaType(types ...string) (string, error) {
	got, _, err := mime.ParseMediaType(in.Header.Get("Content-Type"))
	if err == nil && slices.Contains(types, got) && len(in.Header.Values("Content-Type")) == 1 {
		return got, nil
	}
	p := problem{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", detail: "the body must be of the type " + strings.Join(types, " or ")}
	if got != "" && err == nil {
		p.detail += ", and not of " + got
	}
	p.at = []fault{{Header: "Content-Type", Detail: p.detail}}
	if types[0] == typePatch {
		p.header = [2]string{"Accept-Patch", typePatch}
	}
	return "", p
}

// bytes reads a body of at most limit bytes.
func (in request) bytes(limit int64) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(in.w, in.Body, limit))
	return b, unreadable(err, limit)
}

func unreadable(err error, limit int64) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return muster.Errorf(muster.TooLarge, "", "the body is larger than %d bytes", min(limit, tooLarge.Limit))
	}
	if err != nil {
		return muster.Errorf(muster.Invalid, "", "the body could not be read to its end")
	}
	return nil
}

// object reads a body that is a JSON object of one of some types.
func (in request) object(types ...string) (object, error) {
	if _, err := in.mediaType(types...); err != nil {
		return object{}, err
	}
	b, err := in.bytes(maxBody)
	if err != nil {
		return object{}, err
	}
	v, err := muster.ParseJSON(b)
	if err != nil {
		return object{}, err
	}
	return objectOf(v)
}

// optional is object where a body may also be missing.
func (in request) optional() (object, error) {
	if in.Body == nil || in.Body == http.NoBody || in.ContentLength == 0 {
		return objectOf(map[string]any{})
	}
	return in.object(typeJSON)
}

// nothing refuses a body that says something, where nothing can be said.
func (in request) nothing() error {
	body, err := in.optional()
	return either(err, body.rest())
}
