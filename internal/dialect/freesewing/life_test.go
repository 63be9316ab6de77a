package freesewing_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/deliver"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/freesewing"
	"github.com/muster-accounts/muster/internal/mail"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// personal is what is known of somebody, nothing of which may be found once
// they are gone.
var personal = []string{
	"zoe.unmistakable@example.org", "zoe.renamed@example.net", "ZoeUnmistakable", "zoeunmistakable", "Unmistakable cloth is what I like",
	"octo-unmistakable", "Rumpelstilz", "laptop of Zoe", "unmistakable-password",
}

// life is one account's, told call by call. What differs from run to run is
// masked in the transcript.
type life struct {
	aWorld
	t          *testing.T
	contract   golden.Contract
	postman    *deliver.Postman
	mails      string // folder
	masks      []string
	transcript txtar.Archive
}

func newLife(t *testing.T, d mustertest.Database, era string) *life {
	t.Helper()
	l := &life{aWorld: newWorldOn(t, d.Open(t)), t: t, contract: golden.Load(t, freesewing.Spec), mails: filepath.Join(d.Dir, "mail")}
	sender, err := mail.Open("file:"+l.mails, "muster@localhost")
	if err != nil {
		t.Fatal(err)
	}
	l.postman = deliver.NewPostman(l.core, deliver.PostmanConfig{Sender: sender, Now: l.clock.Now, Logger: slog.New(slog.NewTextHandler(l.log, nil))})
	_, err = l.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(c *muster.Community) {
		c.Settings.Switches = map[string]string{"freesewing.era": era}
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *life) mask(text, as string) { l.masks = append(l.masks, text, as) }

// do sends a call, holds the answer against the contract and writes both down.
func (l *life) do(c call, status int) map[string]any {
	l.t.Helper()
	res := l.send(c)
	if res.Code != status {
		l.t.Fatalf("%s %s %s: %d %s, want %d", c.method, c.path, c.body, res.Code, res.Body, status)
	}
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	r.Header.Set("Content-Type", "application/json")
	l.contract.Check(l.t, r, []byte(c.body), res.Result())
	var answer map[string]any
	_ = json.Unmarshal(res.Body.Bytes(), &answer) // some are text, or nothing
	if token, ok := answer["token"].(string); ok {
		l.mask(token, "TOKEN")
	}
	var indented bytes.Buffer
	if json.Indent(&indented, bytes.TrimSpace(res.Body.Bytes()), "", "  ") != nil {
		indented.Reset()
		indented.Write(res.Body.Bytes())
	}
	who := map[bool]string{true: " (token)", false: ""}[c.token != ""]
	if c.key != "" {
		who = " (key)"
	}
	l.transcript.Files = append(l.transcript.Files,
		txtar.File{Name: "request", Data: fmt.Appendf(nil, "%s %s%s\n\n%s\n", c.method, c.path, who, c.body)},
		txtar.File{Name: "answer", Data: fmt.Appendf(nil, "%d\n\n%s\n", res.Code, indented.Bytes())})
	return answer
}

var mailedLink = regexp.MustCompile(`http://localhost:8000(?:/[a-z]{2})?/confirm/([a-z]+)/([0-9a-f-]{36})/([0-9a-f]+)`)

// link sends what waits and reads the newest mail to an address as a person
// does: for its link.
func (l *life) link(to string) (kind, id, check string) {
	l.t.Helper()
	if err := l.postman.Pass(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(l.mails, "*.eml"))
	if err != nil {
		l.t.Fatal(err)
	}
	for i := len(files) - 1; i >= 0; i-- {
		text, err := os.ReadFile(files[i])
		if err != nil {
			l.t.Fatal(err)
		}
		text = bytes.ReplaceAll(text, []byte("=\r\n"), nil) // quoted-printable breaks long lines
		found := mailedLink.FindSubmatch(text)
		if bytes.Contains(text, []byte("To: <"+to+">")) && found != nil {
			kind, id, check = string(found[1]), string(found[2]), string(found[3])
			l.mask(id, "LINK")
			for _, form := range []string{"/%s", `"check":"%s"`, `"check": "%s"`} { // by itself it might be a year
				l.mask(fmt.Sprintf(form, check), fmt.Sprintf(form, "CHECK"))
			}
			l.clock.Advance(1e6) // mails sort by time
			return kind, id, check
		}
	}
	l.t.Fatalf("no mail to %s among %d", to, len(files))
	return "", "", ""
}

func (l *life) code(secret string) string {
	l.t.Helper()
	l.clock.Advance(31e9) // none works twice
	code, err := totp.GenerateCode(secret, l.clock.Now())
	if err != nil {
		l.t.Fatal(err)
	}
	l.mask(`"token":"`+code, `"token":"CODE`)
	return code
}

var updateLives = flag.Lookup("update")

// A life from sign-up to removal, in every era and on every engine; then
// nothing that is personal is left anywhere.
func TestLife(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		for _, era := range []string{"2022", "2023", "2026"} {
			t.Run(e.Name+"/"+era, func(t *testing.T) {
				d := copies(t, e)
				l := newLife(t, d, era)
				l.live(era)
				l.compare(filepath.Join("testdata", "lives", era+".txtar"))
				l.nothingLeft(d)
			})
		}
	}
}

