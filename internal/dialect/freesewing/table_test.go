package freesewing_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// Section 5 of the contract, row by row: what an update takes, and that what
// the original ignores in silence is refused here with nothing written.
func TestUpdate(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		body, member string
		want         any
	}{
		{`{"bio":"Two\nlines"}`, "bio", "Two\nlines"}, {`{"bio":""}`, "bio", ""},
		{`{"consent":2}`, "consent", 2.0}, {`{"consent":"3"}`, "consent", 3.0}, {`{"consent":1.0}`, "consent", 1.0},
		{`{"control":5}`, "control", 5.0}, {`{"control":" 2 "}`, "control", 2.0},
		{`{"imperial":true}`, "imperial", true}, {`{"newsletter":true}`, "newsletter", true}, {`{"compare":true}`, "compare", true},
		{`{"language":"nl"}`, "language", "nl"},
		{`{"github":"@octocat"}`, "github", "octocat"}, {`{"github":"a@b"}`, "github", "b"}, {`{"github":""}`, "github", ""},
		{`{"data":{"a":{"b":[1,"x"]}}}`, "data", map[string]any{"a": map[string]any{"b": []any{1.0, "x"}}}},
		{`{"data":{"c":null,"a":1}}`, "data", map[string]any{"a": 1.0, "c": nil}}, {`{"data":{"a":12345678901234567890}}`, "language", "nl"}, {`{"data":{"c":1}}`, "control", 2.0},
		{`{"username":"  Sew-It-All  "}`, "username", "Sew-It-All"}, {`{"bio":"x"}`, "lusername", "sew-it-all"},
		{`{"username":"<script>"}`, "username", "<script>"}, {`{"username":"DEMO-user"}`, "username", "DEMO-user"},
		{`{"email":"TEST_54c6856275aaa8a1@freesewing.dev"}`, "email", demo.MakerEmail},
		{`{"role":"admin","status":-2,"patron":8,"id":1,"uuid":"x","initial":"y","mfaEnabled":true}`, "role", "user"},
		{`{}`, "patron", 0.0}, {`{"id":1}`, "id", 14.0}, {`{"initial":"y"}`, "initial", demo.MakerEmail},
	} {
		res := w.update(c.body)
		got := accountIn(t, res)[c.member]
		if text, want := fmt.Sprint(got), fmt.Sprint(c.want); text != want {
			t.Errorf("%s: %s, want %s", c.body, text, want)
		}
		if text, want := fmt.Sprint(w.maker(t)[c.member]), fmt.Sprint(c.want); text != want {
			t.Errorf("%s: a read shows %s, want %s", c.body, text, want)
		}
	}
	before := w.newest(t)
	for body, key := range map[string]string{
		`{"bio":null}`: "bioInvalid", `{"bio":["x"]}`: "bioInvalid", `{"consent":null}`: "consentInvalid", `{"consent":4}`: "consentInvalid",
		`{"consent":-1}`: "consentInvalid", `{"consent":1.5}`: "consentInvalid", `{"consent":true}`: "consentInvalid", `{"control":0}`: "controlInvalid",
		`{"control":6}`: "controlInvalid", `{"control":"all"}`: "controlInvalid", `{"imperial":"true"}`: "imperialInvalid", `{"newsletter":1}`: "newsletterInvalid",
		`{"compare":null}`: "compareInvalid", `{"language":"en-GB"}`: "languageInvalid", `{"language":5}`: "languageInvalid", `{"github":{}}`: "githubInvalid",
		`{"data":"x"}`: "dataInvalid", `{"data":[1]}`: "dataInvalid", `{"data":null}`: "dataInvalid", `{"username":"someusername"}`: "usernameTaken",
		`{"username":""}`: "usernameInvalid", `{"username":7}`: "usernameInvalid", `{"username":"a\u0000b"}`: "usernameInvalid", `{"password":""}`: "passwordInvalid",
		`{"password":5}`: "passwordInvalid", `{"password":null}`: "passwordInvalid", `{"email":5}`: "emailInvalid", `{"img":5}`: "imgInvalid",
		`{"img":"data:image/svg+xml;base64,PHN2Zy8+"}`: "imgInvalid", `{"img":"data:image/png;base64,%%%"}`: "imgInvalid", `{"img":"data:image/png,x"}`: "imgInvalid",
		`{"img":"https://example.org/x.png"}`: "imgInvalid",
	} {
		res := w.update(`{"newsletter":false,` + body[1:])
		var answer struct{ Result, Error, Message string }
		if body == `{"newsletter":1}` {
			res = w.update(body)
		}
		if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || res.Code != http.StatusBadRequest || answer.Error != key || answer.Result != "error" || answer.Message == "" {
			t.Errorf("%s: %d %s, want %s", body, res.Code, res.Body, key)
		}
	}
	if after := w.newest(t); after != before {
		t.Errorf("%d changes were written by refused requests", after-before)
	}
}

