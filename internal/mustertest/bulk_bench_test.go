package mustertest_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// How large the batch is, and how many accounts it is about.
const (
	bulkEdits    = 100_000
	bulkAccounts = 20_000
)

// BenchmarkBulk does a hundred thousand edits in one request, all or none, and
// the same rows, unsealed, in one transaction written by hand; on every engine. It tells
// the ratio of the times, by how much the process grew meanwhile, and how long
// another writer had to wait.
func BenchmarkBulk(b *testing.B) {
	for _, e := range mustertest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { benchmarkBulk(b, e) })
	}
}

func benchmarkBulk(b *testing.B, e mustertest.Engine) {
	_, c, community, ids := bulkWorld(b, e)
	secret := community.Key(b, muster.Key{Level: muster.LevelWriteSome, PerMinute: 1_000_000_000})
	d := rest.New(c, limit.NewDoor(time.Now), slog.New(slog.DiscardHandler))
	server, err := httpd.New(httpd.Config{Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
		Mounts: []httpd.Mount{{Name: rest.Name, Prefixes: d.Prefixes(), Handler: d, MaxBody: rest.MaxBulk}}})
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Shutdown(b.Context()) })
	other, _, _, otherIDs := bulkWorld(b, e) // by hand nothing is sealed, and then nobody else can read it
	bare := other.Bare(b)
	b.ResetTimer()
	for n := range b.N {
		began := time.Now()
		byHand(b, bare, otherIDs, n)
		hand := time.Since(began)
		grown := watchRSS()
		longest := watchWriter(b, c, ids[0])
		began = time.Now()
		sendBulk(b, server.Addr(), secret, ids, n)
		bulk := time.Since(began)
		b.ReportMetric(bulk.Seconds()/hand.Seconds(), "bulk/by_hand")
		b.ReportMetric(float64(grown())/(1<<20), "MiB_grown")
		b.ReportMetric(bulkEdits/bulk.Seconds(), "edits/s")
		b.ReportMetric(longest().Seconds(), "s_others_waited")
	}
}

// bulkWorld is a database of its own with a community of many accounts.
func bulkWorld(b *testing.B, e mustertest.Engine) (mustertest.Database, *core.Core, *mustertest.Community, []muster.AccountID) {
	b.Helper()
	db := e.New(b)
	c := core.New(db.Open(b), time.Now)
	community := mustertest.NewCommunityIn(b, c, mustertest.NewClock(), "bench", rest.Name)
	ids := make([]muster.AccountID, 0, bulkAccounts)
	for from := 0; from < bulkAccounts; from += core.MaxBatch {
		list := make([]core.NewAccount, core.MaxBatch)
		for i := range list {
			list[i].Edit.Username = muster.Some("account-" + strconv.Itoa(from+i+1))
		}
		views, err := c.Create(b.Context(), community.Admin, list)
		if err != nil {
			b.Fatal(err)
		}
		for _, v := range views {
			ids = append(ids, v.ID)
		}
	}
	return db, c, community, ids
}

func sendBulk(b *testing.B, addr, secret string, ids []muster.AccountID, n int) {
	b.Helper()
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		for i := range bulkEdits {
			_, _ = fmt.Fprintf(out, `{"account":"%s","edit":{"values":{"text":"%d of %d"}}}`+"\n", ids[i%bulkAccounts], i, n)
		}
		_ = w.CloseWithError(out.Flush())
	}()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+addr+"/muster/v1/changes", r)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	last := &tail{}
	if _, err := io.Copy(last, res.Body); err != nil || !strings.Contains(string(last.text), fmt.Sprintf(`"changed":%d`, bulkEdits)) {
		b.Fatalf("%d %v ...%s", res.StatusCode, err, last.text)
	}
}

// tail keeps the end of what is written.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = bytes.Clone(t.text[max(0, len(t.text)-300):])
	return len(p), nil
}

// byHand does as little as the same rows need.
func byHand(b *testing.B, db *sql.DB, ids []muster.AccountID, n int) {
	b.Helper()
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	var prepared [4]*sql.Stmt
	for i, query := range []string{
		`SELECT field_values, rev FROM accounts WHERE community_id = $1 AND account_id = $2`,
		`UPDATE accounts SET field_values = $3, rev = $4, updated_at = $5 WHERE community_id = $1 AND account_id = $2`,
		`INSERT INTO changes (community_id, seq, at, deed, account_id, subject, by_key, by_account, dialect, request_id, batch, undoes, before, after)
			VALUES ($1, $2, $3, 'edit', $4, '', 'key', '', 'hand', '', 'batch', 0, $5, $6)`,
		`INSERT INTO outbox (community_id, seq) VALUES ($1, $2)`,
	} {
		stmt, err := tx.PrepareContext(b.Context(), query)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = stmt.Close() })
		prepared[i] = stmt
	}
	read, update, change, outbox := prepared[0], prepared[1], prepared[2], prepared[3]
	var seq int64
	err = tx.QueryRowContext(b.Context(), `UPDATE communities SET seq = seq + $2 WHERE community_id = $1 RETURNING seq`, "bench", bulkEdits).Scan(&seq)
	for i := 0; i < bulkEdits && err == nil; i++ {
		id, value, now := ids[i%bulkAccounts], fmt.Sprintf(`{"text":"by hand %d of %d"}`, i, n), time.Now().UnixMicro()
		var was string
		var rev int64
		err = read.QueryRowContext(b.Context(), "bench", id).Scan(&was, &rev)
		if err == nil {
			_, err = update.ExecContext(b.Context(), "bench", id, value, rev+1, now)
		}
		if err == nil {
			_, err = change.ExecContext(b.Context(), "bench", seq-bulkEdits+int64(i)+1, now, id, `{"values":`+was+`}`, `{"values":`+value+`}`)
		}
		if err == nil {
			_, err = outbox.ExecContext(b.Context(), "bench", seq-bulkEdits+int64(i)+1)
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		b.Fatal(err)
	}
}

// rss is how much memory the process has, in bytes; 0 where that cannot be
// known.
func rss() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	words := strings.Fields(string(text))
	pages, _ := strconv.ParseInt(words[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// watchRSS watches the process grow; what it gives back tells by how much.
func watchRSS() func() int64 {
	began, most := rss(), atomic.Int64{}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				most.Store(max(most.Load(), rss()))
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-done
		return most.Load() - began
	}
}

// watchWriter writes again and again, as others do; what it gives back tells
// how long it waited at most.
func watchWriter(b *testing.B, c *core.Core, id muster.AccountID) func() time.Duration {
	b.Helper()
	stop, longest := make(chan struct{}), make(chan time.Duration)
	go func() {
		var most time.Duration
		for n := 0; ; n++ {
			began := time.Now()
			_, err := c.Edit(b.Context(), muster.Operator("bench"), muster.RefID(id), muster.Edit{Bio: muster.Some(strconv.Itoa(n))})
			if most = max(most, time.Since(began)); err != nil {
				b.Error(err)
			}
			select {
			case <-stop:
				longest <- most
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-longest
	}
}
