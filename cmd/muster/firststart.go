package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/term"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
	"github.com/muster-accounts/muster/internal/seal"
)

// firstStartFile is where the first start leaves the key, within the data
// folder.
const firstStartFile = "first-start.txt"

// origin is what a first start makes, as its file says it.
type origin struct {
	community muster.CommunityID
	uuid      string
	secret    string
}

const originPreface = `# Made by the first start of muster in this folder. The key may do everything in
# its community, and is written nowhere else. Store it safely and delete this file.
`

func (o origin) String() string {
	return fmt.Sprintf("community: %s\nuuid: %s\nkey: %s\n", o.community, o.uuid, o.secret)
}

// firstStart makes a community and a key where there is no community yet. The
// file comes first, so that a crash cannot leave a key that nobody knows; the
// next start makes what an interrupted one did not.
func firstStart(ctx context.Context, p *program, log *slog.Logger, c *core.Core, dir, id string) error {
	path := filepath.Join(dir, firstStartFile)
	list, err := c.Communities(ctx)
	if err != nil {
		return err
	}
	o, err := readOrigin(path)
	if errors.Is(err, fs.ErrNotExist) {
		if len(list) > 0 {
			return nil
		}
		o = origin{muster.CommunityID(id), uuid.NewString(), seal.NewCredential()}
		err = seal.WriteFile(path, []byte(originPreface+o.String()), false)
	}
	if err != nil {
		return err
	}
	switch done, err := o.begun(ctx, c, list); {
	case errors.Is(err, errOtherOrigin):
		log.Warn("this file names a community that is not in this database: its key is good for nothing here", slog.String("file", path))
		return nil
	case err != nil || done:
		return err
	}
	if err := o.make(ctx, c, list); err != nil {
		return err
	}
	log.Info("made a community and its first key; the key stands in the file", slog.String("community", string(o.community)), slog.String("file", path))
	show(p, o)
	return nil
}

// checkFirst refuses what the core would refuse before anything is there.
func checkFirst(id string) error {
	check := muster.Community{ID: muster.CommunityID(id), UUID: uuid.Nil.String(), Settings: muster.Settings{Limits: muster.LimitsOwn}}
	if err := check.Validate(); err != nil {
		return fmt.Errorf("--first-community: %w", err)
	}
	return nil
}

func readOrigin(path string) (o origin, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return o, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "community":
			o.community = muster.CommunityID(value)
		case "uuid":
			o.uuid = value
		case "key":
			o.secret = value
		}
	}
	if o.community == "" || o.uuid == "" || o.secret == "" {
		return o, fmt.Errorf("%s is not as the first start left it, and is not overwritten: move it away", path)
	}
	return o, nil
}

// errOtherOrigin says that communities are there, and not the file's: it is of
// other data, or of a start that was cut short while another server made them.
var errOtherOrigin = errors.New("the first start made another community")

// begun reports whether there is nothing left to do: the community has a key.
func (o origin) begun(ctx context.Context, c *core.Core, list []muster.Community) (bool, error) {
	for _, community := range list {
		if community.UUID == o.uuid {
			keys, err := c.Keys(ctx, muster.Operator(o.community))
			return len(keys) > 0, err
		}
	}
	if len(list) > 0 {
		return false, errOtherOrigin
	}
	return false, nil
}

// make makes the community, unless it is there, and its key.
func (o origin) make(ctx context.Context, c *core.Core, list []muster.Community) error {
	if len(list) == 0 {
		_, err := c.CreateCommunity(ctx, muster.Community{
			ID: o.community, UUID: o.uuid,
			Settings: muster.Settings{Dialects: []string{sonoran.Name, rest.Name}, ActiveFromRanks: true, Limits: muster.LimitsOwn},
		}, sonoran.Fields())
		if err != nil {
			return err
		}
	}
	key := muster.Key{Name: "First start", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower}
	_, _, err := c.CreateKey(ctx, muster.Operator(o.community), key, o.secret)
	return err
}

// show prints the key where a person looks, and never into a log or a file.
func show(p *program, o origin) {
	for _, w := range []io.Writer{p.out, p.err} {
		if isTerminal(w) {
			_, _ = fmt.Fprint(w, o) // it stands in the file
			return
		}
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