// pictureURI is a data URI of a picture, and of what it claims to be.
func pictureURI(t *testing.T, kind string) string {
	t.Helper()
	p := image.NewNRGBA(image.Rect(0, 0, 800, 400))
	p.Set(3, 3, color.Black)
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestImage(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []string{"image/png", "image/jpeg", "text/html"} { // what it claims does not count
		shown, _ := accountIn(t, w.update(`{"img":"`+pictureURI(t, kind)+`"}`))["img"].(string)
		if !strings.HasPrefix(shown, "https://accounts.example.org/media/demo/"+string(demo.MakerID)+"/") || !strings.HasSuffix(shown, ".png") {
			t.Errorf("%s: %s", kind, shown)
		}
	}
	v, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.RefID(demo.MakerID))
	if err != nil {
		t.Fatal(err)
	}
	content, err := w.core.PictureContent(t.Context(), demo.ID, demo.MakerID, v.Picture)
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err := image.Decode(bytes.NewReader(content)); err != nil || p.Bounds().Dx() != 512 || p.Bounds().Dy() != 256 {
		t.Errorf("%v, %v", p.Bounds(), err)
	}
	if got := accountIn(t, w.update(`{"img":""}`))["img"]; got != "https://accounts.example.org/media/avatar.svg" {
		t.Errorf("no picture is %v", got)
	}
	large := w.update(`{"bio":"` + strings.Repeat("x", 12<<20) + `"}`)
	if large.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("12 MB and more: %d", large.Code)
	}
}

// A password takes the place of the old one, and ends the tokens made with it;
// whoever changes it gets a new token along. Nothing of it is logged or kept
// in history.
func TestPassword(t *testing.T) {
	w := newWorld(t)
	old := w.signIn(t, "demo-user", "demo-password")
	res := w.send(call{method: http.MethodPut, path: "/account/jwt", token: old, body: `{"password":"n3w-passw0rd","bio":"with it"}`})
	var answer struct{ Token string }
	if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || res.Code != http.StatusOK || answer.Token == "" {
		t.Fatal(res.Code, res.Body)
	}
	for token, status := range map[string]int{old: 401, answer.Token: 200} {
		if res := w.send(call{method: http.MethodGet, path: "/account/jwt", token: token}); res.Code != status {
			t.Errorf("%d, want %d", res.Code, status)
		}
	}
	if res := w.send(call{method: http.MethodPost, path: "/signin", body: `{"username":"demo-user","password":"demo-password"}`}); res.Code != http.StatusUnauthorized {
		t.Errorf("the old password: %d", res.Code)
	}
	w.signIn(t, "14", "n3w-passw0rd")
	w.update(`{"password":"another-0ne"}`)
	if res := w.send(call{method: http.MethodGet, path: "/account/jwt", token: answer.Token}); res.Code != http.StatusUnauthorized {
		t.Errorf("a token of before: %d", res.Code)
	}
	history, err := w.core.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	for name, where := range map[string]string{"history": string(text), "log": w.log.String()} {
		for _, secret := range []string{"n3w-passw0rd", "another-0ne", "demo-password", "argon2", old, demo.MakerSecret} {
			if strings.Contains(where, secret) {
				t.Errorf("%s is in the %s", secret, name)
			}
		}
	}
}

