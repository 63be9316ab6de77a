package mail

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/muster-accounts/muster/internal/seal"
)

// maxFiles is how many messages a folder keeps; the oldest make way. They hold
// links that open accounts, and nobody else would clear them away.
const maxFiles = 1000

// folder leaves messages as .eml files of mode 0600, named by their time and
// id, so that they sort by time and a message that is sent twice is one file.
type folder struct {
	dir  string
	from address
	most int

	mu sync.Mutex // one writer at a time, so that it can count
}

func openFolder(dir string, from address) (*folder, error) {
	if dir == "" {
		return nil, errWhere("names no folder")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &folder{dir: dir, from: from, most: maxFiles}, nil
}

func (f *folder) Send(ctx context.Context, m Message) error {
	content, err := m.bytes(f.from)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name := m.At.UTC().Format("20060102T150405.000000Z") + "-" + m.ID + ".eml"
	if err := seal.WriteFile(filepath.Join(f.dir, name), content, true); err != nil {
		return err
	}
	return f.clear()
}

// Forget removes the file of a message, if it is there.
func (f *folder) Forget(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id == "" || strings.Trim(id, "0123456789abcdef") != "" {
		return errors.New("this is no message's id")
	}
	kept, err := filepath.Glob(filepath.Join(f.dir, "*-"+id+".eml"))
	for _, name := range kept {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// clear takes the oldest messages away. Other files in the folder stay.
func (f *folder) clear() error {
	kept, err := filepath.Glob(filepath.Join(f.dir, "[0-9]*Z-*.eml"))
	if err != nil || len(kept) <= f.most {
		return err
	}
	for _, old := range kept[:len(kept)-f.most] { // Glob sorts
		err = errors.Join(err, os.Remove(old))
	}
	return err
}

func (f *folder) Close() error { return nil }
