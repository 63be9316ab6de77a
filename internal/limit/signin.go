package limit

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/muster-accounts/muster"
)

// How often somebody may try to sign in. All clients together have a hundred
// attempts at one account. When these are used up, each still has one in the
// same time: whoever guesses from many places cannot lock an account's owner
// out, and gets forty times less far than before.
var (
	perClient  = Rate{Requests: 30, Per: 15 * time.Minute}
	perAccount = Rate{Requests: 10, Per: 15 * time.Minute} // from one client
	everywhere = Rate{Requests: 100, Per: 15 * time.Minute}
	beyond     = Rate{Requests: 1, Per: 15 * time.Minute} // from one client
)

// AllowSignIn counts an attempt to sign in, from an address (with its port or
// without) to an account by
// the name that was tried, whether or not there is such an account. The Pass
// says something only where the error, of code Limited, does.
func (d *Door) AllowSignIn(community, address, name string) (Pass, error) {
	client := address
	if peer, err := netip.ParseAddrPort(address); err == nil {
		client = ClientOf(peer.Addr())
	} else if addr, err := netip.ParseAddr(address); err == nil {
		client = ClientOf(addr)
	}
	account := accountKey(community, name)
	for _, counted := range []struct {
		by   string
		rate Rate
	}{
		{"client\x00" + client, perClient},
		{"account\x00" + client + "\x00" + account, perAccount},
	} {
		if pass := d.signIn(counted.by, counted.rate); !pass.Result.Allowed {
			return pass, errSignIns
		}
	}
	if d.signIn("everywhere\x00"+account, everywhere).Result.Allowed {
		return Pass{}, nil
	}
	if pass := d.signIn("beyond\x00"+client+"\x00"+account, beyond); !pass.Result.Allowed {
		return pass, errSignIns
	}
	return Pass{}, nil
}

var errSignIns = muster.Errorf(muster.Limited, "", "too many attempts to sign in; wait and try again")

func (d *Door) signIn(key string, rate Rate) Pass {
	return Pass{Class: Class{Name: "sign-in"}, Rate: rate, Result: d.memory.Allow("sign-in\x00"+key, rate)}
}

// longestName is more bytes than any name has, however it is composed.
const longestName = 4096

// accountKey is the same for all spellings of a name that find one account:
// the store knows names by their fold and numbers by their value. It is a hash
// since names come from strangers, as long as they like.
func accountKey(community, name string) string {
	name = strings.TrimSpace(name)
	name = name[:min(len(name), longestName)]
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		name = strconv.FormatInt(n, 10)
	}
	sum := sha256.Sum256([]byte(community + "\x00" + cases.Fold().String(norm.NFC.String(name))))
	return string(sum[:])
}