// Tokens that were not made for whom they claim.
func TestForgedTokens(t *testing.T) {
	w := newWorld(t)
	good := w.signIn(t, "demo-user", "demo-password")
	parts := strings.Split(good, ".")
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	other := strings.ReplaceAll(string(claims), string(demo.MakerID), "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa")
	foreign := strings.ReplaceAll(string(claims), demo.UUID, "00000000-0000-4000-8000-000000000000")
	for name, token := range map[string]string{
		"alg none":          encode(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + ".",
		"alg none, signed":  encode(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + "." + parts[2],
		"alg RS256":         encode(`{"alg":"RS256","typ":"JWT"}`) + "." + parts[1] + "." + parts[2],
		"another account":   parts[0] + "." + encode(other) + "." + parts[2],
		"another community": parts[0] + "." + encode(foreign) + "." + parts[2],
		"no signature":      parts[0] + "." + parts[1] + ".",
		"cut":               good[:len(good)-1], "twice": good + "." + good, "nothing": "x",
	} {
		res := w.send(call{method: http.MethodGet, path: "/account/jwt", token: token})
		if res.Code != http.StatusUnauthorized || res.Body.String() != "Unauthorized" {
			t.Errorf("%s: %d %s", name, res.Code, res.Body)
		}
	}
	if res := w.send(call{method: http.MethodGet, path: "/account/jwt", token: good}); res.Code != http.StatusOK {
		t.Error(res.Code)
	}
	w.clock.Advance(core.TokenLife)
	if res := w.send(call{method: http.MethodGet, path: "/account/jwt", token: good}); res.Code != http.StatusUnauthorized {
		t.Errorf("expired: %d", res.Code)
	}
}

// The defects of section 8 that these routes can have, and those of the
// tracker that they are to blame for.
func TestDefectsOfTheOriginal(t *testing.T) {
	for name, check := range map[string]func(t *testing.T, w aWorld){
		"an unknown key ends the process": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: "99999999-9999-4999-8999-999999999999"}), 401, "Unauthorized")
		},
		"a key that is no UUID": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: "x", secret: "\x00"}), 401, "Unauthorized")
		},
		"a numeric password ends the process": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodPost, path: "/signin", body: `{"username":"demo-user","password":12345}`}), 400, `"passwordInvalid"`)
		},
		"an empty password ends the process": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.update(`{"password":""}`), 400, `"passwordInvalid"`)
		},
		"a token of before a restart ends the process": func(t *testing.T, w aWorld) {
			t.Helper()
			token := w.signIn(t, "demo-user", "demo-password")
			if err := w.core.BindSecret(t.Context(), mustertest.Secret(t)); err != nil { // as the next start does
				t.Fatal(err)
			}
			want(t, w.send(call{method: http.MethodGet, path: "/account/jwt", token: token}), 200, `"success"`)
		},
		"expired keys keep working": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: expiredKey}), 401, "Unauthorized")
			made := struct {
				Apikey struct{ Key, Secret string }
			}{}
			res := w.send(call{method: http.MethodPost, path: "/apikeys/key", key: demo.MakerKey, body: `{"name":"short","level":4,"expiresIn":60}`})
			if err := json.Unmarshal(res.Body.Bytes(), &made); err != nil || res.Code != http.StatusCreated || len(made.Apikey.Secret) != 64 {
				t.Fatal(res.Code, res.Body)
			}
			use := call{method: http.MethodGet, path: "/account/key", key: muster.KeyID(made.Apikey.Key), secret: made.Apikey.Secret}
			want(t, w.send(use), 200, `"success"`)
			w.clock.Advance(61e9)
			want(t, w.send(use), 401, "Unauthorized")
		},
		"a read key makes one that writes": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodPost, path: "/apikeys/key", key: readOnlyKey, body: `{"name":"n","level":4,"expiresIn":60}`}), 400, "keyLevelExceedsRoleLevel")
			want(t, w.send(call{method: http.MethodPost, path: "/apikeys/key", key: readOnlyKey, body: `{"name":"n","level":1,"expiresIn":60}`}), 403, "insufficientAccessLevel")
		},
		"a short-lived key makes one that outlives it": func(t *testing.T, w aWorld) {
			t.Helper()
			var made struct {
				Apikey struct{ Key, Secret string }
			}
			res := w.send(call{method: http.MethodPost, path: "/apikeys/key", key: demo.MakerKey, body: `{"name":"short","level":4,"expiresIn":60}`})
			if err := json.Unmarshal(res.Body.Bytes(), &made); err != nil {
				t.Fatal(err)
			}
			long := call{method: http.MethodPost, path: "/apikeys/key", key: muster.KeyID(made.Apikey.Key), secret: made.Apikey.Secret, body: `{"name":"long","level":4,"expiresIn":61}`}
			want(t, w.send(long), 403, "insufficientAccessLevel")
		},
		"who is no admin any more keeps an admin's key": func(t *testing.T, w aWorld) {
			t.Helper()
			change := call{method: http.MethodPatch, path: "/account/14/key", key: adminKey, body: `{"bio":"x"}`}
			want(t, w.send(change), 200, `"bio":"x"`)
			lowered := muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.LevelUser)}}
			if _, err := w.core.Edit(t.Context(), muster.Operator(demo.ID), muster.RefNumber(5001), lowered); err != nil {
				t.Fatal(err)
			}
			want(t, w.send(change), 403, "insufficientAccessLevel")
		},
		"anybody reads anybody's keys": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/apikeys/" + adminKey + "/key", key: demo.MakerKey}), 404, "notFound")
			want(t, w.send(call{method: http.MethodDelete, path: "/apikeys/" + adminKey + "/key", key: demo.MakerKey}), 404, "notFound")
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: adminKey}), 200, `"success"`)
		},
		"a read key ends others": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodDelete, path: "/apikeys/" + string(demo.MakerKey) + "/key", key: readOnlyKey}), 403, "insufficientAccessLevel")
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: demo.MakerKey}), 200, `"success"`)
		},
		"a body without a username ends the process": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodPost, path: "/available/username/key", key: demo.MakerKey, body: "{}"}), 400, "usernameMissing")
		},
		"an address that is no text ends the process": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodPost, path: "/signup", body: `{"email":{"a":1},"language":"en"}`}), 400, "emailMissing")
			want(t, w.send(call{method: http.MethodPost, path: "/signup", body: `{"email":"no address","language":"en"}`}), 400, "emailInvalid")
			want(t, w.send(call{method: http.MethodPost, path: "/signup", body: `{"email":"a@example.org"}`}), 400, "languageMissing")
			want(t, w.send(call{method: http.MethodPost, path: "/signup", body: `{"email":"a@example.org","language":"xx"}`}), 400, "unsupportedLanguage")
		},
		"whoever signs up makes themselves admin": func(t *testing.T, w aWorld) {
			t.Helper()
			body := `{"email":"climber@example.org","language":"en","test":true,"unittest":true,"role":"admin","status":1,"confirmation":true}`
			res := w.send(call{method: http.MethodPost, path: "/signup", body: body})
			want(t, res, 201, "climber@example.org")
			v, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.Ref{{By: muster.ByEmail, Value: "climber@example.org"}})
			if err != nil || v.Standing.SignsInAt() != muster.LevelUser || v.MaySignIn() || strings.Contains(res.Body.String(), `"confirmation"`) {
				t.Errorf("%+v, %v, %s", v.Standing, err, res.Body)
			}
		},
		"the search tells the secrets of one-time codes": func(t *testing.T, w aWorld) {
			t.Helper()
			token := w.signIn(t, "demo-user", "demo-password")
			var setup struct{ MFA struct{ Secret string } }
			res := w.send(call{method: http.MethodPost, path: "/account/mfa/jwt", token: token, body: `{"mfa":true}`})
			if err := json.Unmarshal(res.Body.Bytes(), &setup); err != nil || setup.MFA.Secret == "" {
				t.Fatal(err, res.Body)
			}
			for _, q := range []string{"demo-user", demo.MakerEmail} {
				res := w.send(call{method: http.MethodPost, path: "/admin/search/users/key", key: adminKey, body: `{"q":"` + q + `"}`})
				if want(t, res, 200, `"demo-user"`); strings.Contains(res.Body.String(), setup.MFA.Secret) {
					t.Error(res.Body)
				}
			}
			want(t, w.send(call{method: http.MethodPost, path: "/admin/search/users/key", key: demo.MakerKey, body: `{"q":"demo-user"}`}), 403, "insufficientAccessLevel")
		},
		"to close an account removes it": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/account/restrict/key", key: demo.MakerKey}), 200, `"data":{}`)
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: demo.MakerKey}), 401, "Unauthorized")
			want(t, w.send(call{method: http.MethodGet, path: "/admin/user/demo-user/key", key: adminKey}), 200, `"status":-1`)
		},
		"profiles and sign-up are open": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/users/14"}), 200, `"username":"demo-user"`)
			want(t, w.send(call{method: http.MethodGet, path: "/users/waiting"}), 404, "notFound") // nobody has confirmed it
			_, err := w.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(c *muster.Community) {
				c.Settings.SignUp, c.Settings.PublicProfiles = false, false
			})
			if err != nil {
				t.Fatal(err)
			}
			want(t, w.send(call{method: http.MethodGet, path: "/users/14"}), 403, "insufficientAccessLevel")
			want(t, w.send(call{method: http.MethodPost, path: "/signup", body: `{"email":"a@example.org","language":"en"}`}), 403, "signUpClosed")
		},
		"a read key removes the account": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodDelete, path: "/account/key", key: readOnlyKey}), 403, "insufficientAccessLevel")
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: readOnlyKey}), 200, `"success"`)
		},
		"a read key updates": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodPatch, path: "/account/key", key: readKey, body: `{"bio":"x"}`}), 403, "insufficientAccessLevel")
		},
		"a key's secret with another key's id": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: adminKey, secret: demo.MakerSecret}), 401, "Unauthorized")
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: demo.MakerKey, secret: "secret-" + adminKey}), 401, "Unauthorized")
		},
		"another community's key": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.send(call{method: http.MethodGet, path: "/account/14/key", key: otherKey}), 404, "notFound")
			want(t, w.send(call{method: http.MethodGet, path: "/c/demo/account/14/key", key: otherKey}), 401, "Unauthorized")
		},
		"whoever updates makes themselves admin": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.update(`{"role":"admin","level":8,"status":1}`), 200, `"role":"user"`)
		},
		"a taken username ends the process, or is passed over in silence": func(t *testing.T, w aWorld) {
			t.Helper()
			want(t, w.update(`{"bio":"x","username":"The-Admin"}`), 400, "usernameTaken")
			want(t, w.send(call{method: http.MethodGet, path: "/account/key", key: demo.MakerKey}), 200, `"bio":"I sew."`)
		},
		"a picture outlives its account": func(t *testing.T, w aWorld) {
			t.Helper()
			accountIn(t, w.update(`{"img":"`+pictureURI(t, "image/png")+`"}`))
			v, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.RefID(demo.MakerID))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.core.Delete(t.Context(), muster.Operator(demo.ID), muster.RefID(demo.MakerID)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.core.PictureContent(t.Context(), demo.ID, demo.MakerID, v.Picture); muster.CodeOf(err) != muster.NotFound {
				t.Error(err)
			}
		},
		"nobody can consent who has not consented": func(t *testing.T, w aWorld) {
			t.Helper()
			var answer struct{ Token string }
			res := w.send(call{method: http.MethodPost, path: "/signin", body: `{"username":"undecided","password":"admin-password"}`})
			if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || res.Code != http.StatusUnavailableForLegalReasons {
				t.Fatal(res.Code, res.Body)
			}
			want(t, w.send(call{method: http.MethodGet, path: "/account/jwt", token: answer.Token}), 401, "Unauthorized")
			want(t, w.send(call{method: http.MethodGet, path: "/whoami/jwt", token: answer.Token}), 451, `"error":{"error":"consentLacking"}`)
			want(t, w.send(call{method: http.MethodPatch, path: "/consent/jwt", token: answer.Token, body: `{"consent":3}`}), 400, "consentInvalid")
			want(t, w.send(call{method: http.MethodPatch, path: "/consent/jwt", token: answer.Token, body: `{"consent":1}`}), 200, `"consent":1`)
			want(t, w.send(call{method: http.MethodGet, path: "/account/jwt", token: answer.Token}), 200, `"username":"undecided"`)
			want(t, w.send(call{method: http.MethodGet, path: "/whoami/jwt", token: answer.Token}), 200, `"username":"undecided"`)
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); check(t, newWorld(t)) })
	}
}

