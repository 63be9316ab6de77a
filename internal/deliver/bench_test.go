package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// BenchmarkEdit shows what it costs those who edit that events go out.
func BenchmarkEdit(b *testing.B) {
	for _, following := range []int{-1, 0, 1} {
		name := fmt.Sprint("following=", following)
		if following < 0 {
			name = "no dispatcher"
		}
		b.Run(name, func(b *testing.B) { benchmarkEdit(b, following) })
	}
}

func benchmarkEdit(b *testing.B, following int) {
	st := mustertest.Open(b, b.TempDir())
	c := core.New(st, time.Now)
	w := mustertest.NewCommunityIn(b, c, nil, "demo")
	if err := c.BindSecret(b.Context(), mustertest.Secret(b)); err != nil {
		b.Fatal(err)
	}
	var views []core.View
	for i := range 256 {
		views = append(views, w.Account(b, fmt.Sprint("account", i), muster.Edit{}))
	}
	for i := range max(0, following) {
		s := muster.Server{ID: int64(i + 1), Name: "down", Address: "127.0.0.1", Port: 1} // nobody listens
		if _, err := c.PutServer(b.Context(), w.Admin, s); err != nil {
			b.Fatal(err)
		}
		if err := c.SetPushSecret(b.Context(), w.Admin, s.ID, pushSecret); err != nil {
			b.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	if following >= 0 {
		d := New(c, Config{Wordings: map[string]Wording{"server": plainly}, Allowed: loopback, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		running.Go(func() { d.Run(ctx) })
	}
	var n atomic.Int64
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			e := muster.Edit{Bio: muster.Some(fmt.Sprint(i))}
			if _, err := c.Edit(b.Context(), w.Admin, muster.RefID(views[i%256].ID), e); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "edits/s")
	stop()
	running.Wait()
}
