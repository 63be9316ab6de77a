package seal

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/muster-accounts/muster"
)

// One-time codes are what every authenticator app makes where it is told
// nothing else: TOTP (RFC 6238) with SHA-1, six digits, 30 seconds.
const (
	totpStep      = 30 // seconds
	totpSecret    = 20 // bytes of a new secret, as RFC 4226 wants
	minTOTPSecret = 10 // bytes; otplib, from which accounts may come, makes 10
	maxTOTPSecret = 64 // bytes, SHA-1's block
)

// TOTP is what an authenticator app is set up with.
type TOTP struct {
	Secret string // in base32, without padding
	URL    string // otpauth://totp/...
}

// NewTOTP makes a secret. The app shows the issuer and the account's name.
// The URL is put together here, since pquerna/otp leaves an ampersand in the
// issuer as it is.
func NewTOTP(issuer, account string) TOTP {
	raw := make([]byte, totpSecret)
	_, _ = rand.Read(raw) // it never fails
	secret := unpadded.EncodeToString(raw)
	colon := strings.NewReplacer(":", " ") // it parts the two
	issuer, account = colon.Replace(issuer), colon.Replace(account)
	return TOTP{secret, "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(account) +
		"?secret=" + secret + "&issuer=" + strings.ReplaceAll(url.QueryEscape(issuer), "+", "%20") + "&algorithm=SHA1&digits=6&period=30"}
}

var unpadded = base32.StdEncoding.WithPadding(base32.NoPadding)

// CheckTOTP tells whether a code is the secret's at a time, or one step before
// or after: clocks differ, and people type slowly. step is the one that the
// code is of. The caller keeps it and refuses a step that is not after the
// last, or else a code could be used again by whoever saw it typed.
func CheckTOTP(secret, code string, at time.Time) (step int64, ok bool, err error) {
	secret, err = parseTOTPSecret(secret)
	if err != nil {
		return 0, false, err
	}
	code = joined(code)
	if len(code) != otp.DigitsSix.Length() || at.Unix() < 0 {
		return 0, false, nil
	}
	now := at.Unix() / totpStep
	for _, step := range []int64{now, now - 1, now + 1} {
		if step < 0 {
			continue
		}
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if ok || err != nil {
			return step, ok, err
		}
	}
	return 0, false, nil
}

// parseTOTPSecret accepts base32 in any case, padded or not: secrets come back
// from clients, and along from other programs.
func parseTOTPSecret(secret string) (string, error) {
	bare := strings.TrimRight(strings.ToUpper(secret), "=")
	raw, err := unpadded.DecodeString(bare)
	if err != nil || strings.ContainsAny(bare, "\r\n") || len(raw) < minTOTPSecret || len(raw) > maxTOTPSecret {
		return "", muster.Errorf(muster.Invalid, "secret", "is not base32 of %d to %d bytes", minTOTPSecret, maxTOTPSecret)
	}
	return bare, nil
}

// joined takes out what people put between the groups of a code.
func joined(code string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code))
}

// How many scratch codes an account is given, and their length, are
// FreeSewing's.
const (
	scratchCodes = 8
	scratchBytes = 4
)

// NewScratchCodes makes codes that each open once, for when the authenticator
// is lost: eight of eight hexadecimal digits.
func NewScratchCodes() []string {
	codes := make([]string, scratchCodes)
	for i := range codes {
		b := make([]byte, scratchBytes)
		_, _ = rand.Read(b) // it never fails
		codes[i] = hex.EncodeToString(b)
	}
	return codes
}

// HashScratchCodes is what is kept of codes: their SHA-256. They are short
// enough that all could be tried against it, so that it is to be sealed.
func HashScratchCodes(codes []string) []string {
	hashes := make([]string, len(codes))
	for i, code := range codes {
		hashes[i] = HashCredential(scratch(code))
	}
	return hashes
}

// UseScratchCode looks for a code among what is kept. Where it is there, rest
// is what is to be kept from now on.
func UseScratchCode(hashes []string, code string) (rest []string, ok bool) {
	want := HashCredential(scratch(code))
	for _, hash := range hashes {
		if subtle.ConstantTimeCompare([]byte(want), []byte(hash)) == 1 {
			ok = true
		} else {
			rest = append(rest, hash)
		}
	}
	return rest, ok
}

func scratch(code string) string { return strings.ToLower(joined(code)) }
