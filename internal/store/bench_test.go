package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/muster-accounts/muster"
)

// BenchmarkWriter is what the store itself can make durable: each change reads
// an account, writes it back, and leaves its history and outbox entry.
func BenchmarkWriter(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("%d writers", writers), func(b *testing.B) {
			const accounts = 1000
			s := openDemo(b)
			mustWrite(b, s, func(t *Tx) error {
				for n := range accounts {
					a := muster.Account{
						Community: demo, ID: benchID(n), Number: int64(n + 1), Username: string(benchID(n)), Rev: 1,
						Values: muster.Values{"motto": muster.Text("per aspera ad astra"), "age": muster.Number(30), "games": muster.List{"chess", "go"}},
						Ranks:  []muster.Grant{{Rank: "member"}},
					}
					if err := t.InsertAccount(a); err != nil {
						return err
					}
				}
				return nil
			})
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range writers {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := s.Write(b.Context(), func(t *Tx) error { return benchChange(t, int(n)*7919%accounts, n) }); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}

func benchID(n int) muster.AccountID {
	return muster.AccountID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

func benchChange(t *Tx, n int, age int64) error {
	before, err := t.Account(demo, benchID(n))
	if err != nil {
		return err
	}
	after := before
	after.Values = muster.Values{"motto": before.Values["motto"], "age": muster.Number(age), "games": before.Values["games"]}
	after.Rev++
	if err := t.UpdateAccount(before, after); err != nil {
		return err
	}
	was, is := muster.Diff(before, after)
	t.Record(&muster.Change{Community: demo, Deed: muster.DeedEdit, Account: after.ID, Before: was, After: is})
	return nil
}
