package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// A backup is what was committed when it was asked for, while the store is in
// use; restored it is a store like the first.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	st := mustertest.Open(t, dir)
	communities(t, st, "c")
	insert(t, st, account("c", 1))
	file := filepath.Join(t.TempDir(), "backup")
	if err := store.Backup(t.Context(), dir, file); err != nil {
		t.Fatal(err)
	}
	insert(t, st, account("c", 2))
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := store.Backup(t.Context(), dir, file); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("it was replaced: %v", err)
	}
	to := t.TempDir()
	if err := store.Restore(t.Context(), file, to); err != nil {
		t.Fatal(err)
	}
	if err := store.Restore(t.Context(), file, to); err == nil {
		t.Error("what was there was replaced")
	}
	again := mustertest.Open(t, to)
	if _, err := readAccount(t, again, "c", account("c", 1).ID); err != nil {
		t.Error(err)
	}
	if _, err := readAccount(t, again, "c", account("c", 2).ID); err == nil {
		t.Error("the backup has what came after it")
	}
	if found, err := again.Damage(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
	for _, d := range []string{to, filepath.Dir(file)} {
		if left, _ := filepath.Glob(filepath.Join(d, ".*")); len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
	}
}

// A database that nobody has open can be backed up as well.
func TestBackupOfARestingDatabase(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	communities(t, st, "c")
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if err := store.Backup(t.Context(), dir, file); err != nil {
		t.Fatal(err)
	}
	if err := store.Restore(t.Context(), file, t.TempDir()); err != nil {
		t.Error(err)
	}
}

// What is no whole backup is not restored, and nothing is left of the attempt.
func TestRestoreRefuses(t *testing.T) {
	dir := t.TempDir()
	st := mustertest.Open(t, dir)
	communities(t, st, "c")
	for n := range 200 {
		insert(t, st, account("c", int64(n+1)))
	}
	good := filepath.Join(t.TempDir(), "good")
	if err := store.Backup(t.Context(), dir, good); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte{}, content...)
	for i := len(damaged) / 2; i < len(damaged)/2+8192; i++ {
		damaged[i] = 0xa5
	}
	rotten := bytes.Replace(content, []byte("user150"), []byte("user15\x00"), 1) // a row and its index disagree
	empty := filepath.Join(t.TempDir(), "empty.db")
	if _, err := bareFile(t, empty).ExecContext(t.Context(), `CREATE TABLE other (a TEXT)`); err != nil {
		t.Fatal(err)
	}
	from := t.TempDir()
	for name, content := range map[string][]byte{"damaged": damaged, "rotten": rotten, "cut": content[:len(content)/2], "text": []byte("hello")} {
		if err := os.WriteFile(filepath.Join(from, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]string{
		filepath.Join(from, "damaged"): "", filepath.Join(from, "cut"): "", filepath.Join(from, "text"): "", filepath.Join(from, "none"): "",
		filepath.Join(from, "rotten"): "it is damaged: ", empty: "nothing of muster", filepath.Join(dir, store.File): "a database in use",
	} {
		to := t.TempDir()
		err := store.Restore(t.Context(), file, to)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
		if left, _ := os.ReadDir(to); len(left) > 0 {
			t.Errorf("%s left %v", file, left)
		}
	}
}
