package rest

import (
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// headerMatch is the header of RFC 9110 that says which state is expected.
const headerMatch = "If-Match"

// etag is the tag of an account's state.
func etag(rev int64) string { return `"` + strconv.FormatInt(rev, 10) + `"` }

// revs reads the tags of If-Match; anything is set where it is *. Tags that are
// weak, or none of ours, match nothing (RFC 9110, 13.1.1): each is core.NoRev.
// What is no tag is refused, since whoever wrote it meant one.
func (in request) revs() (revs []int64, anything bool, err error) {
	lines, there := in.Header[headerMatch]
	rest := strings.TrimSpace(strings.Join(lines, ","))
	if !there || rest == "*" {
		return nil, there, nil
	}
	for rest = strings.TrimLeft(rest, ", \t"); rest != ""; rest = strings.TrimLeft(rest, ", \t") {
		tag, weak := strings.CutPrefix(rest, "W/")
		tag, opens := strings.CutPrefix(tag, `"`)
		tag, after, closes := strings.Cut(tag, `"`)
		if !opens || !closes || after != "" && !strings.HasPrefix(strings.TrimLeft(after, " \t"), ",") {
			return nil, false, notTag()
		}
		n, err := strconv.ParseInt(tag, 10, 64)
		if err != nil || n < 1 || weak || tag != strconv.FormatInt(n, 10) {
			n = core.NoRev
		}
		revs, rest = append(revs, n), after
	}
	if len(revs) == 0 {
		return nil, false, notTag()
	}
	return revs, false, nil
}

func notTag() error {
	return muster.Within(inHeader, muster.Within(headerMatch, muster.Errorf(muster.Invalid, "", `must be the ETag that was read, in its quotation marks, such as "3"; several by comma; or *`)))
}
