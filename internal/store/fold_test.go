package store

import (
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
)

func TestFold(t *testing.T) {
	for _, names := range [][]string{
		{"ada", "ADA", "Ada"},
		{"\u0390", "\u03b9\u0308\u0301", "\u1fd3", "\u03aa\u0301"}, // folding takes it apart
		{"stra\u00dfe", "STRASSE"},
		{"\u00e9", "E\u0301"},
	} {
		for _, name := range names {
			if fold(name) != fold(names[0]) || fold(fold(name)) != fold(name) {
				t.Errorf("%+q folds to %+q, %+q to %+q", name, fold(name), names[0], fold(names[0]))
			}
		}
	}
}

// TestNamesThatNobodyHas sees to it that what PostgreSQL would fail at never
// reaches an engine: with the transaction lost, every statement fails.
func TestNamesThatNobodyHas(t *testing.T) { eachDemo(t, testNamesThatNobodyHas) }

func testNamesThatNobodyHas(t *testing.T, s *Store) {
	t.Helper()
	for _, name := range []string{"\x00", "a\x00b", "\xff", "\xc3\x28", strings.Repeat("x", longestName+1)} {
		err := s.Read(t.Context(), func(tx *Tx) error {
			tx.err = errLost
			handles := muster.Ref{{By: muster.ByIdentity, Provider: name, Value: "x"}}
			for _, by := range []muster.HandleKind{muster.ByID, muster.ByNumber, muster.ByUsername, muster.ByEmail, muster.ByIdentity} {
				handles = append(handles, muster.Handle{By: by, Provider: "discord", Value: name})
			}
			for _, h := range handles {
				if _, found, err := tx.Find("demo", h); found || err != nil {
					t.Errorf("%.20q: found %v, %v", h, found, err)
				}
			}
			_, e1 := tx.CommunityNamed(name)
			_, e2 := tx.Account("demo", muster.AccountID(name))
			_, e3 := tx.Key("demo", muster.KeyID(name))
			for _, err := range []error{e1, e2, e3} {
				if muster.CodeOf(err) != muster.NotFound {
					t.Errorf("%.20q: got %v", name, err)
				}
			}
			tx.err = nil
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
