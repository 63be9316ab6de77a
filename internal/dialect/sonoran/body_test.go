package sonoran

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, body, want, wrong string }{
		{name: "plain", body: `{"a":[1,"x",null,true],"b":{}}`, want: `{"a":[1,"x",null,true],"b":{}}`},
		{name: "comment at a line's end", body: "{\"a\": 1, // one\n\"b\": 2}", want: `{"a":1,"b":2}`},
		{name: "comment in place of a comma", body: "{\"a\": 1 // one\n // two\n \"b\": 2}", want: `{"a":1,"b":2}`},
		{name: "comment after text in place of a comma", body: "{\"a\": \"x\" // one\n\"b\": 2}", want: `{"a":"x","b":2}`},
		{name: "comment after the colon", body: "{\"a\": // one\n\"x\"}", want: `{"a":"x"}`},
		{name: "ellipsis for more items", body: "{\"a\": [1,\n... // and so on\n]}", want: `{"a":[1]}`},
		{name: "slashes and dots in texts", body: `{"a":"http://x...","b":"\"//"}`, want: `{"a":"http://x...","b":"\"//"}`},
		{name: "slashes in texts beside a comment", body: "{\"a\":\"//x\\\"//\" // c\n}", want: `{"a":"//x\"//"}`},
		{name: "missing comma without a comment", body: "{\"a\": 1\n\"b\": 2}", wrong: "malformed"},
		{name: "ellipsis without a comment", body: `{"a": [1, ...]}`, wrong: "malformed"},
		{name: "truncated", body: `{"a": [1,`, wrong: "ends too early"},
		{name: "truncated with a comment", body: "{\"a\": [1, // x\n", wrong: "ends too early"},
		{name: "empty", body: ``, wrong: "ends too early"},
		{name: "null", body: `null`, wrong: "must be a JSON object"},
		{name: "list", body: `[1]`, wrong: "must be a JSON object"},
		{name: "empty Lua table", body: `[]`, want: `{}`},
		{name: "pair of surrogates", body: `{"a":"\ud83d\ude00"}`, want: `{"a":"😀"}`},
		{name: "half a pair", body: `{"a":"x\ud83d"}`, wrong: "surrogate"},
		{name: "half a pair, and a letter", body: `{"a":"\ud83d\u0041"}`, wrong: "surrogate"},
		{name: "second half first", body: `{"a":"\ude00\ud83d"}`, wrong: "surrogate"},
		{name: "escaped backslash before a u", body: `{"a":"\\ud83d"}`, want: `{"a":"\\ud83d"}`},
		{name: "twice", body: `{"a":1,"a":2}`, wrong: "stands twice"},
		{name: "twice beside a comment", body: "{\"a\":1, // x\n\"a\":2}", wrong: "stands twice"},
		{name: "not UTF-8", body: "{\"a\":\"\xff\"}", wrong: "UTF-8"},
		{name: "two values", body: `{} {}`, wrong: "something follows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode([]byte(c.body))
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) || muster.CodeOf(err) != muster.Invalid {
					t.Fatalf("got %v, %v; want an invalid request that says %q", got, err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzDecode feeds whatever bytes to everything that reads a request's body.
// Reading must not fail otherwise than by an error, and what is strict JSON
// must not be read differently by the loose form.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"id":"demo","key":"k","data":[{"apiId":"x","set":["a"],"profileFields":[{"id":1,"value":["x"]}]}]}`,
		"{\"a\": 1 // one\n\"b\": [2, ... // x\n]}", `{"data":{"0":{"uniqueId":1234}}}`, `{"a":"\u0000\ud800"}`, `[[[[`, `"`, "//", "{\"a\":\"\\",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		body, err := decode(b)
		if err != nil {
			if muster.CodeOf(err) == "" {
				t.Fatalf("an error that no client can act on: %v", err)
			}
			return
		}
		if strict, e := muster.ParseJSON(b); e == nil && !empty(strict) { // an empty list stands for an empty object
			if diff := cmp.Diff(strict, any(map[string]any(body))); diff != "" {
				t.Fatal(diff)
			}
		}
		e, err := entryOf(body)
		if err != nil {
			return
		}
		_, _, _ = rankEdit(e.object)
		_, _ = fieldEdit(e.object)
		_, _ = clockWish(e.object)
		_, _ = listQuery(e.object)
		_, _ = identitiesOf(e.object)
		_, _ = serverWishes(body)
	})
}