func (l *life) live(era string) {
	l.t.Helper()
	const email, renamed = "zoe.unmistakable@example.org", "zoe.renamed@example.net"
	post := func(path, body string) call { return call{method: http.MethodPost, path: path, body: body} }
	l.do(post("/signup", `{"email":"`+email+`","language":"nl"}`), 201)
	if kind, _, _ := l.link(email); kind != "signup" {
		l.t.Fatalf("a link to %s", kind)
	}
	l.do(post("/signup", `{"email":"Zoe.Unmistakable@example.org","language":"nl"}`), 201) // nobody has confirmed it yet
	_, id, check := l.link(email)
	l.do(call{method: http.MethodGet, path: "/confirmations/" + id + "/" + check}, 200)
	l.do(post("/confirm/signup/"+id, `{"check":"`+check+`"}`), 400)
	confirmed := l.do(post("/confirm/signup/"+id, `{"consent":1,"check":"`+check+`"}`), 200)
	l.do(post("/confirm/signup/"+id, `{"consent":1,"check":"`+check+`"}`), 404)
	token := confirmed["token"].(string)
	l.mask(confirmed["account"].(map[string]any)["uuid"].(string), "UUID")
	l.do(post("/signup", `{"email":"`+email+`","language":"nl"}`), map[string]int{"2022": 400, "2023": 201, "2026": 201}[era])

	own := func(method, path, body string) call {
		return call{method: method, path: path + "/jwt", body: body, token: token}
	}
	l.do(own(http.MethodPost, "/available/username", `{"username":"ZoeUnmistakable"}`), 404)
	changed := l.do(own(http.MethodPatch, "/account", `{"username":"ZoeUnmistakable","password":"unmistakable-password","github":"@octo-unmistakable",`+
		`"bio":"Unmistakable cloth is what I like","data":{"cat":"Rumpelstilz"}}`), 200)
	token = changed["token"].(string)
	l.do(own(http.MethodGet, "/whoami", ""), 200)

	prepared := l.do(own(http.MethodPost, "/account/mfa", `{"mfa":true}`), 200)["mfa"].(map[string]any)
	secret := prepared["secret"].(string)
	l.mask(secret, "SECRET")
	l.do(own(http.MethodPost, "/account/mfa", `{"mfa":true,"secret":"`+secret+`","token":"000000"}`), 403)
	enabled := l.do(own(http.MethodPost, "/account/mfa", `{"mfa":true,"secret":"`+secret+`","token":"`+l.code(secret)+`"}`), 200)
	l.do(own(http.MethodPost, "/account/mfa", `{"mfa":true}`), 400)
	signIn := `{"username":"ZOEunmistakable","password":"unmistakable-password"`
	l.do(post("/signin", signIn+`}`), 403)
	code := l.code(secret)
	token = l.do(post("/signin", signIn+`,"token":"`+code+`"}`), 200)["token"].(string)
	l.do(post("/signin", signIn+`,"token":"`+code+`"}`), 401)
	if codes, ok := enabled["scratchCodes"].([]any); ok {
		for _, code := range codes {
			l.mask(code.(string), "SCRATCH")
		}
		l.do(post("/login", signIn+`,"token":"`+codes[0].(string)+`"}`), 200)
		l.do(post("/login", signIn+`,"token":"`+codes[0].(string)+`"}`), 401)
	}

	made := l.do(own(http.MethodPost, "/apikeys", `{"name":"laptop of Zoe","level":4,"expiresIn":3600}`), 201)["apikey"].(map[string]any)
	l.mask(made["secret"].(string), "KEYSECRET")
	l.mask(made["key"].(string), "KEY")
	byKey := func(method, path, body string) call {
		return call{method: method, path: path + "/key", body: body, key: muster.KeyID(made["key"].(string)), secret: made["secret"].(string)}
	}
	l.do(byKey(http.MethodPut, "/account", `{"imperial":true}`), 200)
	l.do(byKey(http.MethodGet, "/whoami", ""), 200)
	l.do(own(http.MethodGet, "/users/zoeunmistakable", ""), 200)
	l.do(own(http.MethodGet, "/users/demo-user", ""), 403)
	l.do(call{method: http.MethodGet, path: "/users/zoeunmistakable"}, 200)

	l.changeEmail(own, email, renamed)
	l.byLink(renamed, secret, era)
	l.do(post("/passwordreset", `{"username":"zoeunmistakable"}`), 200)
	_, id, check = l.link(renamed)
	l.do(post("/passwordreset/"+id, `{"check":"`+check+`","password":"unmistakable-password-2"}`), 200)
	l.do(own(http.MethodGet, "/account", ""), 401) // the old password's token
	signIn = `{"username":"` + renamed + `","password":"unmistakable-password-2","token":"`
	token = l.do(post("/signin", signIn+l.code(secret)+`"}`), 200)["token"].(string)
	l.do(own(http.MethodPost, "/account/mfa", `{"mfa":false,"password":"wrong","token":"`+l.code(secret)+`"}`), 401)
	l.do(own(http.MethodPost, "/account/mfa", `{"mfa":false,"password":"unmistakable-password-2","token":"`+l.code(secret)+`"}`), 200)

	l.export(own)
	l.ending(own, byKey)
}

