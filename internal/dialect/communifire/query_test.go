package communifire

import (
	"net/url"
	"testing"

	"github.com/muster-accounts/muster"
)

// Whatever a URL's query holds, a number comes out within its bounds or is
// refused.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"startpage=1", "StartPage=2&PAGE=2", "page=1&page=01", "startpage=", "startpage=1e3", "%zz", "startpage=99999999999999999999", "username=%00&page=-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := parseQuery(&url.URL{RawQuery: raw})
		if err == nil {
			_, err = q.one("UserName")
		}
		n := int64(1)
		if err == nil {
			n, err = q.number(1, 1, 100, "StartPage", "Page")
		}
		if err != nil && muster.CodeOf(err) != muster.Invalid {
			t.Errorf("%q: %v", raw, err)
		}
		if err == nil && (n < 1 || n > 100) {
			t.Errorf("%q: %d", raw, n)
		}
	})
}

// A sign-in's body gives two texts, or a refusal that names what is wrong.
func FuzzCredential(f *testing.F) {
	for _, seed := range []string{`{"UserName":"a","Password":"b"}`, `{"username":1,"PASSWORD":null}`, `{"UserName":"a","userName":"b"}`, `"{\"UserName\":true}"`, `{"UserName":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fields, form, err := decode(body, false, false)
		if err == nil && (form == formBare || form == formPage) {
			t.Errorf("%q was mended", body)
		}
		if err == nil {
			_, err = credential(fields, "UserName")
		}
		if err != nil && muster.CodeOf(err) != muster.Invalid {
			t.Errorf("%q: %v", body, err)
		}
	})
}
