package mail

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"github.com/muster-accounts/muster"
)

// address is an e-mail address as it is put on the wire: its domain is ASCII.
type address struct{ name, local, domain string }

// CheckAddress refuses what no mail can be sent to.
func CheckAddress(field, text string) error {
	_, err := parseAddress(field, text)
	return err
}

// parseAddress reads an address without a name: zoe@example.org, a quoted
// local part, a domain in any letters. Comments, groups, lists, addresses in
// angle brackets and bare IP addresses are refused.
func parseAddress(field, text string) (address, error) {
	a, err := parseMailbox(field, text)
	_, domain := cutLast(text)
	if err == nil && (a.name != "" || strings.TrimSpace(text) != text || strings.ContainsAny(domain, "<>();:, ")) {
		return address{}, refused(field)
	}
	return a, err
}

// parseMailbox reads an address that may have a name: Muster <m@example.org>.
func parseMailbox(field, text string) (address, error) {
	if !oneLine(text) || len(text) > 320 {
		return address{}, refused(field)
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return address{}, refused(field)
	}
	local, domain := cutLast(parsed.Address)
	domain, err = idna.Lookup.ToASCII(domain)
	// RFC 5321 has at most 64 octets before the sign, 254 in all.
	if err != nil || domain == "" || local == "" || len(local) > 64 || len(local)+1+len(domain) > 254 || !oneLine(local) {
		return address{}, refused(field)
	}
	return address{parsed.Name, local, domain}, nil
}

// cutLast cuts at the last @, since a quoted local part may have more.
func cutLast(text string) (local, domain string) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text, ""
	}
	return text[:at], text[at+1:]
}

func refused(field string) error {
	return muster.Errorf(muster.Invalid, field, "is not an e-mail address that mail can be sent to")
}

func (a address) header() *mail.Address {
	return &mail.Address{Name: a.name, Address: a.local + "@" + a.domain}
}

// needsUTF8 tells that only a server with SMTPUTF8 (RFC 6531) takes it.
func (a address) needsUTF8() bool {
	return strings.ContainsFunc(a.local, func(r rune) bool { return r > '~' })
}
