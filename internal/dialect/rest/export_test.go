package rest

import "time"

// StreamsPerKey is how many live feeds a key may have open.
const StreamsPerKey = streamsPerKey

// SetReadTime says how long clients of live feeds may take to read.
func (d *Dialect) SetReadTime(t time.Duration) { d.readTime = t }
