package limit_test

import (
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/limit"
)

func TestDoor(t *testing.T) {
	stands := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	vendor := muster.Limits{Preset: muster.LimitsVendor}
	class := limit.Class{Name: "writes", Vendor: 22}
	for _, c := range []struct {
		name   string
		limits muster.Limits
		class  limit.Class
		want   int
	}{
		{"the vendor's number", vendor, class, 22},
		{"a vendor who states none", vendor, limit.Class{Name: "writes"}, 600},
		{"our own", muster.Limits{Preset: muster.LimitsOwn}, class, 600},
		{"the key's goes before", muster.Limits{Preset: muster.LimitsVendor, PerMinute: 3}, class, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			door := limit.NewDoor(func() time.Time { return stands })
			caller := muster.Caller{Community: "demo", Key: "k", Limits: c.limits}
			passed := 0
			for {
				pass, err := door.Allow(caller, c.class)
				if err != nil {
					if muster.CodeOf(err) != muster.Limited || pass.Result.RetryAfter <= 0 {
						t.Errorf("refused with %v, %+v", err, pass)
					}
					break
				}
				passed++
			}
			if passed != c.want {
				t.Errorf("%d passed, want %d", passed, c.want)
			}
			for _, other := range []muster.Caller{
				{Community: "demo", Key: "other", Limits: c.limits}, {Community: "other", Key: "k", Limits: c.limits},
				{Community: "demo", Key: "k", Account: "somebody", Limits: c.limits},
			} {
				if _, err := door.Allow(other, c.class); err != nil {
					t.Errorf("%+v pays for another: %v", other, err)
				}
			}
			if _, err := door.Allow(caller, limit.Class{Name: "reads", Vendor: 1}); err != nil {
				t.Errorf("another class: %v", err)
			}
		})
	}
}
