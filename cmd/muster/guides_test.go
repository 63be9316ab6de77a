package main

import (
	"context"
	"encoding/json"
	"errors"
	goflag "flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const guides = "../../docs"

// TestGuides runs every page of the guides as the script that it is: its blocks of sh in their order, each compared with
// the answer that stands behind it. With -update the answers are written anew.
//
//	```sh          is run, and must succeed
//	```sh fails    must not
//	```sh serve    is run in the background, until it serves
//	```sh stop     is run, and ends the server whose process is $SERVER
//	```json, text  is what the block before it prints
//
// Other blocks are files, which other tests try.
func TestGuides(t *testing.T) {
	pages, err := filepath.Glob(guides + "/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no guides", err)
	}
	for _, file := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".md"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := newReading(t)
			r.original(strings.TrimSuffix(filepath.Base(file), ".md"))
			if got := r.run(string(text)); got != string(text) {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// block is a fenced block: its language and what stands behind that, and the text.
var block = regexp.MustCompile("(?s)```([a-z]+)(?: ([a-z]+))?\n(.*?)```")

// reading is somebody who reads a page and does what it says, in a home of their own.
type reading struct {
	*testing.T
	home, path string
	server     *serverProcess
	addresses  []string // pairs: as the page has them, as they are here
}

func newReading(t *testing.T) *reading {
	t.Helper()
	tools := t.TempDir()
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(tools, "curl"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return &reading{T: t, home: t.TempDir(), path: strings.Join([]string{tools, filepath.Dir(buildBinary(t)), os.Getenv("PATH")}, ":")}
}

// originals are the systems that the guides move communities from: their addresses, for which another Muster stands in,
// and the commands that the guides need for the move.
var originals = map[string]struct{ address, tool string }{
	"sonoran": {"https://api.sonorancms.com", "jq"}, "communifire": {"", "jq"}, "freesewing": {"", "node"},
}

// original makes what a page moves a community from.
func (r *reading) original(page string) {
	r.Helper()
	o, ok := originals[page]
	if !ok {
		return
	}
	tool(r.T, o.tool)
	text, err := os.ReadFile("testdata/originals/" + page + ".sh")
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		r.Fatal(err)
	}
	data := r.TempDir()
	r.shell("export MUSTER_DATA="+data+"\n"+string(text)+"\nunset MUSTER_DATA", false)
	if o.address != "" {
		r.addresses = []string{o.address, startServer(r.T, buildBinary(r.T), data, "serve").url}
	}
}

// run does what a page says, and returns the page as it should be.
func (r *reading) run(page string) string {
	r.Helper()
	var printed string // by the last block that was run; nothing once it was compared
	return block.ReplaceAllStringFunc(page, func(whole string) string {
		parts := block.FindStringSubmatch(whole)
		language, word, text := parts[1], parts[2], parts[3]
		switch language + " " + word {
		case "sh serve":
			r.serve(text)
		case "sh ", "sh fails", "sh stop":
			printed = r.shell(text, word == "fails")
			if word == "stop" {
				if err := <-r.server.ended; err != nil {
					r.Errorf("the server ended with %v", err)
				}
			}
		case "json ", "text ":
			return r.compare(whole, language, text, printed)
		}
		return whole
	})
}

// serve starts a server at any free address instead of the one that the page names.
func (r *reading) serve(text string) {
	r.Helper()
	address := "127.0.0.1:8484"
	if named := regexp.MustCompile(`--listen (\S+)`).FindStringSubmatch(text); named != nil {
		address = named[1]
	}
	cmd := r.command("exec " + strings.ReplaceAll(text, address, "127.0.0.1:0"))
	r.server = startProcess(r.T, cmd)
	r.addresses = append([]string{address, r.server.listen}, r.addresses...)
}

// shell runs a block and returns what it prints. What it exports is there for the next.
func (r *reading) shell(text string, fails bool) string {
	r.Helper()
	out, err := r.command(strings.NewReplacer(r.addresses...).Replace(text) + "\nexport -p > $HOME/.exported").CombinedOutput()
	if (err != nil) != fails {
		r.Errorf("%v\n%s%s", err, text, out)
	}
	var back []string
	for i := 0; i < len(r.addresses); i += 2 {
		back = append(back, r.addresses[i+1], r.addresses[i])
	}
	return strings.NewReplacer(back...).Replace(string(out))
}

func (r *reading) command(text string) *exec.Cmd {
	const exported = "if [ -e $HOME/.exported ]; then . $HOME/.exported; fi\n"
	cmd := exec.CommandContext(context.Background(), "sh", "-ec", exported+text)
	cmd.Dir = r.home
	cmd.Env = []string{"HOME=" + r.home, "PATH=" + r.path, "MUSTER_LISTEN=127.0.0.1:0", "MUSTER_METRICS=127.0.0.1:0", "PAUSE=0"}
	if r.server != nil {
		cmd.Env = append(cmd.Env, fmt.Sprintf("SERVER=%d", r.server.process.Pid))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// compare holds what was printed against what the page says, and returns the block as it should be.
func (r *reading) compare(whole, language, want, got string) string {
	r.Helper()
	diff := cmp.Diff(lasting(want), lasting(got))
	if language == "json" && json.Valid([]byte(got)) {
		diff = cmp.Diff(parsed(r.T, []byte(lasting(want))), parsed(r.T, []byte(lasting(got))))
	}
	if diff == "" {
		return whole
	}
	if goflag.Lookup("update").Value.String() != "true" {
		r.Errorf("-on the page +printed; -update writes it anew\n%s", diff)
		return whole
	}
	if language == "json" && len(got) > 110 {
		var indented strings.Builder
		e := json.NewEncoder(&indented)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		_ = e.Encode(json.RawMessage(got))
		got = indented.String()
	}
	got = aSecret.ReplaceAllString(got, "mk_...")
	return "```" + language + "\n" + strings.TrimSuffix(got, "\n") + "\n```"
}

var (
	aTime   = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z`)
	aUUID   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	aHash   = regexp.MustCompile(`[0-9a-f]{64}`) // of an id
	aSecret = regexp.MustCompile(`mk_([-_A-Za-z0-9]{43}|\.\.\.)`)
)

// lasting is what of an answer is the same each time: the same ids at the same places, whichever they are.
func lasting(text string) string {
	ids := map[string]string{}
	text = aHash.ReplaceAllString(text, "(hash)")
	text = aUUID.ReplaceAllStringFunc(text, func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprintf("(id %d)", len(ids)+1)
		}
		return ids[id]
	})
	return strings.TrimSpace(aSecret.ReplaceAllString(aTime.ReplaceAllString(text, "(time)"), "(secret)"))
}
