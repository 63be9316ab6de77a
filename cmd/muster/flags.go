package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// words is a flag that lists texts: separated by commas, or a JSON array
// where one of them holds a comma. As a pointer it tells "none" (--flag=)
// from "not given".
type words []string

// UnmarshalText reads the flag.
func (w *words) UnmarshalText(b []byte) error {
	*w = words{}
	text := strings.TrimSpace(string(b))
	if strings.HasPrefix(text, "[") {
		return json.Unmarshal([]byte(text), (*[]string)(w))
	}
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			*w = append(*w, word)
		}
	}
	return nil
}

// network is a flag that names a network (10.0.0.0/8) or one address.
type network struct{ netip.Prefix }

// UnmarshalText reads the flag.
func (n *network) UnmarshalText(b []byte) (err error) {
	text := strings.TrimSpace(string(b))
	if addr, e := netip.ParseAddr(text); e == nil {
		addr = addr.Unmap() // as the peers' addresses are compared
		n.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	if n.Prefix, err = netip.ParsePrefix(text); err != nil {
		return fmt.Errorf("%q is neither an address (127.0.0.1) nor a network (10.0.0.0/8)", text)
	}
	return nil
}

// when is a flag that names a moment: a date (its beginning in UTC), an RFC
// 3339 time, or how long it is away, such as 36h or 90d.
type when struct {
	at   time.Time
	from time.Duration
}

// UnmarshalText reads the flag.
func (w *when) UnmarshalText(b []byte) (err error) {
	text := string(b)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n > 0 && n <= 36500 {
			w.from = time.Duration(n) * 24 * time.Hour
			return nil
		}
	}
	if w.from, err = time.ParseDuration(text); err == nil && w.from > 0 {
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if w.at, err = time.Parse(layout, text); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%q is no time; write a date (2027-01-31), a time (2027-01-31T12:00:00Z) or how long (36h, 90d)", text)
}

// after is the moment, as seen from now.
func (w when) after(now time.Time) time.Time {
	if w.from > 0 {
		return now.Add(w.from)
	}
	return w.at
}

// before is the moment, where how long is how long ago.
func (w when) before(now time.Time) time.Time {
	if w.from > 0 {
		return now.Add(-w.from)
	}
	return w.at
}

// put sets what a flag gave, and leaves alone what it did not.
func put[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

// opt is what a flag gave.
func opt[T any](given *T) muster.Opt[T] {
	if given == nil {
		return muster.Opt[T]{}
	}
	return muster.Some(*given)
}

// pair splits NAME=VALUE.
func pair(flag, text string) (name, value string, err error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return "", "", misuse(fmt.Sprintf("--%s %q is not of the form NAME=VALUE", flag, text))
	}
	return name, value, nil
}

// parseValue reads what was typed for a field. Lists, numbers and booleans are
// written as JSON; everything else is text as it stands, so that a call sign
// may be 42. Nothing clears. What does not fit is left for the core to refuse,
// in its words.
func parseValue(f muster.Field, text string) (muster.Value, error) {
	if text == "" {
		return nil, nil // no value clears
	}
	switch f.Type {
	case muster.TypeTextList, muster.TypeMultiChoice, muster.TypeNumber, muster.TypeBoolean:
		if v, err := muster.ParseJSON([]byte(text)); err == nil {
			return muster.ValueOf(v)
		}
	}
	return muster.Text(text), nil
}

// parseRef reads how a person points at an account. It is tried as id, number,
// username, e-mail address and provider:value, in this order; the first hit
// counts.
func parseRef(text string) muster.Ref {
	ref := muster.Ref{
		{By: muster.ByID, Value: text},
		{By: muster.ByNumber, Value: text},
		{By: muster.ByUsername, Value: text},
		{By: muster.ByEmail, Value: text},
	}
	if provider, value, ok := strings.Cut(text, ":"); ok {
		ref = append(ref, muster.RefIdentity(provider, value)...)
	}
	return ref
}

// named makes a failed reference name what was typed.
func named(ref string, err error) error {
	if e, ok := errors.AsType[*muster.Error](err); ok && e.Code == muster.NotFound && e.Field == "ref" {
		return fmt.Errorf("no account answers to %q as UUID, number, username, e-mail address or provider:value", ref)
	}
	return err
}
