package deliver

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

func TestRefuse(t *testing.T) {
	for _, test := range []struct {
		address string
		public  bool
	}{
		{"8.8.8.8", true}, {"172.15.0.1", true}, {"172.32.0.1", true}, {"192.167.1.1", true}, {"2606:4700::1111", true}, {"::ffff:8.8.8.8", true},
		{"127.0.0.1", false}, {"127.255.255.254", false}, {"::1", false},
		{"10.0.0.1", false}, {"172.16.0.1", false}, {"172.31.255.255", false}, {"192.168.0.1", false},
		{"169.254.169.254", false}, {"fe80::1", false}, {"fe80::1%eth0", false}, {"fd00:ec2::254", false}, {"fc00::1", false},
		{"100.64.0.1", false}, {"100.100.100.200", false}, // shared with the provider
		{"0.0.0.0", false}, {"0.1.2.3", false}, {"::", false}, {"255.255.255.255", false}, {"240.0.0.1", false}, {"224.0.0.1", false}, {"ff02::1", false},
		{"192.0.0.8", false}, {"192.0.2.1", false}, {"198.18.0.1", false}, {"203.0.113.9", false}, {"2001:db8::1", false},
		{"::ffff:127.0.0.1", false}, {"::ffff:10.1.2.3", false}, {"::127.0.0.1", false}, // IPv4 in disguises
		{"64:ff9b::7f00:1", false}, {"64:ff9b:1::a00:1", false}, {"::ffff:0:7f00:1", false}, {"::ffff:0:127.0.0.1", false}, {"2002:7f00:1::", false}, {"fec0::1", false},
		{"168.63.129.16", false}, {"4000::1", false}, // Azure's own, and what nobody was given
	} {
		a := netip.MustParseAddr(test.address)
		if err := (Allowed)(nil).Refuse(a); (err == nil) != test.public {
			t.Errorf("%s: %v", test.address, err)
		}
		if err := (Allowed{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}).Refuse(a); err != nil {
			t.Errorf("%s, which is allowed: %v", test.address, err)
		}
	}
	ten := Allowed{netip.MustParsePrefix("10.1.0.0/16")}
	if ten.Refuse(netip.MustParseAddr("10.1.2.3")) != nil || ten.Refuse(netip.MustParseAddr("::ffff:10.1.2.3")) != nil || ten.Refuse(netip.MustParseAddr("10.2.0.1")) == nil {
		t.Error("10.1.0.0/16 allows other than itself")
	}
}

// What a webhook is refused for when it is made is what it would not be called for.
func TestRefuseFor(t *testing.T) {
	ten := Allowed{netip.MustParsePrefix("10.1.0.0/16")}
	for _, c := range []struct {
		scheme, address string
		why             error
	}{
		{"https", "10.1.2.3", nil}, {"http", "10.1.2.3", nil}, {"http", "::ffff:10.1.2.3", nil}, {"https", "8.8.8.8", nil},
		{"https", "10.2.0.1", errPrivate}, {"https", "127.0.0.1", errPrivate}, {"http", "10.2.0.1", errClear}, {"http", "8.8.8.8", errClear},
	} {
		if err := ten.RefuseFor(c.scheme, netip.MustParseAddr(c.address)); !errors.Is(err, c.why) {
			t.Errorf("%s://%s: %v, not %v", c.scheme, c.address, err, c.why)
		}
	}
}

// What counts is the address that is dialled, whatever it was written as.
func TestPrivateAddressesAreNotDialled(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "localhost", "::1", "[::1]", "::ffff:127.0.0.1", "0.0.0.0", "127.1", "2130706433", "0x7f.1"} {
		t.Run(address, func(t *testing.T) {
			w, rec := newWorld(t, mustertest.Open(t, t.TempDir())), newReceiver(t)
			w.allowed, w.timeout = nil, 200*time.Millisecond
			w.restart()
			port := netip.MustParseAddrPort(strings.TrimPrefix(rec.URL, "http://")).Port()
			w.followAt(1, address, int(port))
			w.Account(t, "ada", muster.Edit{})
			w.move()
			if list := w.deliveries(1); rec.attempts() != 0 || len(list) != 1 || list[0].Attempts != 1 {
				t.Errorf("%d attempts arrived; deliveries: %+v", rec.attempts(), list)
			} else if strings.Contains(address, "l") && !strings.Contains(list[0].LastError, errPrivate.Error()) {
				t.Errorf("the error is %q", list[0].LastError)
			}
		})
	}
}

// A name that comes to an address that is allowed is called, so the test above
// fails for want of permission and not of a way.
func TestNamesAreDialled(t *testing.T) {
	w, rec := newWorld(t, mustertest.Open(t, t.TempDir())), newReceiver(t)
	port := netip.MustParseAddrPort(strings.TrimPrefix(rec.URL, "http://")).Port()
	w.followAt(1, "localhost", int(port))
	w.Account(t, "ada", muster.Edit{})
	w.move()
	if rec.attempts() != 1 {
		t.Errorf("%d attempts arrived; deliveries: %+v", rec.attempts(), w.deliveries(1))
	}
}

// Addresses are what clients have written.
func TestStrangeAddresses(t *testing.T) {
	for _, address := range []string{"a/b", "a@b", "a b", "a?b", "a#b", "http://a", "a:1", "%zz", "ä", strings.Repeat("a", 200)} {
		w := newWorld(t, mustertest.Open(t, t.TempDir()))
		w.allowed, w.timeout = nil, 200*time.Millisecond
		w.restart()
		w.followAt(1, address, 1)
		w.Account(t, "ada", muster.Edit{})
		w.move()
		if list := w.deliveries(1); len(list) != 1 || list[0].Attempts != 1 || list[0].LastError == "" {
			t.Errorf("%s: deliveries: %+v", address, list)
		}
	}
}

func TestShownHidesTheSecretInJSON(t *testing.T) {
	secret := `a<b>"c\d`
	body, err := plainly.Render(muster.EventTest, core.Telling{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{secret, "no: " + string(body), strings.ToUpper(string(body))} {
		if got := shown(text, secret); !strings.Contains(got, "***") || strings.Contains(got, "003c") || strings.Contains(got, "a<") {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

func FuzzShown(f *testing.F) {
	f.Add("no: Sesame-4711", pushSecret)
	f.Add("\xff\x00\n", "")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := shown(text, secret)
		if strings.ContainsAny(got, "\x00\n\r") || len([]rune(got)) > maxShown+3 {
			t.Errorf("%q is shown as %q", text, got)
		}
		if strings.HasPrefix(secret, "Sesame") && strings.Contains(got, secret) {
			t.Errorf("%q shows %q", got, secret)
		}
	})
}
