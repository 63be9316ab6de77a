package limit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
)

func TestAllowSignIn(t *testing.T) {
	c := newClock()
	d := NewDoor(c.now)
	try := func(address, name string) bool {
		t.Helper()
		pass, err := d.AllowSignIn("demo", address, name)
		if (err != nil) != (muster.CodeOf(err) == muster.Limited) || err != nil && pass.Result.RetryAfter <= 0 {
			t.Fatal(pass, err)
		}
		return err == nil
	}
	times := func(n int, address func(int) string, name func(int) string) (admitted int) {
		for i := range n {
			if try(address(i), name(i)) {
				admitted++
			}
		}
		return admitted
	}
	same := func(s string) func(int) string { return func(int) string { return s } }
	other := func(i int) string { return fmt.Sprint("other", i) }
	if got := times(50, same("a"), same("sam")); got != 10 {
		t.Errorf("%d attempts from one address at one account", got)
	}
	if try("[::ffff:192.0.2.1]:1", "x"); times(50, func(i int) string { return fmt.Sprint("192.0.2.1:", i+1) }, same("x")) != 9 {
		t.Error("another port is another client")
	}
	if try("a", " SAM ") {
		t.Error("spelled otherwise, the name is another")
	}
	if !try("b", "sam") {
		t.Error("its owner is locked out by who guesses elsewhere")
	}
	if got := times(300, same("c"), other); got != 30 {
		t.Errorf("%d attempts from one address", got)
	}
	if got := times(1000, func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }, other); got != 30 {
		t.Errorf("%d attempts from one network of IPv6", got)
	}
	eleven := func(i int) string { return fmt.Sprint("other", i/11) }
	if got := times(40*11, eleven, same("kim")); got != 100+30 {
		t.Errorf("%d attempts at one account, a hundred and then one from each who comes", got)
	}
	if !try("owner", "kim") || try("owner", "kim") {
		t.Error("who has not guessed at it has one attempt beyond the hundred")
	}
	for i, spelled := range [][2]string{{"straße", "STRASSE"}, {"ss", "ſs"}, {"\u00e9", "e\u0301"}, {"14", "+0014"}, {"a\u00a0", "a"}} {
		from := fmt.Sprint("speller", i)
		if times(10, same(from), same(spelled[0])) != 10 || try(from, spelled[1]) {
			t.Errorf("%q is counted apart from %q", spelled[1], spelled[0])
		}
	}
	if key := accountKey("demo", strings.Repeat("x", 1<<20)); len(key) > 64 {
		t.Errorf("%d bytes are kept of a long name", len(key))
	}
	c.advance(15 * time.Minute)
	if !try("a", "sam") || !try("z", "kim") {
		t.Error("nobody may try again")
	}
}
