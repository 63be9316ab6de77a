// Command muster is the whole program: the server, and the commands by which
// its operator looks after communities on the server's own machine. It parses
// flags, wires the rooms together and prints; it holds no rule of its own.
//
// Commands open the same database as a running server and may be used beside
// it. They act as muster.Operator, with every right. With --server they ask a
// server elsewhere instead (reach.go), and act as the key that it is shown.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/alecthomas/kong"
)

// version is stamped by the build: -ldflags "-X main.version=v1.2.3".
var version = "dev"

// What the process ends with.
const (
	exitDone    = 0
	exitFailed  = 1
	exitMisused = 2
)

const description = `Muster keeps a community's accounts: who is in it, which profile fields they carry, which ranks they hold, and who changed what.

Try it: "muster serve --demo". Commands may be used while the server runs.`

// cli is everything that can be asked of the program.
type cli struct {
	Serve      serveCmd      `cmd:"" help:"Serve the communities of a data folder."`
	Community  communityCmd  `cmd:"" help:"Create, list, show and change communities."`
	Key        keyCmd        `cmd:"" help:"Create, list, change, freeze and revoke API keys."`
	Field      fieldCmd      `cmd:"" help:"Create, list, change and delete profile fields."`
	Rank       rankCmd       `cmd:"" help:"Create, list, change and delete ranks."`
	Account    accountCmd    `cmd:"" help:"Create, list, show, change and delete accounts."`
	Server     serverCmd     `cmd:"" help:"Create, list, change and delete game servers."`
	Webhook    webhookCmd    `cmd:"" help:"Create, list, change and delete webhooks, and see what they were told."`
	Department departmentCmd `cmd:"" help:"Define, list, change and delete departments."`
	ClockType  clockTypeCmd  `cmd:"" help:"Create, list, change and delete kinds of duty."`
	Flow       flowCmd       `cmd:"" help:"Create, list, change and delete promotion flows."`
	Secret     secretCmd     `cmd:"" help:"Replace the server's own secret."`
	Mail       mailCmd       `cmd:"" help:"List the mails that wait, and show the last to an address."`
	History    historyCmd    `cmd:"" help:"List, show and undo changes."`
	Backup     backupCmd     `cmd:"" help:"Write the whole database into a file, while the server runs."`
	Restore    restoreCmd    `cmd:"" help:"Put a backup into an empty folder."`
	Verify     verifyCmd     `cmd:"" help:"Compare every account with its history."`
	Export     exportCmd     `cmd:"" help:"Write everything of a community as NDJSON, or its accounts as CSV."`
	Import     importCmd     `cmd:"" help:"Make a community of what export wrote."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// program is what a command works with.
type program struct {
	ctx context.Context // one command is one call, so it may stand in here
	in  io.Reader
	out io.Writer
	err io.Writer
}

func main() {
	p := &program{ctx: context.Background(), in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(p.run(os.Args[1:]))
}

// run does what args ask for and returns the exit status. An error is one
// line on stderr.
func (p *program) run(args []string) int {
	parser, err := p.parser()
	if err != nil {
		return p.complain(err, exitFailed)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return p.complain(hereOnly(err), exitMisused)
	}
	if err = emptyFilter(command); err == nil {
		err = command.Run(p)
	}
	if _, misused := errors.AsType[misuse](err); misused {
		return p.complain(err, exitMisused)
	}
	if err != nil {
		return p.complain(err, exitFailed)
	}
	return exitDone
}

func (p *program) parser() (*kong.Kong, error) {
	return kong.New(&cli{}, kong.Name("muster"), kong.Description(description), kong.Writers(p.out, p.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 120}))
}

func (p *program) complain(err error, status int) int {
	_, _ = fmt.Fprintf(p.err, "muster: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	return status
}

// misuse is a mistake on the command line that only the command could see.
type misuse string

func (m misuse) Error() string { return string(m) }

// errNothingGiven ends commands that were asked to change, and not what.
const errNothingGiven = misuse("nothing to change was given")

type versionCmd struct{}

// Run prints the version, and what it was built with and for.
func (versionCmd) Run(p *program) error {
	_, err := fmt.Fprintf(p.out, "muster %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
