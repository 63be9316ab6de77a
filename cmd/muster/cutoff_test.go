package main

import (
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/mustertest/testdb"
)

// ownPostgres is set where a test has a PostgreSQL server to itself.
const ownPostgres = "MUSTER_TEST_OWN_POSTGRES"

// TestDatabaseGoesAway cuts the connections to PostgreSQL and restarts it,
// under load. What was acknowledged must be there, nothing half done, and the
// program recovers by itself. The server is one of its own, since that of the
// other tests must not go away.
func TestDatabaseGoesAway(t *testing.T) {
	if os.Getenv(ownPostgres) == "" {
		for _, e := range mustertest.Engines(t) {
			if e.Name == testdb.Postgres {
				again := exec.CommandContext(t.Context(), "../../scripts/postgres", os.Args[0], "-test.run=^TestDatabaseGoesAway$", "-test.v")
				again.Env = append(os.Environ(), testdb.Variable+"=", ownPostgres+"=1")
				if out, err := again.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				return
			}
		}
		t.Skip("there is no PostgreSQL: run make test")
	}
	d := mustertest.Database{Database: testdb.New(t, testdb.Postgres)}
	binary := buildBinary(t)
	server := serve(t, binary, d)
	createLoadKey(t, binary, d)
	var acknowledged [workers]atomic.Int64
	acks, stop := make(chan struct{}, 1_000_000), make(chan struct{}) // more acknowledgements than there is time for
	var load sync.WaitGroup
	for w := range workers {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if server.write(w, acknowledged[w].Load()+1) == nil { // else it is tried again, whatever became of it
					acknowledged[w].Add(1)
					acks <- struct{}{}
				}
			}
		})
	}
	for range 3 {
		progress(t, acks, 150)
		cutConnections(t, d)
		progress(t, acks, 150)
		control(t, "restart", "--mode", "immediate")
	}
	progress(t, acks, 150)
	close(stop)
	load.Wait()
	server.compare(t, &acknowledged)
	server.end(t)
	checkWhole(t, d)
}

// progress waits for so many changes to be acknowledged, beside those that were
// already.
func progress(t *testing.T, acks <-chan struct{}, more int) {
	t.Helper()
	more += len(acks)
	for deadline := time.After(time.Minute); more > 0; more-- {
		select {
		case <-acks:
		case <-deadline:
			t.Fatalf("%d changes are missing: the program does not recover", more)
		}
	}
}

// cutConnections ends every connection of the program's to its database. They
// have the name of the test's.
func cutConnections(t *testing.T, d mustertest.Database) {
	t.Helper()
	admin := d.Bare(t)
	var cut int
	err := admin.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()) AS cut`).Scan(&cut)
	if err != nil || cut == 0 {
		t.Errorf("%d connections were cut, %v", cut, err)
	}
}

// control hands a command to the test's own PostgreSQL server.
func control(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), os.Getenv("MUSTER_TEST_POSTGRES_CTL"), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
