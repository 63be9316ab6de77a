package seal

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteFile writes a whole file of mode 0600 under a name of its own, and
// then gives it its name: nobody ever reads half of it. Where it may not
// replace, an existing file is an error that is fs.ErrExist.
func WriteFile(path string, content []byte, replace bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already where it was renamed
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	name := os.Link
	if replace {
		name = os.Rename
	}
	if err := name(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes the names of a folder durable, as their files are.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