func TestEntryOf(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       muster.Ref
		byAPIID    bool
		wrong      string
	}{
		{name: "list of one", data: `[{"username":"A"}]`, want: muster.RefUsername("A")},
		{name: "list of two: the first counts", data: `[{"username":"A"},{"username":"B"}]`, want: muster.RefUsername("A")},
		{name: "object", data: `{"username":"A"}`, want: muster.RefUsername("A")},
		{name: "numeric keys", data: `{"0":{"username":"A"}}`, want: muster.RefUsername("A")},
		{name: "nothing", data: `null`},
		{name: "empty list", data: `[]`},
		{name: "list of nothing", data: `[{}]`},
		{name: "list of an empty Lua table", data: `[[]]`},
		{name: "list of null", data: `[null]`},
		{name: "all five, in the documented order", data: `[{"uniqueId":7,"discord":"4","accId":"i","username":"u","apiId":"steam:1"}]`,
			want: muster.Ref{
				{By: muster.ByIdentity, Provider: "api", Value: "steam:1"}, {By: muster.ByIdentity, Provider: "discord", Value: "steam:1"},
				{By: muster.ByIdentity, Provider: "steam", Value: "1"}, {By: muster.ByIdentity, Provider: "api", Value: "1"},
				{By: muster.ByUsername, Value: "u"}, {By: muster.ByID, Value: "i"},
				{By: muster.ByIdentity, Provider: "discord", Value: "4"}, {By: muster.ByNumber, Value: "7"},
			}, byAPIID: true},
		{name: "other spellings", data: `[{"accountId":"i","discordId":"discord:d","uniqueId":"7"}]`,
			want: muster.Ref{{By: muster.ByID, Value: "i"}, {By: muster.ByIdentity, Provider: "discord", Value: "d"}, {By: muster.ByNumber, Value: "7"}}},
		{name: "number with a fraction of nothing", data: `[{"uniqueId":1234.0}]`, want: muster.RefNumber(1234)},
		{name: "number with an exponent", data: `[{"uniqueId":1.234e3}]`, want: muster.RefNumber(1234)},
		{name: "number too large to be one", data: `[{"discord":111122223333444455}]`, want: muster.RefIdentity("discord", "111122223333444455")},
		{name: "null and empty are absent", data: `[{"apiId":"","username":null,"discord":[],"uniqueId":{},"accId":"i"}]`, want: muster.RefID("i")},
		{name: "both spellings are tried", data: `[{"discord":"1","discordId":"2"}]`,
			want: muster.Ref{{By: muster.ByIdentity, Provider: "discord", Value: "1"}, {By: muster.ByIdentity, Provider: "discord", Value: "2"}}},
		{name: "a username as Sonoran.js sends it", data: `[{"discord":"Jane"}]`,
			want: muster.Ref{{By: muster.ByIdentity, Provider: "discord", Value: "Jane"}, {By: muster.ByUsername, Value: "Jane"}}},
		{name: "wrong type", data: `[{"discord":true}]`, wrong: "discord"},
		{name: "data is text", data: `"x"`, wrong: "data"},
		{name: "entry is text", data: `["x"]`, wrong: "data"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := muster.ParseJSON([]byte(c.data))
			if err != nil {
				t.Fatal(err)
			}
			e, err := entryOf(object{"data": data})
			if c.wrong != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.wrong+":") {
					t.Fatalf("got %v, want an error at %s", err, c.wrong)
				}
				return
			}
			if err != nil || e.byAPIID != c.byAPIID {
				t.Fatalf("error %v, byAPIID %v", err, e.byAPIID)
			}
			if diff := cmp.Diff(c.want, e.ref); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// BenchmarkDecodeLoose reads a body made to be slow: its time must grow with
// its length alone, since it is read before the key is looked at.
func BenchmarkDecodeLoose(b *testing.B) {
	for _, size := range []int{100_000, 1_000_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			body := []byte(strings.Repeat(" ", size/2) + "[" + strings.Repeat("\"\"//\n", size/10))
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				_, _ = decode(body)
			}
		})
	}
}
