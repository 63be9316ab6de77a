package intake

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/seal"
)

// What is exported and imported is exported as the same file, from each engine
// into each; and the history still makes the accounts.
func TestRoundTrip(t *testing.T) {
	for _, from := range mustertest.Engines(t) {
		source := full(t, from)
		for _, to := range mustertest.Engines(t) {
			t.Run(from.Name+" to "+to.Name, func(t *testing.T) {
				for name, o := range map[string]core.ExportOptions{"all": everything, "bare": {}} {
					_, target := opened(t, to)
					want := exported(t, source, "c", o)
					done, err := Import(t.Context(), target, core.ImportOptions{}, bytes.NewReader(want))
					if err != nil {
						t.Fatal(err)
					}
					if done.Accounts != 4 || done.Changes == 0 || done.Community.ID != "c" {
						t.Errorf("%+v", done)
					}
					if !o.Secrets {
						want = switchedOff(t, want)
					}
					if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(exported(t, target, "c", o)), "\n")); d != "" {
						t.Errorf("%s (-exported +imported)\n%s", name, d)
					}
					v, err := target.Verify(t.Context(), "c", func(f core.Finding) { t.Errorf("%+v", f) })
					if err != nil || v.Accounts != 3 || v.Erased != 1 {
						t.Errorf("%+v, %v", v, err)
					}
				}
			})
		}
	}
}

// switchedOff is an export in which the webhook, which comes without its
// secret, is as it is imported: it tells nothing.
func switchedOff(t *testing.T, file []byte) []byte {
	t.Helper()
	off := bytes.Replace(file, []byte(`"active":true,"level":8,"created_at":"2026-11-02T12:00:00Z"}`), []byte(`"active":false,"level":8,"created_at":"2026-11-02T12:00:00Z",`+
		`"disabled":"it was imported without its secret: rotate that, tell the receiver the new one, and switch the webhook on"}`), 1)
	if bytes.Equal(off, file) {
		t.Error("there is no webhook that is on")
	}
	return off
}

// What was good where a community came from is good where it went: keys,
// passwords, and the names that values wait for.
func TestImportedWorks(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			file := exported(t, full(t, e), "c", everything)
			_, c := opened(t, e)
			if _, err := Import(t.Context(), c, core.ImportOptions{As: "moved"}, bytes.NewReader(file)); err != nil {
				t.Fatal(err)
			}
			caller, err := c.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: mustertest.Dialect})
			if err != nil || caller.Community != "moved" {
				t.Fatal(caller, err)
			}
			if got, err := c.PushSecret(t.Context(), "moved", 1); err != nil || got != hush {
				t.Errorf("the push secret is %q, %v", got, err)
			}
			views, err := c.Create(t.Context(), caller, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some("later"), Email: muster.Some("Later@example.org")}}})
			if err != nil {
				t.Fatal(err)
			}
			if views[0].Number != 4 {
				t.Errorf("the next number is %d", views[0].Number)
			}
			v, err := c.Account(t.Context(), caller, muster.RefID(bob))
			if err != nil || v.Values["account"] != muster.Text(views[0].ID) {
				t.Errorf("what waited leads to %v, %v", v.Values["account"], err)
			}
			list, err := c.History(t.Context(), caller, core.HistoryQuery{Limit: 1})
			if err != nil || list[0].Account != bob || len(list) != 1 {
				t.Errorf("history goes on with %+v, %v", list, err)
			}
		})
	}
}

// Of what nobody asked for nothing is in the file.
func TestExportHoldsNoSecrets(t *testing.T) {
	file := string(exported(t, full(t, mustertest.Embedded), "c", core.ExportOptions{}))
	for _, text := range []string{"$argon2id", "$2a$", secret, hush, "JBSWY3DP", "another's secret", "whsec_", `"hash"`, `_hash`, "gil@example.org"} {
		if strings.Contains(file, text) {
			t.Errorf("the export has %s", text)
		}
	}
	if !strings.Contains(file, "ada@example.org") {
		t.Error("the export lacks what is to be in it")
	}
}

