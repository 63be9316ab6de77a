package mustertest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// BenchmarkChanges puts three things beside each other in one run: changes
// written by the group writer alone ("raw": an account's row, its Change, its
// outbox entry), durable changes through the whole server by HTTP, and a
// server of the same kind that reads the request and only answers. Each by 1,
// 16 and 64 clients, on every engine; a client sends its next request when the
// last is answered. The last line of an engine has the ratios of the rates at
// 64.
func BenchmarkChanges(b *testing.B) {
	for _, e := range mustertest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { benchmarkChanges(b, e) })
	}
}

func benchmarkChanges(b *testing.B, e mustertest.Engine) {
	rates := map[string]float64{}
	for _, clients := range []int{1, 16, 64} {
		for _, side := range []struct {
			name string
			set  func(*testing.B, mustertest.Engine) func(client int) func() error
		}{{"raw", rawChanges}, {"http", httpChanges}, {"answer", httpAnswers}} {
			label := fmt.Sprintf("%s/%d", side.name, clients)
			b.Run(label, func(b *testing.B) {
				client := side.set(b, e)
				rates[label] = measure(b, clients, client)
				b.ReportMetric(rates[label], "per_second")
			})
		}
	}
	b.Run("ratios", func(b *testing.B) {
		for range b.N { // nothing to repeat: the numbers are those of the run above
			continue
		}
		b.ReportMetric(rates["http/64"]/rates["raw/64"], "http/raw")
		b.ReportMetric(rates["http/64"]/rates["answer/64"], "http/answer")
		b.ReportMetric(rates["http/64"]/rates["http/1"], "64/1_clients")
	})
}

// measure shares b.N requests among clients and returns how many were
// answered a second.
func measure(b *testing.B, clients int, client func(int) func() error) float64 {
	b.Helper()
	sends := make([]func() error, clients)
	for i := range sends {
		sends[i] = client(i)
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	b.ResetTimer()
	begin := time.Now()
	for i := range sends {
		wait.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := sends[i](); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return float64(b.N) / time.Since(begin).Seconds()
}

const benchAccounts = 1000

// world is a community with benchAccounts accounts.
func world(b *testing.B, e mustertest.Engine) (*store.Store, *core.Core, *mustertest.Community, []core.View) {
	b.Helper()
	st := e.New(b).Open(b)
	c := core.New(st, time.Now)
	community := mustertest.NewCommunityIn(b, c, mustertest.NewClock(), "bench", sonoran.Name)
	list := make([]core.NewAccount, benchAccounts)
	for i := range list {
		list[i].Number = int64(i + 1)
		list[i].Edit.Username = muster.Some("account-" + strconv.Itoa(i+1))
	}
	views, err := c.Create(b.Context(), community.Admin, list)
	if err != nil {
		b.Fatal(err)
	}
	return st, c, community, views
}

func rawChanges(b *testing.B, e mustertest.Engine) func(int) func() error {
	b.Helper()
	st, _, _, views := world(b, e)
	return func(i int) func() error {
		n := 0
		return func() error {
			n++
			id := views[(i*64+n)%benchAccounts].ID
			return st.WriteIn(b.Context(), "bench", func(t *store.Tx) error {
				before, err := t.Account("bench", id)
				if err != nil {
					return err
				}
				after := before
				after.Bio, after.Rev = strconv.Itoa(n), before.Rev+1
				was, is := muster.Diff(before, after)
				if err := t.UpdateAccount(before, after); err != nil {
					return err
				}
				t.Record(&muster.Change{Community: "bench", Deed: muster.DeedEdit, Account: id, At: time.Now(), Before: was, After: is})
				return nil
			})
		}
	}
}

func httpChanges(b *testing.B, e mustertest.Engine) func(int) func() error {
	b.Helper()
	_, c, community, _ := world(b, e)
	secret := community.Key(b, muster.Key{Level: muster.LevelWriteSome, PerMinute: 1_000_000_000})
	dialect := sonoran.New(c, limit.NewDoor(time.Now), time.Now, slog.New(slog.DiscardHandler))
	return clientsOf(b, secret, httpd.Mount{Name: "sonoran", Prefixes: dialect.Prefixes(), Handler: dialect})
}

func httpAnswers(b *testing.B, _ mustertest.Engine) func(int) func() error {
	b.Helper()
	answer := []byte(`[{"id":"text","value":"1234567890"}]` + "\n")
	return clientsOf(b, "the-key-of-the-one-who-only-answers-43chars", httpd.Mount{Name: "answer", Prefixes: []string{"/general"},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = w.Write(answer)
		})})
}

// clientsOf serves a mount on the loopback. Each client has a connection of
// its own and does as little as can be, so that the server is what is
// measured.
func clientsOf(b *testing.B, secret string, mount httpd.Mount) func(int) func() error {
	b.Helper()
	server, err := httpd.New(httpd.Config{Listen: "127.0.0.1:0", Mounts: []httpd.Mount{mount}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Shutdown(b.Context()) })
	return func(i int) func() error {
		conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", server.Addr())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		reader, n := bufio.NewReader(conn), 0
		return func() error {
			n++
			body := fmt.Sprintf(`{"id":"bench","key":%q,"type":"EDIT_ACC_PROFLIE_FIELDS","data":[{"uniqueId":%d,"profileFields":[{"id":"text","value":"%d"}]}]}`,
				secret, (i*64+n)%benchAccounts+1, n)
			var request bytes.Buffer
			fmt.Fprintf(&request, "POST /general/edit_acc_profile_fields HTTP/1.1\r\nHost: muster\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			if _, err := conn.Write(request.Bytes()); err != nil {
				return err
			}
			return readAnswer(reader)
		}
	}
}

func readAnswer(r *bufio.Reader) error {
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err == nil {
		err = res.Body.Close()
	}
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", res.StatusCode, text)
	}
	return err
}