func (l *life) changeEmail(own func(method, path, body string) call, email, renamed string) {
	l.t.Helper()
	l.do(own(http.MethodPatch, "/account", `{"email":"`+renamed+`"}`), 200)
	kind, id, check := l.link(renamed)
	told, _, err := l.core.LastMail(l.t.Context(), muster.Operator(demo.ID), email)
	if err != nil || told.Kind != muster.MailEmailTold || told.NewEmail != renamed || kind != "emailchange" {
		l.t.Fatalf("the old address was told %+v, the new one %s, %v", told, kind, err)
	}
	confirm := `{"confirm":"emailchange","confirmation":"` + id + `","check":"`
	if l.do(own(http.MethodPatch, "/account", confirm+`0000000000000000"}`), 400); l.do(own(http.MethodGet, "/account", ""), 200)["account"].(map[string]any)["email"] != email {
		l.t.Error("a wrong check changes the address")
	}
	l.do(own(http.MethodPatch, "/account", `{"confirm":"emailchange","confirmation":"00000000-0000-4000-8000-000000000000","check":"`+check+`"}`), 404)
	if got := l.do(own(http.MethodPatch, "/account", confirm+check+`"}`), 200)["account"].(map[string]any)["email"]; got != renamed {
		l.t.Errorf("the address is %v", got)
	}
}

func (l *life) byLink(email, secret, era string) {
	l.t.Helper()
	post := func(path, body string) call {
		return call{method: http.MethodPost, path: path, body: body, address: "198.51.100.7"}
	}
	l.do(post("/signinlink", `{"username":"nobody-at-all"}`), map[string]int{"2022": 401, "2023": 401, "2026": 200}[era])
	l.do(post("/signinlink", `{"username":"`+strings.ToUpper(email)+`"}`), 200)
	_, id, check := l.link(email)
	l.do(post("/signinlink/"+id+"/"+check, `{}`), 403)
	l.do(post("/signinlink/"+id, `{"check":"`+check+`","token":"`+l.code(secret)+`"}`), 200)
	l.do(post("/signinlink/"+id, `{"check":"`+check+`","token":"`+l.code(secret)+`"}`), 404)
}