// All of a file is imported or, where a line is refused, nothing; the error
// names the line and the member.
func TestImportRefuses(t *testing.T) {
	whole := string(exported(t, full(t, mustertest.Embedded), "c", everything))
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n"), "\n")
	change := func(old, by string) string {
		t.Helper()
		if !strings.Contains(whole, old) {
			t.Fatalf("the export lacks %s", old)
		}
		return strings.Replace(whole, old, by, 1)
	}
	for name, test := range map[string]struct{ file, want string }{
		"empty":           {"", "line 0: end: is missing"},
		"CSV":             {"id,number,username\n1,2,x\n", "line 1: looks like CSV; what is imported is NDJSON, a JSON object a line, as muster export writes it"},
		"another file":    {"hello\n", "line 1: is no JSON object; what is imported is NDJSON"},
		"cut short":       {strings.Join(lines[:len(lines)-1], ""), "end: is missing"},
		"half a line":     {whole[:len(whole)/2], "the body"},
		"a line is gone":  {strings.Join(append(append([]string{}, lines[:3]...), lines[4:]...), ""), "end.records: is"},
		"no beginning":    {strings.Join(lines[1:], ""), "line 1: field: the community's own record is the first"},
		"twice begun":     {lines[0] + whole, "line 2: community: the community's own"},
		"goes on":         {whole + lines[1], "field: something follows the end"},
		"another form":    {change(`"muster_export":1`, `"muster_export":2`), "line 1: community.muster_export: is 2"},
		"unknown member":  {change(`"number":7,`, `"number":7,"rank":1,`), `unknown field "rank"`},
		"two members":     {change(`{"rank":`, `{"end":{"records":1},"rank":`), "exactly one member"},
		"a name twice":    {change(`"number":7,`, `"number":7,"number":8,`), "twice"},
		"no UUID":         {change(`"id":"`+string(ada)+`","number"`, `"id":"ada","number"`), "account.id: must be a UUID"},
		"number taken":    {change(`"number":7,`, `"number":1,`), "another account has this"},
		"username taken":  {change(`"username":"bob"`, `"username":"ada \u003c\u0026\u003e"`), "another account has this"},
		"no username":     {change(`"username":"bob"`, `"username":""`), "account.username: must not be empty"},
		"unknown rank":    {change(`"ranks":[{"rank":"chief"`, `"ranks":[{"rank":"none"`), "account.ranks"},
		"unknown state":   {change(`"sign_in":"inactive"`, `"sign_in":"maybe"`), "account.standing.sign_in: unknown state"},
		"provider's form": {change(`"provider":"discord","value":"1111`, `"provider":"Discord","value":"1111`), "account.identities"},
		"bad hash":        {change(`"hash":"$argon2id$`, `"hash":"$argon3$`), "account.password.hash"},
		"key's hash":      {change(`"id":"k","name":"K","level":8`, `"id":"k","name":"K","level":9`), "key.level"},
		"hook's secret":   {change(`"text":"whsec_AAEC`, `"text":"AAEC`), "webhook.secrets.secret: must be whsec_"},
		"hook's address":  {change(`"url":"https:`, `"url":"ftp:`), "webhook.url"},
		"old hash":        {change(`"old_hash":"`, `"old_hash":"x`), "key.old_hash"},
		"hash used twice": {change(`"dead_hashes":["`, `"dead_hashes":["`+seal.HashCredential(secret)+`","`), "another key has this secret, or had it"},
		"other picture":   {change(`"content":"`, `"content":"AAAA`), "picture.content"},
		"gap":             {change(`{"change":{"seq":2,`, `{"change":{"seq":3,`), "change.seq: is 3, and 2 comes next"},
		"field's type":    {change(`"type":"number"`, `"type":"many"`), "field.type"},
		"bytes":           {change(`two\nlines`, "two\xff"), "not valid UTF-8"},
		"NUL":             {change(`two\nlines`, `two\u0000`), "NUL"},
		"community's id":  {change(`"muster_export":1,"id":"c"`, `"muster_export":1,"id":"c/d"`), "line 1: community.id"},
	} {
		_, c := opened(t, mustertest.Embedded)
		_, err := Import(t.Context(), c, core.ImportOptions{}, strings.NewReader(test.file))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
		if list, err := c.Communities(t.Context()); err != nil || len(list) > 0 {
			t.Errorf("%s left %v, %v", name, list, err)
		}
	}
}

