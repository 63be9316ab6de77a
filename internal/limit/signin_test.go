package limit

import (
	"fmt"
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
	if try("a", " SAM ") {
		t.Error("spelled otherwise, the name is another")
	}
	if !try("b", "sam") {
		t.Error("its owner is locked out by who guesses elsewhere")
	}
	if got := times(300, same("c"), other); got != 30 {
		t.Errorf("%d attempts from one address", got)
	}
	if got := times(300, other, same("kim")); got != 100 {
		t.Errorf("%d attempts at one account", got)
	}
	c.advance(15 * time.Minute)
	if !try("a", "sam") || !try("z", "kim") {
		t.Error("nobody may try again")
	}
}
