package core

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/muster-accounts/muster"
)

// tongues are languages and regions by what people call them, in lower case:
// languages in English and in themselves, regions in English.
type tongues struct {
	languages map[string]language.Tag
	regions   map[string]language.Region
}

// known are made when the first name is looked up that is no tag.
var known = sync.OnceValue(func() tongues {
	k := tongues{map[string]language.Tag{}, map[string]language.Region{}}
	for _, tag := range display.Supported.Tags() { // general ones come before those of a region
		for _, name := range []string{display.English.Tags().Name(tag), display.Self.Name(tag)} {
			name = strings.ToLower(name)
			if _, taken := k.languages[name]; !taken && name != "" {
				k.languages[name] = tag
			}
		}
	}
	for i := range 26 * 26 { // the package lists no regions
		code := string([]byte{'A' + byte(i/26), 'A' + byte(i%26)})
		if region, err := language.ParseRegion(code); err == nil && region.IsCountry() {
			k.regions[strings.ToLower(display.English.Regions().Name(region))] = region.Canonicalize()
		}
	}
	return k
})

// languageTag is the BCP 47 tag of the language that a client names: by a tag
// in any case, or by a name such as "German", "Deutsch" or "English (United
// States)".
func languageTag(name string) (string, error) {
	if tag, err := language.Raw.Parse(name); err == nil && tag != language.Und {
		return tag.String(), nil
	}
	called, in, found := strings.Cut(strings.ToLower(name), " (")
	tag, ok := known().languages[called]
	if found && ok {
		var region language.Region
		if region, ok = known().regions[strings.TrimSuffix(in, ")")]; ok {
			composed, err := language.Raw.Compose(tag, region)
			tag, ok = composed, err == nil
		}
	}
	if !ok {
		return "", muster.Errorf(muster.Invalid, "language", "%s is no language: give a tag such as en-GB, or a name such as German", muster.Quote(name))
	}
	return tag.String(), nil
}