func want(t *testing.T, res interface {
	Result() *http.Response
}, status int, text string) {
	t.Helper()
	r := res.Result()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != status || !strings.Contains(b.String(), text) {
		t.Errorf("%d %.300s, want %d and %s", r.StatusCode, b.String(), status, text)
	}
}

// What others merge into data at the same time stays.
func TestDataInParallel(t *testing.T) {
	w := newWorld(t)
	const writers = 4
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			if res := w.update(fmt.Sprintf(`{"data":{"%d":true}}`, i)); res.Code != http.StatusOK {
				t.Error(res.Code, res.Body)
			}
		})
	}
	group.Wait()
	if data, _ := w.maker(t)["data"].(map[string]any); len(data) != writers {
		t.Errorf("%v", data)
	}
}

// Attempts are counted by address and by account, whoever asks for whom.
func TestAttemptsAreLimited(t *testing.T) {
	w := newWorld(t)
	try := func(address, username string) int {
		return w.send(call{method: http.MethodPost, path: "/signin", address: address, body: `{"username":"` + username + `","password":"wrong"}`}).Code
	}
	for range 10 {
		if code := try("203.0.113.1", "demo-user"); code != http.StatusUnauthorized {
			t.Fatal(code)
		}
	}
	res := w.send(call{method: http.MethodPost, path: "/signin", address: "203.0.113.1", body: `{"username":"Demo-User","password":"demo-password"}`})
	if res.Code != http.StatusTooManyRequests || res.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", res.Code, res.Header())
	}
	want(t, w.send(call{method: http.MethodPost, path: "/signin", address: "203.0.113.2", body: `{"username":"demo-user","password":"demo-password"}`}), 200, "token")
	for i := range 19 {
		if code := try("203.0.113.1", fmt.Sprint("nobody", i)); code != http.StatusUnauthorized {
			t.Fatal(i, code)
		}
	}
	if code := try("203.0.113.1", "somebody"); code != http.StatusTooManyRequests {
		t.Errorf("the 31st from one address: %d", code)
	}
}

// BenchmarkSignIn is a refused sign-in for a known and for an unknown name.
func BenchmarkSignIn(b *testing.B) {
	c := core.New(copies(b, mustertest.Embedded).Open(b), demo.Now)
	for _, name := range []string{demo.MakerUsername, "nobody"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.SignIn(b.Context(), core.SignIn{Visitor: core.Visitor{Dialect: "freesewing"}, Name: name, Password: "wrong"}); muster.CodeOf(err) != muster.Unauthenticated {
					b.Fatal(err)
				}
			}
		})
	}
}
