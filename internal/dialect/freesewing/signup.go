package freesewing

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// visitor is who a call without a credential comes from.
func visitor(in request) core.Visitor {
	return core.Visitor{Community: communityOf(in.Request), Dialect: Name, RequestID: in.Header.Get("X-Request-Id"), DryRun: in.Header.Get(muster.HeaderDryRun)}
}

// linkForm is what the original's mailed links look like: pages of the front
// end, in the reader's language.
func linkForm(e era) core.LinkForm {
	pages := map[muster.LinkKind]string{
		muster.LinkSignUp: "signup", muster.LinkSignIn: "signin", muster.LinkEmail: "emailchange", muster.LinkReset: "passwordreset",
	}
	return core.LinkForm{Digits: e.digits, Path: func(l core.LinkPath) string {
		path := "/confirm/" + pages[l.Kind] + "/" + l.ID + "/" + l.Check
		if language, _, _ := strings.Cut(l.Language, "-"); language != "en" && slices.Contains(languages, language) {
			path = "/" + language + path
		}
		return path
	}}
}

// textMember is a text that a call cannot do without; key is what it is
// refused by.
func textMember(in request, name, key string) (string, error) {
	s, ok := in.body[name].(string)
	if s = strings.TrimSpace(s); !ok || s == "" {
		return "", refusal{http.StatusBadRequest, key, name + ": must be a text"}
	}
	return s, nil
}

// signUp is POST /signup.
func (d *Dialect) signUp(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	email, err := textMember(in, "email", "emailMissing")
	if err != nil {
		return answer{}, err
	}
	language, err := wantedLanguage(in)
	if err != nil {
		return answer{}, err
	}
	if err := d.allowSignIn(in, email); err != nil {
		return answer{}, err
	}
	known, err := d.core.SignUp(ctx, core.SignUp{
		Visitor: visitor(in), Form: linkForm(in.era),
		Edit: muster.Edit{
			Email: muster.Some(email), Language: muster.Some(language), Values: muster.Values{fieldInitial: muster.Text(email)},
		},
	})
	if err == nil && known && in.era.tellsKnown {
		err = refusal{http.StatusBadRequest, "emailExists", "email: has an account already"}
	}
	return answer{status: http.StatusCreated, Result: in.era.signedUp, Email: email}, shutOut(err)
}

func wantedLanguage(in request) (string, error) {
	language, ok := in.body["language"].(string)
	switch {
	case ok && slices.Contains(languages, language):
		return language, nil
	case !in.era.needsLanguage:
		return "en", nil
	case !ok || language == "":
		return "", refusal{http.StatusBadRequest, "languageMissing", "language: must be a text"}
	}
	return "", refusal{http.StatusBadRequest, "unsupportedLanguage", "language: must be one of " + strings.Join(languages, ", ")}
}

// linkUse is the link that a path names, with the check of the path or body.
func linkUse(in request) (core.LinkUse, error) {
	use := core.LinkUse{Visitor: visitor(in), ID: in.PathValue("id")}
	check := in.PathValue("check")
	if check == "" {
		check, _ = in.body["check"].(string)
	}
	if check != "" {
		use.Check = muster.Some(check)
	} else if in.era.needsCheck {
		return use, refusal{http.StatusBadRequest, "checkMissing", "check: must be a text"}
	}
	return use, nil
}

// readLink is GET /confirmations/{id}/{check}: whether a link is good.
func (d *Dialect) readLink(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	use, err := linkUse(in)
	if err != nil {
		return answer{}, err
	}
	if err := d.allowSignIn(in, use.ID); err != nil {
		return answer{}, err
	}
	if err := d.core.LinkGood(ctx, use); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, Result: "success", Confirmation: &confirmation{use.ID, use.Check.Value}}, nil
}

type confirmation struct {
	ID    string `json:"id"`
	Check string `json:"check"`
}

// confirmSignUp is POST /confirm/signup/{id}.
func (d *Dialect) confirmSignUp(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	consent, ok := integer(in.body["consent"])
	if !ok || consent < 1 {
		return answer{}, refusal{http.StatusBadRequest, "consentRequired", "consent: must be a number from 1"}
	}
	use, err := linkUse(in)
	if err != nil {
		return answer{}, err
	}
	if err := d.allowSignIn(in, use.ID); err != nil {
		return answer{}, err
	}
	c, err := d.core.ConfirmSignUp(ctx, use, muster.Edit{Values: muster.Values{fieldConsent: consent}})
	if err != nil {
		return answer{}, shutOut(err)
	}
	return d.signedIn(ctx, c, in)
}

// mailSignIn is POST /signinlink.
func (d *Dialect) mailSignIn(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	name, err := credential(in.body["username"], "username")
	if err != nil {
		return answer{}, err
	}
	if err := d.allowSignIn(in, name); err != nil {
		return answer{}, err
	}
	err = d.core.MailSignIn(ctx, visitor(in), name, linkForm(in.era), !in.era.quiet)
	return answer{status: http.StatusOK, Result: "emailSent"}, err
}

// signInByLink is POST /signinlink/{id}/{check}, and /signinlink/{id} with the
// check in the body.
func (d *Dialect) signInByLink(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	use, err := linkUse(in)
	if err == nil && !use.Check.Set {
		err = refusal{http.StatusBadRequest, "checkMissing", "check: must be a text"}
	}
	if err == nil {
		err = d.allowSignIn(in, use.ID)
	}
	if err != nil {
		return answer{}, err
	}
	code, err := code(in)
	if err != nil {
		return answer{}, err
	}
	c, err := d.core.SignInByLink(ctx, use, code)
	if err != nil {
		return answer{}, shutOut(err)
	}
	return d.signedIn(ctx, c, in)
}

// mailReset is POST /passwordreset, Muster's own: the original's users have
// long asked for it. Whether there is such an account is not told.
func (d *Dialect) mailReset(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	name, err := credential(in.body["username"], "username")
	if err != nil {
		return answer{}, err
	}
	if err := d.allowSignIn(in, name); err != nil {
		return answer{}, err
	}
	err = d.core.MailReset(ctx, visitor(in), name, linkForm(in.era))
	return answer{status: http.StatusOK, Result: "emailSent"}, err
}

// resetPassword is POST /passwordreset/{id}.
func (d *Dialect) resetPassword(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	use, err := linkUse(in)
	if err == nil && !use.Check.Set {
		err = refusal{http.StatusBadRequest, "checkMissing", "check: must be a text"}
	}
	if err == nil {
		err = d.allowSignIn(in, use.ID)
	}
	if err != nil {
		return answer{}, err
	}
	text, err := credential(in.body["password"], "password")
	if err != nil {
		return answer{}, err
	}
	password, err := core.NewPassword(ctx, text)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, Result: "success"}, shutOut(d.core.ResetPassword(ctx, use, password))
}
