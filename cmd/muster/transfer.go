package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/intake"
)

type exportCmd struct {
	inCommunity
	Format  string `enum:"ndjson,csv" default:"ndjson" help:"ndjson is everything, for machines; csv the living accounts, for spreadsheets (default: ndjson)."`
	Hashes  bool   `help:"With the hashes of passwords and of keys: people sign in, and keys work, where it is imported."`
	Secrets bool   `help:"With what one-time codes, game servers, webhooks and tokens need, in the clear: for a move to another server of yours."`
	File    string `arg:"" default:"-" help:"File to make; one that is there is not replaced. - is the output (default: -)."`
}

// Help describes the format.
func (exportCmd) Help() string {
	return `A community in NDJSON is a JSON object a line, each with one member that says what it is: "community", "field", "rank", "department", "clock_type", "flow", "server", "webhook", "account" (deleted ones have "deleted_at"), "picture" (in base64, behind its account), "key" (without its secret), "secret", "change" (the history), and "end", which counts the lines. Values stand by field id, times as in RFC 3339. The same data gives the same file. One-time links, mails, deliveries and kept replies are not in it.

It is read while the server runs, and holds personal data in the clear.`
}

// Run exports the community.
func (cmd *exportCmd) Run(p *program) error {
	if cmd.Format == "csv" && (cmd.Hashes || cmd.Secrets) {
		return misuse("--hashes and --secrets are for --format ndjson")
	}
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		return cmd.into(p, func(w io.Writer) error {
			bar := p.bar("exporting", -1)
			defer bar.end()
			if cmd.Format == "csv" {
				return intake.ExportCSV(p.ctx, c, caller, w, func() { bar.add(1) })
			}
			begin := func(s core.Size) { bar.most(s.Accounts + s.Changes) }
			return intake.Export(p.ctx, c, caller.Community, core.ExportOptions{Hashes: cmd.Hashes, Secrets: cmd.Secrets}, w, begin, func() { bar.add(1) })
		})
	})
}

// into gives fn what to write to. A file that could not be finished is gone.
func (cmd *exportCmd) into(p *program, fn func(io.Writer) error) (err error) {
	if cmd.File == "-" {
		return fn(p.out)
	}
	f, err := os.OpenFile(cmd.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = fn(f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(cmd.File))
	}
	return nil
}

type importCmd struct {
	place
	output
	As     string `placeholder:"ID" help:"Give the community another id than it had."`
	DryRun bool   `help:"Check the whole file, and keep nothing."`
	File   string `arg:"" type:"existingfile" help:"What muster export made."`
}

// Help says what becomes of what.
func (importCmd) Help() string {
	return `The community is made with everything in the file, or nothing is: an error names the line. It must not be there yet; --as brings it in beside one of its id. Ids, numbers, times and the history stay; its UUID as well, unless another community here has it. Keys whose hash is not in the file work no more, nor do passwords, and one-time codes whose secret is not in it must be set up anew; webhooks without it are switched off until that is rotated. Nobody is told of anything.

Other writers wait while it runs, so a large file is better imported while no server runs.`
}

// importedView is what --json prints.
type importedView struct {
	Community muster.CommunityID `json:"community"`
	UUID      string             `json:"uuid"`
	Accounts  int64              `json:"accounts"`
	Changes   int64              `json:"changes"`
	DryRun    bool               `json:"dry_run,omitempty"`
}

// Run imports the community; into an empty database, which it then makes.
func (cmd *importCmd) Run(p *program) error {
	f, err := os.Open(cmd.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return cmd.with(p.ctx, !cmd.DryRun, func(c *core.Core) error {
		done, err := cmd.read(p.ctx, c, watched{f, p.bar("importing", info.Size())})
		if err != nil {
			return fmt.Errorf("%s: %w", cmd.File, err)
		}
		v := importedView{done.Community.ID, done.Community.UUID, done.Accounts, done.Changes, cmd.DryRun}
		if cmd.DryRun {
			return cmd.say(p.out, v, "The community %s with %d accounts and %d changes can be imported; nothing was kept.", v.Community, v.Accounts, v.Changes)
		}
		return cmd.say(p.out, v, "Imported the community %s with %d accounts and %d changes.", v.Community, v.Accounts, v.Changes)
	})
}

func (cmd *importCmd) read(ctx context.Context, c *core.Core, in watched) (core.Imported, error) {
	defer in.bar.end()
	return intake.Import(ctx, c, core.ImportOptions{As: muster.CommunityID(cmd.As), DryRun: cmd.DryRun}, in)
}

// watched shows how far a file was read.
type watched struct {
	*os.File
	bar bar
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.File.Read(b)
	w.bar.add(n)
	return n, err
}

func (w watched) Seek(offset int64, whence int) (int64, error) {
	w.bar.again()
	return w.File.Seek(offset, whence)
}

// progressEvery is how often the eye is given something new.
const progressEvery = 100 * time.Millisecond

// bar shows people how far something has come; nothing where nobody looks.
type bar struct{ shown *progressbar.ProgressBar }

func (p *program) bar(what string, most int64) bar {
	if !isTerminal(p.err) {
		return bar{}
	}
	return bar{progressbar.NewOptions64(most, progressbar.OptionSetWriter(p.err), progressbar.OptionSetDescription(what),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(progressEvery), progressbar.OptionSetPredictTime(true))}
}

func (b bar) most(n int64) {
	if b.shown != nil {
		b.shown.ChangeMax64(n)
	}
}

func (b bar) add(n int) {
	if b.shown != nil {
		_ = b.shown.Add(n) // it is for the eye alone
	}
}

func (b bar) again() {
	if b.shown != nil {
		b.shown.Reset()
	}
}

func (b bar) end() {
	if b.shown != nil {
		_ = b.shown.Finish()
	}
}
