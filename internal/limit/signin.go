package limit

import (
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// How often somebody may try to sign in. An account is counted by the address
// as well, so that who guesses at one does not lock its owner out; all
// addresses together have ten times as much, which no guess gets far with.
var (
	perAddress = Rate{Requests: 30, Per: 15 * time.Minute}
	perAccount = Rate{Requests: 10, Per: 15 * time.Minute}
	everywhere = Rate{Requests: 100, Per: 15 * time.Minute}
)

// AllowSignIn counts an attempt to sign in, from an address to an account by
// the name that was tried, whether or not there is such an account. The Pass
// says something only where the error, of code Limited, does.
func (d *Door) AllowSignIn(community, address, name string) (Pass, error) {
	name = community + "\x00" + strings.ToLower(strings.TrimSpace(name))
	for _, counted := range []struct {
		by   string
		rate Rate
	}{
		{"address\x00" + address, perAddress},
		{"account\x00" + address + "\x00" + name, perAccount},
		{"anywhere\x00" + name, everywhere},
	} {
		pass := Pass{Class: Class{Name: "sign-in"}, Rate: counted.rate, Result: d.memory.Allow("sign-in "+counted.by, counted.rate)}
		if !pass.Result.Allowed {
			return pass, muster.Errorf(muster.Limited, "", "too many attempts to sign in; wait and try again")
		}
	}
	return Pass{}, nil
}
