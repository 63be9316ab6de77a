package communifire

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

// pageExample is the body that the vendor's page prints, byte for byte.
func pageExample(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/page_example.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func stringify(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestBodyForms(t *testing.T) {
	object := `{"UserID":"12","Company":"Axero Solutions","Phone":"5625551234","Share my profile":"false"}`
	tricky := `{"UserID":12,"Company":"say \"hi\" \\ back","Phone":"+1 (2) & 3%","City":"Zürich\n\u00e9","Tags":["a","b"],"Bio":null}`
	inner := func(s string) string { return strings.TrimSuffix(strings.TrimPrefix(stringify(s), `"`), `"`) }
	page := map[string]any{"UserID": "12", "Company": "Axero Solutions", "Phone": "5625551234", "Share my profile": "false"}
	hard := map[string]any{
		"UserID": json.Number("12"), "Company": `say "hi" \ back`, "Phone": "+1 (2) & 3%", "City": "Zürich\né", "Tags": []any{"a", "b"}, "Bio": nil,
	}
	for _, c := range []struct {
		body   string
		isForm bool
		form   bodyForm
		want   map[string]any
	}{
		{object, false, "A", page}, {tricky, false, "A", hard}, {" \n" + object + "\n", false, "A", page},
		{stringify(object), false, "B", page}, {stringify(tricky), false, "B", hard},
		{stringify(stringify(object)), false, "C", page}, {stringify(stringify(tricky)), false, "C", hard},
		{inner(object), false, "D", page}, {inner(tricky), false, "D", hard},
		{pageExample(t), false, "E", page}, {pageExample(t) + "\n", false, "E", page},
		{"=" + url.QueryEscape(object), true, "F", page}, {"=" + url.QueryEscape(tricky), true, "F", hard},
		{"=" + url.QueryEscape(stringify(tricky)), true, "F", hard},
		{"=" + object, true, "F", page}, // Web API's habit, of which not all encode
		{"\ufeff" + object, false, "G", page}, {"\ufeff" + stringify(tricky), false, "G", hard}, {"\ufeff" + pageExample(t), false, "G", page},
		{`{}`, false, "A", map[string]any{}},
	} {
		got, form, err := decode([]byte(c.body), c.isForm, true)
		if diff := cmp.Diff(c.want, got); diff != "" || form != c.form || err != nil {
			t.Errorf("%s: form %q, want %q; %v (-want +got)\n%s", c.body, form, c.form, err, diff)
		}
	}
}

func TestBodiesRefused(t *testing.T) {
	deep := `{}`
	for range 4 {
		deep = stringify(deep)
	}
	for _, body := range []string{
		"", " ", `""`, "null", "12", "true", "[]", `[{"UserID":12}]`, `"null"`, `"[]"`, `"12"`, "{", `{"UserID":12`, `{"UserID":12}{}`,
		`{"UserID":12} x`, `{"UserID":12,"UserID":13}`, stringify(`{"UserID":12,"UserID":13}`), `{UserID:12}`, `{'UserID':'12'}`, "UserID=12",
		`{\"UserID\":12,\"UserID\":13}`, `{"Phone":"say \"hi\"","Phone":"x"}`, deep, "\xff\xfe{\x00}\x00", `{"Phone":"` + "\xff" + `"}`,
		`{"Phone":"\ud800"}`, strings.Repeat(`{"a":`, 50) + strings.Repeat(`}`, 50), `\`, `\"`, `{\`, strings.Repeat(`\`, 1000),
	} {
		if got, form, err := decode([]byte(body), false, true); muster.CodeOf(err) != muster.Invalid {
			t.Errorf("%q: %v, form %q, %v", body, got, form, err)
		}
	}
	for _, body := range []string{"", "{}", "a={}", `{"UserID":12}`} {
		if _, _, err := decode([]byte(body), true, true); err != errMediaType { //nolint:errorlint // it is never wrapped
			t.Errorf("the form %q: %v", body, err)
		}
	}
	if _, _, err := decode([]byte("={%zz}"), true, true); muster.CodeOf(err) != muster.Invalid {
		t.Errorf("a broken form: %v", err)
	}
}

// Whatever comes, it is an object of what stands in the body or a refusal; and
// what was read can be written and read again.
func FuzzDecode(f *testing.F) {
	object := `{"UserID":"12","Company":"say \"hi\" \\","Tags":["a"]}`
	for _, seed := range []string{
		object, stringify(object), stringify(stringify(object)), `{\"UserID\":\"12\"}`, pageExample(f), "\ufeff" + object, "=%7B%7D", "null", `"`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, isForm bool) {
		fields, form, err := decode(body, isForm, true)
		if err != nil {
			if muster.CodeOf(err) != muster.Invalid && err != errMediaType { //nolint:errorlint // it is never wrapped
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if fields == nil || form == "" {
			t.Fatalf("%q: %v, form %q", body, fields, form)
		}
		again, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		same, form, err := decode(again, false, true)
		if diff := cmp.Diff(fields, same); diff != "" || form != formObject || err != nil {
			t.Fatalf("%q, again: form %q, %v\n%s", body, form, err, diff)
		}
	})
}
