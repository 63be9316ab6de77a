package rest

import (
	"slices"
	"time"
)

// StreamsPerKey is how many live feeds a key may have open.
const StreamsPerKey = streamsPerKey

// SetReadTime says how long clients of live feeds may take to read.
func (d *Dialect) SetReadTime(t time.Duration) { d.readTime = t }

// Deprecated are the routes that are on their way out.
func (d *Dialect) Deprecated() (list []string) {
	for _, r := range d.routes() {
		if !r.ends.since.IsZero() {
			list = append(list, r.method+" "+r.pattern)
		}
	}
	slices.Sort(list)
	return list
}

// ServeEnding serves all routes with one of them on its way out.
func (d *Dialect) ServeEnding(route string, since, sunset time.Time, about string) {
	list := d.routes()
	for i, r := range list {
		if r.method+" "+r.pattern == route {
			list[i].ends = ending{since, sunset, about}
		}
	}
	d.mux = d.newMux(list)
}
