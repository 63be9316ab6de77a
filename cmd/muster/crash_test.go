package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster/internal/mustertest"
)

// workers is how many accounts are written at the same time.
const workers = 16

// TestCrash kills the server with SIGKILL in the middle of a load, three times
// on one database. After each time what was acknowledged must be there, nothing
// half done, and the history whole. What a power cut would leave is another
// matter: that rests on synchronous=FULL, which the store's tests hold fast.
func TestCrash(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) { crash(t, e.New(t)) })
	}
}

func crash(t *testing.T, d mustertest.Database) {
	t.Helper()
	binary := buildBinary(t)
	var acknowledged [workers]atomic.Int64
	for round := range 3 {
		server := serve(t, binary, d)
		server.compare(t, &acknowledged)
		if round == 0 {
			createLoadKey(t, binary, d)
		}
		var total atomic.Int64
		var load sync.WaitGroup
		for w := range workers {
			load.Go(func() {
				for server.write(w, acknowledged[w].Load()+1) == nil {
					acknowledged[w].Add(1)
					if total.Add(1) == 400 { // well into the load, all others still at it
						_ = server.process.Kill()
					}
				}
			})
		}
		load.Wait()
		if err := <-server.ended; err == nil {
			t.Fatal("the server ended of itself")
		}
		if total.Load() < 400 {
			t.Fatalf("round %d: the load ended after %d changes, before the kill", round, total.Load())
		}
	}
	server := serve(t, binary, d)
	server.compare(t, &acknowledged)
	server.end(t)
	checkWhole(t, d)
}

// serve starts a demo on a database.
func serve(t *testing.T, binary string, d mustertest.Database) *serverProcess {
	t.Helper()
	return startServer(t, binary, d.Dir, append([]string{"serve", "--demo"}, d.Flags()[2:]...)...)
}

// createLoadKey makes the key by which the load is sent.
func createLoadKey(t *testing.T, binary string, d mustertest.Database) {
	t.Helper()
	run(t, binary, append([]string{"key", "create", "--id", "load", "--secret", "load-key", "--per-minute", "10000000"}, d.Flags()...)...)
}

// end stops the server as an operator does, and waits for its end.
func (s *serverProcess) end(t *testing.T) {
	t.Helper()
	if err := s.process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("the server did not end well: %v", err)
	}
}

// compare reads every worker's account: it must have the value that was
// acknowledged last, or the one that was in flight, which then counts as
// acknowledged.
func (s *serverProcess) compare(t *testing.T, acknowledged *[workers]atomic.Int64) {
	t.Helper()
	for w := range workers {
		want := acknowledged[w].Load()
		if want == 0 {
			continue // its account has a value of the demo's
		}
		got := s.read(t, w)
		if got != want && got != want+1 {
			t.Errorf("worker %d: acknowledged %d, found %d", w, want, got)
		}
		acknowledged[w].Store(got)
	}
}

// checkWhole looks into the database itself: numbers without gaps, and as many
// changes of an account as its rev counts.
func checkWhole(t *testing.T, d mustertest.Database) {
	t.Helper()
	queries := map[string]string{
		"gaps": `SELECT (SELECT SUM(seq) FROM communities) - (SELECT COUNT(*) FROM changes)`,
		"half done": `SELECT COUNT(*) FROM accounts a WHERE rev <> (SELECT COUNT(*) FROM changes c
			WHERE c.community_id = a.community_id AND c.account_id = a.account_id AND c.deed <> 'credential')`,
	}
	if d.URL == "" {
		queries["integrity"] = `SELECT CASE WHEN (SELECT integrity_check FROM pragma_integrity_check LIMIT 1) = 'ok' THEN 0 ELSE 1 END`
	}
	db := d.Bare(t)
	for name, query := range queries {
		var wrong int
		if err := db.QueryRowContext(t.Context(), query).Scan(&wrong); err != nil || wrong != 0 {
			t.Errorf("%s: %d wrong, %v", name, wrong, err)
		}
	}
}

// buildBinary builds the program once, as a user would. The folder goes with
// the machine's other temporary files.
func buildBinary(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "muster")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "muster")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-buildvcs=false", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func run(t *testing.T, binary string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// serverProcess is a server in a process of its own.
type serverProcess struct {
	process *os.Process
	ended   chan error // how, once
	url     string
	listen  string // HOST:PORT
	log     string // the file that it writes
	client  http.Client
}

var serving = regexp.MustCompile(`msg=serving url=(\S+) listen=(\S+)`)

// startServer starts the program with args on a data folder, and returns when
// it serves.
func startServer(t *testing.T, binary, data string, args ...string) *serverProcess {
	t.Helper()
	return startProcess(t, exec.CommandContext(context.Background(), binary, append(args, "--data", data,
		"--listen", "127.0.0.1:0", "--metrics", "", "--address-limit", "0")...))
}

// startProcess starts a command that serves, and returns when it does.
func startProcess(t *testing.T, cmd *exec.Cmd) *serverProcess {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &serverProcess{
		process: cmd.Process, ended: make(chan error, 1), log: log.Name(),
		client: http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
	gone := make(chan struct{})
	go func() {
		s.ended <- cmd.Wait()
		close(gone)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-gone
		_ = log.Close()
	})
	for deadline := time.After(time.Minute); ; {
		text, err := os.ReadFile(log.Name())
		if err != nil {
			t.Fatal(err)
		}
		if found := serving.FindSubmatch(text); found != nil {
			s.url, s.listen = string(found[1]), string(found[2])
			return s
		}
		select {
		case <-gone:
			t.Fatalf("the server ended before it served:\n%s", text)
		case <-deadline:
			t.Fatalf("the server does not come up:\n%s", text)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

const listField = "d9d1288e-3892-40d6-acc5-be2c3d294bd4"

// write sets a worker's account to its n-th value.
func (s *serverProcess) write(worker int, n int64) error {
	_, err := s.post("/general/edit_acc_profile_fields",
		fmt.Sprintf(`{"uniqueId":%d,"profileFields":[{"id":%q,"value":["%d"]}]}`, 2001+worker, listField, n))
	return err
}

// read is the number of the value that a worker's account has.
func (s *serverProcess) read(t *testing.T, worker int) (n int64) {
	t.Helper()
	b, err := s.post("/general/get_com_account", fmt.Sprintf(`{"uniqueId":%d}`, 2001+worker))
	if err != nil {
		t.Fatal(err)
	}
	var account struct {
		ProfileFields struct {
			Data []struct {
				ID    string
				Value json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(b, &account); err != nil {
		t.Fatal(err)
	}
	for _, f := range account.ProfileFields.Data {
		var list []string
		if f.ID == listField && json.Unmarshal(f.Value, &list) == nil && len(list) == 1 {
			_, _ = fmt.Sscan(list[0], &n)
		}
	}
	return n
}

func (s *serverProcess) post(path, entry string) ([]byte, error) {
	body := `{"id":"demo","key":"load-key","data":[` + entry + `]}`
	res, err := s.client.Post(s.url+path, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", res.StatusCode, b)
	}
	return b, err
}
