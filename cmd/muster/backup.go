package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// secretEnd is what the name of a backup's secret has behind that of its data.
const secretEnd = ".secret"

// errPostgresBackup leads to the tools that PostgreSQL brings along.
const errPostgresBackup = misuse("a PostgreSQL database is backed up with pg_dump and restored with pg_restore, while servers run or not; back up the secret file as well (for one community in a file: muster export)")

type backupCmd struct {
	place
	output
	WithSecret bool   `help:"Put the server's own secret beside it, as FILE.secret: whoever has both can read everything."`
	File       string `arg:"" type:"path" help:"File to make; one that is there is not replaced."`
}

// Help says what it takes.
func (backupCmd) Help() string {
	return `The server may run meanwhile. The backup is the whole database as it was at one moment, of all communities. What is personal in it is sealed with the server's own secret: keep that as well, in another place (--with-secret puts it beside the backup), since without it the backup cannot be read. Somebody who is erased later is still in it.`
}

// Run makes the backup.
func (cmd *backupCmd) Run(p *program) error {
	if cmd.Database != "" {
		return errPostgresBackup
	}
	err := store.Backup(p.ctx, cmd.Data, cmd.File)
	if errors.Is(err, fs.ErrNotExist) {
		if _, e := os.Stat(filepath.Join(cmd.Data, store.File)); e != nil {
			err = cmd.nothingThere()
		}
	}
	if err != nil {
		return err
	}
	path := cmd.secretPath()
	if !cmd.WithSecret {
		return cmd.say(p.out, map[string]string{"file": cmd.File},
			"The backup is in %s. It cannot be read without the secret, which is not in it: keep a copy of %s elsewhere.", cmd.File, path)
	}
	secret, err := os.ReadFile(path)
	if err == nil {
		err = seal.WriteFile(cmd.File+secretEnd, secret, false)
	}
	if err != nil {
		return fmt.Errorf("the backup is in %s, its secret is missing: %w", cmd.File, err)
	}
	return cmd.say(p.out, map[string]string{"file": cmd.File, "secret_file": cmd.File + secretEnd},
		"The backup is in %s, and the secret in %s%s: whoever has both can read everything.", cmd.File, cmd.File, secretEnd)
}

type restoreCmd struct {
	place
	output
	File string `arg:"" type:"existingfile" help:"The backup."`
}

// Help says what it takes.
func (restoreCmd) Help() string {
	return `The backup is looked through first. --data must name a folder that is empty, or not there yet. Where FILE.secret lies beside the backup it comes along; else put the secret file into the folder, or name it with --secret-file. A backup of an older version is upgraded when it is opened first.`
}

// Run restores the backup. What it has made is gone where it fails.
func (cmd *restoreCmd) Run(p *program) (err error) {
	if cmd.Database != "" {
		return errPostgresBackup
	}
	secret, err := cmd.restoredSecret()
	if err != nil {
		return err
	}
	undo, err := emptyFolder(cmd.Data)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			undo()
		}
	}()
	if err := store.Restore(p.ctx, cmd.File, cmd.Data); err != nil {
		return err
	}
	if secret != nil {
		if err := seal.WriteFile(cmd.secretPath(), secret, false); err != nil {
			return err
		}
	}
	if _, err := os.Stat(cmd.secretPath()); errors.Is(err, fs.ErrNotExist) {
		return cmd.say(p.out, map[string]string{"data": cmd.Data},
			"The data is in %s. Its secret is missing: put that into %s before anything is started.", cmd.Data, cmd.secretPath())
	}
	if err := cmd.with(p.ctx, false, func(*core.Core) error { return nil }); err != nil { // another secret is refused
		return err
	}
	return cmd.say(p.out, map[string]string{"data": cmd.Data, "secret_file": cmd.secretPath()},
		"The data is in %s, and its secret fits. To look through it: muster verify --data %s", cmd.Data, cmd.Data)
}

// restoredSecret is what lies beside the backup, unless another file is named;
// nil for none.
func (cmd *restoreCmd) restoredSecret() ([]byte, error) {
	if cmd.SecretFile != "" {
		return nil, nil
	}
	secret, err := os.ReadFile(cmd.File + secretEnd)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return secret, err
}

// emptyFolder makes sure that there is a folder with nothing in it. undo takes
// away what came to be in it, and the folder if it was not there.
func emptyFolder(dir string) (undo func(), err error) {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() { _ = os.RemoveAll(dir) }, os.MkdirAll(dir, 0o700)
	case err != nil:
		return nil, err
	case len(list) > 0:
		return nil, fmt.Errorf("the folder %s is not empty (it has %s); name another with --data", dir, list[0].Name())
	}
	return func() {
		made, _ := os.ReadDir(dir)
		for _, entry := range made {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}, nil
}
