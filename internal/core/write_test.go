package core_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// A caller's deeds all go through the one door that keeps dry runs and
// read-only communities: nothing that takes a Caller writes past it.
func TestNoDeedWritesPastTheDoor(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no source", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "write.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && takesCaller(fn) && writesPast(fn) {
				t.Errorf("%s: %s takes a caller and writes past c.write", file, fn.Name.Name)
			}
		}
	}
}

func takesCaller(fn *ast.FuncDecl) bool {
	for _, p := range fn.Type.Params.List {
		if s, ok := p.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Caller" {
			return true
		}
	}
	return false
}

func writesPast(fn *ast.FuncDecl) (past bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Write") {
			if of, ok := s.X.(*ast.SelectorExpr); ok && of.Sel.Name == "store" {
				past = true
			}
		}
		return true
	})
	return past
}

// deeds are one of each kind, in an order in which all of them can be done.
func deeds(t *testing.T, w *world, ada muster.AccountID, edited int64) map[string]func(muster.Caller) error {
	t.Helper()
	ctx, ref := t.Context(), muster.RefID(ada)
	return map[string]func(muster.Caller) error{
		"edit":   func(c muster.Caller) error { _, err := w.Core.Edit(ctx, c, ref, setBio("new")); return err },
		"kick":   func(c muster.Caller) error { _, err := w.Core.Kick(ctx, c, ref, 0); return err },
		"delete": func(c muster.Caller) error { _, err := w.Core.Delete(ctx, c, ref); return err },
		"create": func(c muster.Caller) error {
			_, err := w.Core.Create(ctx, c, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some("eve")}}})
			return err
		},
		"field": func(c muster.Caller) error {
			return w.Core.PutField(ctx, c, muster.Field{ID: "new", Key: "new", Type: muster.TypeText, Scope: muster.ScopeProfile})
		},
		"rank": func(c muster.Caller) error { return w.Core.DeleteRank(ctx, c, "member") },
		"department": func(c muster.Caller) error {
			return w.Core.PutDepartment(ctx, c, muster.Department{ID: "d", Label: "D"})
		},
		"server": func(c muster.Caller) error { _, err := w.Core.PutServer(ctx, c, muster.Server{Name: "s"}); return err },
		"sync":   func(c muster.Caller) error { _, _, err := w.Core.Sync(ctx, c, ref); return err },
		"clock": func(c muster.Caller) error {
			_, err := w.Core.Clock(ctx, c, ref, muster.ClockWish{})
			return err
		},
		"undo": func(c muster.Caller) error { _, err := w.Core.Undo(ctx, c, edited, core.UndoOptions{}); return err },
		"key": func(c muster.Caller) error {
			_, secret, err := w.Core.CreateKey(ctx, c, muster.Key{ID: "fresh", Level: muster.LevelReadOne}, "")
			if err == nil && secret != "" && c.DryRun {
				err = muster.Errorf(muster.Invalid, "secret", "of a key that is not there")
			}
			return err
		},
	}
}

func TestDryRunOfEveryDeed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setRanks("member"))
		w.edit(t, ada.ID, setBio("a"))
		edited := w.last(t).Seq
		dry := w.Admin
		dry.DryRun = true
		unchanged := w.unchanged(t)
		before := w.stored(t, ada.ID)
		for name, deed := range deeds(t, w, ada.ID, edited) {
			if err := deed(dry); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			unchanged()
			if d := same(before, w.stored(t, ada.ID)); d != "" {
				t.Errorf("%s: -was +is\n%s", name, d)
			}
		}
		_, err := w.Core.UpdateCommunity(t.Context(), dry, func(c *muster.Community) { c.Name = "other" })
		wantCode(t, err, "", "")
		unchanged()
	})
}

func TestReadOnlyCommunity(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setRanks("member"))
		w.edit(t, ada.ID, setBio("a"))
		edited := w.last(t).Seq
		readOnly := func(on bool) {
			_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.ReadOnly = on })
			wantCode(t, err, "", "")
		}
		readOnly(true)
		unchanged := w.unchanged(t)
		for name, deed := range deeds(t, w, ada.ID, edited) {
			if err := deed(w.Admin); muster.CodeOf(err) != muster.ReadOnly {
				t.Errorf("%s: %v", name, err)
			}
			dry := w.Admin
			dry.DryRun = true
			if err := deed(dry); err != nil {
				t.Errorf("%s is not tried out: %v", name, err)
			}
		}
		unchanged()
		if v := w.account(t, ada.ID); v.Bio != "a" {
			t.Errorf("bio %q", v.Bio)
		}
		readOnly(false)
		w.edit(t, ada.ID, setBio("b"))
	})
}

func TestDryRunHeaderIsReadStrictly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secret := w.Key(t, key(muster.LevelAdmin))
		for text, want := range map[string]bool{"": false, "false": false, "?0": false, "true": true, "TRUE": true, "?1": true} {
			caller, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test", DryRun: text})
			wantCode(t, err, "", "")
			if caller.DryRun != want {
				t.Errorf("%q makes %v", text, caller.DryRun)
			}
		}
		for _, text := range []string{"1", "yes", "no", "0", "true,true", " "} {
			_, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test", DryRun: text})
			wantCode(t, err, muster.Invalid, muster.HeaderDryRun)
		}
	})
}
