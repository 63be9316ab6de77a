package core_test

import (
	"testing"

	"github.com/muster-accounts/muster"
)

func TestLanguages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		sam := w.Account(t, "sam", muster.Edit{})
		for given, want := range map[string]string{
			"de": "de", "EN-us": "en-US", "en_GB": "en-GB", "sr-Latn-RS": "sr-Latn-RS", "no": "no", "x-klingon": "x-klingon",
			"English": "en", "german": "de", "Deutsch": "de", "Português": "pt", "Portuguese (Brazil)": "pt-BR",
			"English (United States)": "en-US", "German (Austria)": "de-AT", "": "",
		} {
			if v := w.edit(t, sam.ID, muster.Edit{Language: muster.Some(given)}); v.Language != want {
				t.Errorf("%q is kept as %q, want %q", given, v.Language, want)
			}
		}
		for _, none := range []string{"xx", "und", "not a language", "German (Nowhere)", "Nowhere (Germany)", "(", " (", "en-"} {
			_, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(sam.ID), muster.Edit{Language: muster.Some(none)})
			wantCode(t, err, muster.Invalid, "language")
		}
	})
}
