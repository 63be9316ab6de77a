package deliver

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// special are the networks in which nobody's game server stands for all the
// world to reach, beside those that net/netip knows and what lies outside of
// assigned (see Refuse).
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32", // where Azure tells its machines their secrets
	"2001::/23", "2001:db8::/32", "3fff::/20",
	"2002::/16", // 6to4: an IPv4 address in disguise
)

// assigned is all of IPv6 from which addresses are given out. Those that hold
// an IPv4 address in disguise lie outside, but for 6to4.
var assigned = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) (parsed []netip.Prefix) {
	for _, s := range list {
		parsed = append(parsed, netip.MustParsePrefix(s))
	}
	return parsed
}

// errPrivate is why an address was not called.
var errPrivate = errors.New("private or special addresses are called only where --allow-private-targets names them")

// errClear is why an address was not called by http.
var errClear = errors.New("http is for private networks that --allow-private-targets names; give an address with https")

// Allowed are the private and special networks that may be called all the
// same.
type Allowed []netip.Prefix

// Refuse is why an address may not be called; nil where it may. Addresses of
// the machine itself, of its own network and of what a hoster keeps beside it
// (169.254.169.254) are not called by what a client has set, unless the
// operator said so.
func (allowed Allowed) Refuse(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	if slices.ContainsFunc(allowed, within) {
		return nil
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !assigned.Contains(a) || slices.ContainsFunc(special, within) {
		return fmt.Errorf("%s: %w", a, errPrivate)
	}
	return nil
}

// RefuseFor is why a webhook of a scheme would not be called at an address; nil
// where it would. It is what control and clear say when it is dialled.
func (allowed Allowed) RefuseFor(scheme string, a netip.Addr) error {
	if scheme == "http" {
		return allowed.refuseClear(a)
	}
	return allowed.Refuse(a)
}

// control is asked by the dialler for every address that a name has come to,
// when it is about to be called: what the name means at any other time does
// not count.
func (allowed Allowed) control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return allowed.Refuse(a.Addr())
}

// clear is control for what is told to strangers' addresses in the clear: to
// none but those that the operator named.
func (allowed Allowed) clear(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return allowed.refuseClear(a.Addr())
}

func (allowed Allowed) refuseClear(a netip.Addr) error {
	named := func(p netip.Prefix) bool { return p.Contains(a.Unmap().WithZone("")) }
	if !slices.ContainsFunc(allowed, named) {
		return fmt.Errorf("%s: %w", a, errClear)
	}
	return nil
}