// Beside the community that it came from, under another id, it keeps nothing
// that is theirs alone.
func TestImportBeside(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			c := full(t, e)
			before := exported(t, c, "c", everything)
			file := exported(t, c, "c", core.ExportOptions{})
			for _, o := range []core.ImportOptions{{}, {As: "C"}} {
				if _, err := Import(t.Context(), c, o, bytes.NewReader(file)); muster.CodeOf(err) != muster.Conflict {
					t.Errorf("%+v: %v", o, err)
				}
			}
			if _, err := Import(t.Context(), c, core.ImportOptions{As: "d", DryRun: true}, bytes.NewReader(file)); err != nil {
				t.Error(err)
			}
			if list, err := c.Communities(t.Context()); err != nil || len(list) != 1 {
				t.Errorf("a dry run left %v, %v", list, err)
			}
			done, err := Import(t.Context(), c, core.ImportOptions{As: "d"}, bytes.NewReader(file))
			if err != nil || done.Community.ID != "d" || bytes.Contains(file, []byte(done.Community.UUID)) {
				t.Errorf("%+v, %v", done, err)
			}
			if _, err := Import(t.Context(), c, core.ImportOptions{As: "e"}, bytes.NewReader(before)); err == nil || !strings.Contains(err.Error(), "another key has this secret") {
				t.Errorf("with a key that is in use: %v", err)
			}
			if after := exported(t, c, "c", everything); !bytes.Equal(before, after) {
				t.Error("the community beside it was changed")
			}
		})
	}
}

func TestCSV(t *testing.T) {
	c := full(t, mustertest.Embedded)
	var out bytes.Buffer
	if err := ExportCSV(t.Context(), c, muster.Operator("c"), &out, func() {}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 3 { // the deleted and the erased are not among them
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := map[string]string{}
	for i, name := range rows[0] {
		at[name] = rows[2][i]
	}
	for name, want := range map[string]string{
		"id": string(ada), "number": "7", "username": "Ada <&>", "email": "ada@example.org", "bio": "two\nlines", "joined": "true", "banned": "false",
		"level": "4", "ranks": "Chief; Member", "identities": "discord:111122223333444455; ip:192.0.2.1", "text_key": "x", "text_list_key": "y; z",
		"number_key": "1.5", "boolean_key": "false", "identity_key": "111122223333444455", "secret_key": "s", "joined_at": "2026-11-02T11:00:00Z",
	} {
		if at[name] != want {
			t.Errorf("%s is %q, want %q", name, at[name], want)
		}
	}
	if row := rows[1]; row[10] != "true" || row[11] != "why" || row[12] != "2026-11-03T12:00:00Z" {
		t.Errorf("the ban: %v", row[10:13])
	}
}

// FuzzParse: whatever a line holds, it is a record or an error.
func FuzzParse(f *testing.F) {
	for _, line := range []string{
		`{"community":{"muster_export":1,"id":"c","uuid":"u","last_seq":1,"next_number":2}}`, `{"end":{"records":3}}`, `{}`, `[]`, ``,
		`{"account":{"id":"a","number":1,"username":"b","values":{"x":{"awaits":"y"}},"rev":1}}`, `{"picture":{"content":"AA=="}}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parse(line)
		if err != nil && muster.CodeOf(err) != muster.Invalid && muster.CodeOf(err) != muster.TooLarge {
			t.Errorf("%v", err)
		}
		_ = r.Kind()
	})
}
