package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// Of a large undo people see the first hundred, how many more there are, and
// what is refused among those.
func TestPreviewOfManyUndos(t *testing.T) {
	w := newWorld(t, mustertest.Embedded)
	all := make([]core.Undone, 150)
	for i := range all {
		bio := muster.Members{Bio: muster.Some("b")}
		all[i] = core.Undone{Change: muster.Change{Seq: int64(1150 - i)}, Outcome: core.OutcomeUndone, By: &muster.Change{Deed: muster.DeedEdit, Before: bio}}
	}
	for _, i := range []int{20, 120} {
		all[i].Outcome, all[i].By, all[i].Err = core.OutcomeRefused, nil, muster.Errorf(muster.Conflict, "bio", "is theirs")
	}
	out := undone{Matched: len(all), Counts: map[core.UndoOutcome]int{core.OutcomeUndone: 148, core.OutcomeRefused: 2}}
	for from := 0; from < len(all); from += 50 {
		if err := out.add(from, all[from:from+50]); err != nil {
			t.Fatal(err)
		}
	}
	var text bytes.Buffer
	cmd := historyUndo{DryRun: true}
	if err := cmd.preview(&program{ctx: t.Context(), out: &text}, w.core, muster.Operator(demo.ID), out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")
	if len(lines) != 108 || lines[2] != "1150         edit  bio: b -> none" || lines[22] != "1130               refused: bio: is theirs" {
		t.Fatalf("%d lines: %s", len(lines), text.String())
	}
	if got := strings.Join(lines[102:], "\n"); got != "and 50 more\nChanges              150\nWould be taken back  148\nRefused              2\nChange 1030          bio: is theirs\n" {
		t.Errorf("it ends in %q", got)
	}
}