// export looks whether all is there that is known of the account.
func (l *life) export(own func(method, path, body string) call) {
	l.t.Helper()
	res := l.send(own(http.MethodGet, "/account/export", ""))
	var answer struct{ Data string }
	if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil {
		l.t.Fatal(err, res.Body)
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(answer.Data, "data:application/json;base64,"))
	if err != nil {
		l.t.Fatal(err)
	}
	var all struct {
		Changes, Keys []any
		Account       struct{ Password bool }
	}
	if err := json.Unmarshal(text, &all); err != nil {
		l.t.Fatal(err)
	}
	for _, known := range personal {
		if has := bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(known))); has == strings.Contains(known, "password") {
			l.t.Errorf("that the export has %q is %t", known, has)
		}
	}
	if len(all.Changes) < 8 || len(all.Keys) != 1 || !all.Account.Password {
		l.t.Errorf("%d changes, %d keys, %+v", len(all.Changes), len(all.Keys), all.Account)
	}
}

func (l *life) ending(own, byKey func(method, path, body string) call) {
	l.t.Helper()
	admin := l.signIn(l.t, "the-admin", "admin-password")
	as := func(method, path, body string) call {
		return call{method: method, path: path + "/jwt", body: body, token: admin}
	}
	l.do(as(http.MethodPost, "/admin/search/users", `{"q":"zoeunmistakable"}`), 200)
	l.do(own(http.MethodPost, "/admin/search/users", `{"q":"zoeunmistakable"}`), 403)
	borrowed := l.do(as(http.MethodGet, "/admin/impersonate/zoeunmistakable", ""), 200)["token"].(string)
	l.do(own(http.MethodGet, "/account/restrict", ""), 200)
	l.do(own(http.MethodGet, "/account", ""), 401)
	l.do(byKey(http.MethodGet, "/account", ""), 401)
	l.do(call{method: http.MethodGet, path: "/account/jwt", token: borrowed}, 401)
	l.do(call{method: http.MethodPost, path: "/signin", body: `{"username":"zoeunmistakable","password":"unmistakable-password-2"}`, address: "198.51.100.8"}, 403)
	l.do(as(http.MethodGet, "/admin/user/zoeunmistakable", ""), 200)
	l.do(as(http.MethodPatch, "/admin/user/zoeunmistakable", `{"status":1,"mfaEnabled":false}`), 200)
	token := l.do(call{method: http.MethodPost, path: "/signin", body: `{"username":"zoeunmistakable","password":"unmistakable-password-2"}`, address: "198.51.100.9"}, 200)["token"].(string)
	l.do(call{method: http.MethodDelete, path: "/account/jwt", token: token}, 200)
	l.do(call{method: http.MethodGet, path: "/account/jwt", token: token}, 401)
	l.do(byKey(http.MethodGet, "/account", ""), 401)
	l.do(call{method: http.MethodGet, path: "/users/zoeunmistakable"}, 404)
	l.do(call{method: http.MethodPost, path: "/signin", body: `{"username":"zoeunmistakable","password":"unmistakable-password-2"}`, address: "198.51.100.10"}, 401)
}

// random are members that follow from an account's id, or a secret.
var random = regexp.MustCompile(`"(qrcode|ihash)": "[^\n]*"`)

// compare holds the transcript against the one that is kept.
func (l *life) compare(file string) {
	l.t.Helper()
	for i := range l.transcript.Files {
		l.transcript.Files[i].Data = []byte(strings.NewReplacer(l.masks...).Replace(string(l.transcript.Files[i].Data)))
	}
	got := random.ReplaceAll(txtar.Format(&l.transcript), []byte(`"$1": "..."`))
	if updateLives.Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			l.t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o600); err != nil {
			l.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		l.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		l.t.Errorf("answers differ (-want +got); with -update they are written anew\n%s", diff)
	}
}

// nothingLeft looks into every byte that is kept.
func (l *life) nothingLeft(d mustertest.Database) {
	l.t.Helper()
	for range 2 { // the last mail, and then what is to be forgotten
		if err := l.postman.Pass(context.Background()); err != nil {
			l.t.Fatal(err)
		}
	}
	places := map[string][]byte{"the log": l.log.Bytes()}
	if d.URL != "" {
		places["the database"] = d.Dump(l.t)
	} else if err := l.store.Close(); err != nil { // which empties the write-ahead log
		l.t.Fatal(err)
	}
	err := filepath.WalkDir(d.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			places[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	for place, content := range places {
		for _, known := range personal {
			if bytes.Contains(bytes.ToLower(content), []byte(strings.ToLower(known))) {
				l.t.Errorf("%s has %q", place, known)
			}
		}
	}
}
