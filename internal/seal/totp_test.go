package seal

import (
	"encoding/xml"
	"image/color"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp/totp"

	"github.com/muster-accounts/muster"
)

// rfcSecret is "12345678901234567890", the secret of RFC 6238's appendix B.
const rfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestCheckTOTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		at   int64
		code string // the last six digits of the appendix's eight
		step int64
	}{
		{59, "287082", 1}, {1111111109, "081804", 0x23523EC}, {1111111111, "050471", 0x23523ED},
		{1234567890, "005924", 0x273EF07}, {2000000000, "279037", 0x3F940AA}, {20000000000, "353130", 0x27BC86AA},
	} {
		for after, want := range map[int64]bool{0: true, -30: true, 30: true, -60: false, 60: false} {
			step, ok, err := CheckTOTP(rfcSecret, tt.code, time.Unix(tt.at+after, 0))
			if err != nil || ok != want || ok && step != tt.step {
				t.Errorf("%s, %d seconds off: step %d, %v, %v", tt.code, after, step, ok, err)
			}
		}
	}
	at := time.Unix(59, 0)
	for code, want := range map[string]bool{
		"287082": true, "287 082": true, "287-082": true, "287083": false, "": false, "87082": false, "0287082": false, "28708२": false, "+28708": false, "94287082": false,
	} {
		if _, ok, err := CheckTOTP(rfcSecret, code, at); ok != want || err != nil {
			t.Errorf("%q: %v, %v", code, ok, err)
		}
	}
	if _, ok, err := CheckTOTP(rfcSecret, "287082", time.Unix(0, 0)); !ok || err != nil {
		t.Errorf("at the beginning of time: %v, %v", ok, err)
	}
	if _, ok, err := CheckTOTP(strings.ToLower(rfcSecret)+"====", "287082", at); !ok || err != nil {
		t.Errorf("a secret in small letters: %v, %v", ok, err)
	}
}

func TestCheckTOTPSecret(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "GEZDGNBV", "GEZDGNBVGY3TQO1!", rfcSecret + "\n", strings.Repeat(rfcSecret, 4), "0" + rfcSecret[1:]} {
		_, ok, err := CheckTOTP(bad, "287082", time.Unix(59, 0))
		if ok || muster.CodeOf(err) != muster.Invalid {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
		if err != nil && bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the refusal repeats the secret: %v", err)
		}
	}
}

func TestNewTOTP(t *testing.T) {
	t.Parallel()
	made := NewTOTP("Demo: the community & co", "zoë@example.org")
	u, err := url.Parse(made.URL)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Demo  the community & co:zoë@example.org" {
		t.Errorf("the URL is %q, %v", made.URL, err)
	}
	if q := u.Query(); q.Get("secret") != made.Secret || q.Get("issuer") != "Demo  the community & co" || q.Get("algorithm") != "SHA1" || q.Get("digits") != "6" || q.Get("period") != "30" {
		t.Errorf("the URL says %v", u.Query())
	}
	if again := NewTOTP("Demo", "x"); again.Secret == made.Secret || len(made.Secret) != 32 {
		t.Errorf("the secrets are %q and %q", made.Secret, again.Secret)
	}
	if strings.Contains(made.URL, "+") {
		t.Errorf("apps show the plus signs of %s", made.URL)
	}
	now := time.Now()
	code, err := totp.GenerateCode(made.Secret, now)
	if err != nil {
		t.Fatal(err)
	}
	if step, ok, err := CheckTOTP(made.Secret, code, now); !ok || err != nil || step != now.Unix()/30 {
		t.Errorf("its code: step %d, %v, %v", step, ok, err)
	}
}

// The picture is drawn from its SVG, and must be what the library made.
func TestQRCode(t *testing.T) {
	t.Parallel()
	made := TOTP{URL: "otpauth://totp/Demo:zoe@example.org?secret=" + rfcSecret + "&issuer=Demo"}
	svg, err := made.QRCode()
	if err != nil {
		t.Fatal(err)
	}
	var picture struct {
		Class string `xml:"class,attr"`
		Box   string `xml:"viewBox,attr"`
		Path  struct {
			Fill string `xml:"fill,attr"`
			D    string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(svg), &picture); err != nil || picture.Class != "qrcode" || picture.Path.Fill != "currentColor" {
		t.Fatalf("the SVG is %.200s, %v", svg, err)
	}
	code, err := qr.Encode(made.URL, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	size := code.Bounds().Dx()
	drawn := make([]bool, size*size)
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(picture.Path.D, -1) {
		x, y, run, back := number(t, m[1])-4, number(t, m[2])-4, number(t, m[3]), number(t, m[4])
		if run != back {
			t.Errorf("%s is no rectangle", m[0])
		}
		for i := range run {
			drawn[y*size+x+i] = true
		}
	}
	for i, dark := range drawn {
		if dark != (code.At(i%size, i/size) == color.Black) {
			t.Fatalf("the module %d, %d is drawn %v", i%size, i/size, dark)
		}
	}
	if number(t, strings.Fields(picture.Box)[2]) != size+8 || !drawn[0] || !slices.Contains(drawn, false) {
		t.Errorf("the box is %s for %d modules", picture.Box, size)
	}
	if _, err := (TOTP{URL: strings.Repeat("x", 10_000)}).QRCode(); err == nil {
		t.Error("a code of 10,000 letters was made")
	}
}

func number(t *testing.T, digits string) (n int) {
	t.Helper()
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

func TestScratchCodes(t *testing.T) {
	t.Parallel()
	codes := NewScratchCodes()
	if len(codes) != 8 || slices.ContainsFunc(codes, func(c string) bool { return !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(c) }) {
		t.Fatalf("the codes are %q", codes)
	}
	codes[3] = "0a1b2c3d"
	kept := HashScratchCodes(codes)
	if strings.Contains(strings.Join(kept, " "), codes[3]) {
		t.Error("a code is kept as it is")
	}
	rest, ok := UseScratchCode(kept, " 0A1B-2C3D ")
	if !ok || len(rest) != 7 || slices.Contains(rest, kept[3]) || len(kept) != 8 {
		t.Fatalf("used, %v with %d left of %d", ok, len(rest), len(kept))
	}
	for name, use := range map[string]func() ([]string, bool){
		"once more":   func() ([]string, bool) { return UseScratchCode(rest, codes[3]) },
		"not given":   func() ([]string, bool) { return UseScratchCode(rest, "") },
		"as its hash": func() ([]string, bool) { return UseScratchCode(rest, rest[0]) },
	} {
		if left, ok := use(); ok || len(left) != len(rest) {
			t.Errorf("a code %s: %v with %d left", name, ok, len(left))
		}
	}
}

func FuzzCheckTOTP(f *testing.F) {
	f.Add(rfcSecret, "287082", int64(59))
	f.Add("gezdgnbvgy3tqojq", "000 000", int64(-1))
	f.Fuzz(func(t *testing.T, secret, code string, at int64) {
		step, ok, err := CheckTOTP(secret, code, time.Unix(at, 0))
		if err != nil && muster.CodeOf(err) != muster.Invalid {
			t.Fatal(err)
		}
		if now := at / 30; ok && (err != nil || step < now-1 || step > now+1) {
			t.Errorf("step %d at %d, %v", step, now, err)
		}
	})
}
