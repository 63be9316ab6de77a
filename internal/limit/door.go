package limit

import (
	"net/http"
	"time"

	"github.com/muster-accounts/muster"
)

// Class is a group of routes that share one allowance. Vendor is how many
// requests a minute the vendor's own pages state for it; 0: they state none.
type Class struct {
	Name   string
	Vendor int
}

// Door is where every dialect has its requests counted: per credential and
// class, never per address.
type Door struct {
	memory  *Memory
	refused func(muster.Caller)
}

// OnRefused has a function called for each request that is refused. It is
// called before the first request.
func (d *Door) OnRefused(note func(muster.Caller)) { d.refused = note }

// NewDoor makes a Door; now is the clock.
func NewDoor(now func() time.Time) *Door { return &Door{memory: NewMemory(now)} }

// Pass is what the door said of one request.
type Pass struct {
	Class  Class
	Rate   Rate
	Result Result
	DryRun bool // the caller wants nothing written
}

// SetHeaders tells the client where it stands.
func (p Pass) SetHeaders(h http.Header) {
	p.Result.SetHeaders(h, p.Class.Name, p.Rate)
	if p.DryRun {
		h.Set(muster.HeaderDryRun, "true")
	}
}

// Allow counts a request of the caller. The error is of code Limited.
func (d *Door) Allow(c muster.Caller, class Class) (Pass, error) {
	rate := Rate{Requests: c.Limits.PerMinuteOf(class.Vendor), Per: time.Minute}
	who := string(c.Community) + "\x00" + string(c.Key) + "\x00" + string(c.Account) + "\x00" + class.Name
	pass := Pass{Class: class, Rate: rate, Result: d.memory.Allow(who, rate), DryRun: c.DryRun}
	if !pass.Result.Allowed {
		if d.refused != nil {
			d.refused(c)
		}
		return pass, muster.Errorf(muster.Limited, "", "this credential may send %d requests a minute of the class %q", rate.Requests, class.Name)
	}
	return pass, nil
}
