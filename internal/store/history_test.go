package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

func numberedWorld(t *testing.T, st *store.Store) {
	t.Helper()
	err := st.Write(t.Context(), func(tx *store.Tx) error {
		return tx.InsertCommunity(muster.Community{ID: "c", UUID: "00000000-0000-4000-8000-000000000001", Name: "c"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func note(tx *store.Tx, at time.Time, batch string) *muster.Change {
	c := &muster.Change{Community: "c", At: at, Deed: muster.DeedSync, Account: "a", Batch: batch}
	tx.Record(c)
	return c
}

// What a job alone flushes is numbered on without gaps, and its numbers are
// free again where it fails.
func TestFlush(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		numberedWorld(t, st)
		at := mustertest.Start
		one := func() int64 {
			var c *muster.Change
			err := st.WriteIn(t.Context(), "c", func(tx *store.Tx) error { c = note(tx, at, ""); return nil })
			if err != nil {
				t.Fatal(err)
			}
			return c.Seq
		}
		if seq := one(); seq != 1 {
			t.Fatal(seq)
		}
		many := func(fail error) (seqs []int64, err error) {
			err = st.WriteAlone(t.Context(), "c", func(tx *store.Tx) error {
				seqs = nil
				for range 3 {
					a, b := note(tx, at, "b"), note(tx, at, "b")
					if err := tx.Flush(); err != nil {
						return err
					}
					seqs = append(seqs, a.Seq, b.Seq)
				}
				note(tx, at, "b")
				return fail
			})
			return seqs, err
		}
		broken := errors.New("broken")
		if _, err := many(broken); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		seqs, err := many(nil)
		if err != nil || len(seqs) != 6 || seqs[0] != 2 || seqs[5] != 7 {
			t.Fatal(seqs, err)
		}
		if seq := one(); seq != 9 {
			t.Errorf("after 8 comes %d", seq)
		}
		err = st.Read(t.Context(), func(tx *store.Tx) error {
			list, err := tx.ChangesOf("c", store.ChangeFilter{Batch: "b"}, 100)
			if len(list) != 7 {
				t.Errorf("%d changes of the batch", len(list))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		err = st.Write(t.Context(), func(tx *store.Tx) error { note(tx, at, ""); return tx.Flush() })
		if err == nil || one() != 10 {
			t.Error("a job among others could flush", err)
		}
	})
}

// Jobs that run alone and jobs that share take turns, and all are answered.
func TestAloneAmongOthers(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		numberedWorld(t, st)
		const each = 40
		errs := make(chan error)
		for i := range 4 * each {
			go func() {
				fn := func(tx *store.Tx) error { note(tx, mustertest.Start, ""); return nil }
				if i%4 == 0 {
					errs <- st.WriteAlone(t.Context(), "c", func(tx *store.Tx) error { note(tx, mustertest.Start, ""); return tx.Flush() })
					return
				}
				errs <- st.WriteIn(t.Context(), "c", fn)
			}()
		}
		for range 4 * each {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		err := st.Read(t.Context(), func(tx *store.Tx) error {
			last, err := tx.LastSeq("c")
			list, e := tx.ChangesOf("c", store.ChangeFilter{}, 1000)
			if last != 4*each || len(list) != 4*each || list[0].Seq != last {
				t.Errorf("last %d, %d changes", last, len(list))
			}
			return errors.Join(err, e)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestSeqsBetween(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		numberedWorld(t, st)
		hour := func(n int) time.Time { return mustertest.Start.Add(time.Duration(n) * time.Hour) }
		err := st.Write(t.Context(), func(tx *store.Tx) error {
			for n := range 50 {
				note(tx, hour(n/2), "")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = st.Read(t.Context(), func(tx *store.Tx) error {
			for since := -1; since < 27; since++ {
				for till := -1; till < 27; till++ {
					after, before, err := tx.SeqsBetween("c", hour(since), hour(till))
					if err != nil {
						return err
					}
					list, err := tx.ChangesOf("c", store.ChangeFilter{After: after, Before: before, Since: hour(since), Till: hour(till)}, 100)
					if err != nil {
						return err
					}
					if want := 2 * max(0, min(till, 25)-max(since, 0)); len(list) != want {
						t.Errorf("%d..%d: %d changes, want %d", since, till, len(list), want)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
