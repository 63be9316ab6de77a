package core

import "testing"

// Whatever is a language is kept as a tag that is that language.
func FuzzLanguageTag(f *testing.F) {
	for _, seed := range []string{"de", "en_US", "English (United States)", "x-a", "sr-Latn-RS-u-co-phonebk", "und", "(", " (", "i-klingon"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		tag, err := languageTag(name)
		if err != nil {
			return
		}
		if again, err := languageTag(tag); err != nil || again != tag {
			t.Errorf("%q is %q, and that is %q (%v)", name, tag, again, err)
		}
	})
}
