package rest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// MaxBulk is how large the body of many edits may be.
const MaxBulk = 64 << 20

// How long a request of many edits may take: to be read, and in all.
const (
	bulkReading = 5 * time.Minute
	bulkAnswer  = 15 * time.Minute
)

func (d *Dialect) bulkRoutes() []route {
	return []route{{method: http.MethodPost, pattern: root + "/changes", class: classBulk, query: []string{"mode", "dry_run"}, do: d.bulk}}
}

// items are the edits of a request, as text: a hundred thousand of them take
// far less so than they do as what the text means.
type items struct {
	text []byte
	ends []int
}

func (i *items) add(item []byte) error {
	if len(i.ends) == core.MaxEdits {
		return muster.Errorf(muster.TooLarge, "", "a batch takes at most %d edits", core.MaxEdits)
	}
	if _, err := muster.ParseJSON(item); err != nil {
		return muster.Within(inItem, err)
	}
	i.text = append(i.text, item...)
	i.ends = append(i.ends, len(i.text))
	return nil
}

func (i *items) at(n int) []byte {
	from := 0
	if n > 0 {
		from = i.ends[n-1]
	}
	return i.text[from:i.ends[n]]
}

// inItem begins the path of what is wrong with an item as it was written, not
// with the edit that it asks for.
const inItem = "$"

// items reads a body of many edits: a JSON array, or one object a line.
func (in request) items() (*items, error) {
	media, err := in.mediaType(typeJSON, typeNDJSON)
	if err != nil {
		return nil, err
	}
	body := http.MaxBytesReader(in.w, in.Body, MaxBulk)
	read := readArray
	if media == typeNDJSON {
		read = readLines
	}
	list := &items{}
	if err = read(body, list); err == nil && len(list.ends) == 0 {
		err = muster.Errorf(muster.Invalid, "", "there is no edit in the body")
	}
	return list, at(len(list.ends), err)
}

// at says which item an error is about, where it is about one.
func at(n int, err error) error {
	e, ok := asError(err)
	if !ok || len(e.Path) == 0 || e.Path[0] != inItem {
		return err
	}
	path := append([]string{strconv.Itoa(n)}, e.Path[1:]...)
	return &muster.Error{Code: e.Code, Field: "item", Path: path, Message: e.Message}
}

func readArray(body io.Reader, list *items) error {
	decoder := json.NewDecoder(body)
	token, err := decoder.Token()
	if err != nil {
		return notJSON(err)
	}
	if token != json.Delim('[') {
		return muster.Errorf(muster.Invalid, "", "the body must be a JSON array, or lines of the type %s", typeNDJSON)
	}
	for decoder.More() {
		var item json.RawMessage
		if err := decoder.Decode(&item); err != nil {
			return notJSON(err)
		}
		if err := list.add(item); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return notJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return muster.Errorf(muster.Invalid, "", "something follows the array")
	}
	return nil
}

func notJSON(err error) error {
	if err := unreadable(err, MaxBulk); muster.CodeOf(err) == muster.TooLarge {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return muster.Errorf(muster.Invalid, "", "the body is malformed JSON: it ends too early")
	}
	return muster.Errorf(muster.Invalid, "", "the body is malformed JSON: %v", err)
}

func readLines(body io.Reader, list *items) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxBody)
	n := 1 // as editors count: blank lines as well
	for ; lines.Scan(); n++ {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			if err := onLine(n, list.add(line)); err != nil {
				return err
			}
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return muster.Errorf(muster.TooLarge, "", "line %d is longer than %d bytes", n, maxBody)
	}
	return unreadable(lines.Err(), MaxBulk)
}

// onLine says on which line of the body the text is that cannot be read.
func onLine(n int, err error) error {
	e, ok := asError(err)
	if !ok || len(e.Path) == 0 || e.Path[0] != inItem {
		return err
	}
	return &muster.Error{Code: e.Code, Field: e.Field, Path: e.Path, Message: fmt.Sprintf("line %d: %s", n, e.Message)}
}

// target reads one edit of one account.
func (i *items) target(n int) (t core.Target, err error) {
	v, err := muster.ParseJSON(i.at(n))
	var o, edit object
	if err == nil {
		o, err = objectOf(v)
	}
	if err == nil {
		err = o.only("account", "edit", "if_rev")
	}
	if err == nil {
		t.Ref, err = o.ref("account")
	}
	if err == nil && t.Ref == nil {
		err = wrong("account", "is required")
	}
	var rev muster.Opt[int64]
	if err == nil {
		rev, err = o.integer("if_rev")
	}
	if err == nil && rev.Set && rev.Value < 1 {
		err = wrong("if_rev", "must be at least 1")
	}
	t.IfRev = rev.Value
	there := false
	if err == nil {
		edit, there, err = o.object("edit")
	}
	if err == nil && !there {
		err = wrong("edit", "is required")
	}
	if err == nil {
		t.Edit, err = edit.whole()
		err = muster.Within("edit", err)
	}
	return t, muster.Within(inItem, err)
}

// bulkResult is what became of one edit.
type bulkResult struct {
	Index   int              `json:"index"`
	Outcome string           `json:"outcome"`
	Account muster.AccountID `json:"account,omitempty"`
	Rev     int64            `json:"rev,omitempty"`
	Seq     int64            `json:"seq,omitempty"`
	Before  *muster.Members  `json:"before,omitempty"`
	After   *muster.Members  `json:"after,omitempty"`
	Code    string           `json:"code,omitempty"`
	Error   *fault           `json:"error,omitempty"`
}

// The outcomes of an edit.
const (
	changed   = "changed"
	unchanged = "unchanged"
	refused   = "refused"
)

func (b *bulkAnswerer) resultOf(n int, r core.Result) bulkResult {
	out := bulkResult{Index: n, Outcome: unchanged, Account: r.View.ID, Rev: r.View.Rev, Seq: r.Seq}
	switch {
	case r.Err != nil:
		p := problemOf(b.edits.fault(n, r.Err))
		out = bulkResult{Index: n, Outcome: refused, Code: p.code, Error: &fault{Detail: p.detail}}
		if len(p.at) > 0 {
			out.Error = &p.at[0]
		}
	case r.Change != nil:
		out.Outcome = changed
		if b.dry {
			out.Before, out.After = &r.Change.Before, &r.Change.After
		}
	}
	return out
}

// fault says which member of which item of the body an error is about.
func (i *items) fault(n int, err error) error {
	e, ok := asError(err)
	if !ok || len(e.Path) == 0 || e.Field == "community" {
		return err
	}
	if e.Path[0] == "ranks" {
		v, _ := muster.ParseJSON(i.at(n)) // as it was read before
		o, _ := objectOf(v)
		edit, _, _ := o.object("edit")
		e, _ = asError(edit.listed(e))
	}
	path := slices.Concat([]string{strconv.Itoa(n), "edit"}, e.Path)
	switch e.Path[0] {
	case inItem:
		path = append(path[:1], e.Path[1:]...)
	case "ref":
		path = append(path[:1], "account")
	case "rev":
		path = append(path[:1], "if_rev")
	}
	return &muster.Error{Code: e.Code, Field: "item", Path: path, Message: e.Message}
}

// bulk does many edits of many accounts.
func (d *Dialect) bulk(ctx context.Context, c muster.Caller, in request) (reply, error) {
	mode := "atomic"
	if in.query.Has("mode") {
		mode = in.query.Get("mode")
	}
	whole, err := atomic(mode)
	if err != nil {
		return reply{}, muster.Within(inQuery, muster.Within("mode", err))
	}
	dry, err := in.flag("dry_run")
	if err != nil {
		return reply{}, err
	}
	c.DryRun = c.DryRun || dry.Value
	deadlines := http.NewResponseController(in.w) // of one who has none, in tests, none is moved
	_ = deadlines.SetReadDeadline(time.Now().Add(bulkReading))
	_ = deadlines.SetWriteDeadline(time.Now().Add(bulkAnswer))
	edits, err := in.items()
	if err != nil {
		return reply{}, err
	}
	out := &bulkAnswerer{in: in, edits: edits, mode: mode, dry: c.DryRun, streams: !whole && !c.DryRun}
	out.batch, err = d.core.ChangeAll(ctx, c, core.Bulk{Len: len(edits.ends), Edit: edits.target, Done: out.done}, core.Options{Atomic: whole})
	if err != nil && !out.began {
		return reply{}, edits.faultOf(err)
	}
	return reply{stream: out.end}, nil
}

// faultOf is fault of the error that ended an atomic batch.
func (i *items) faultOf(err error) error {
	e, ok := asError(err)
	if !ok || len(e.Path) < 2 || e.Path[0] != "targets" {
		return err
	}
	n, _ := strconv.Atoi(e.Path[1])
	if len(e.Path) == 2 {
		return &muster.Error{Code: e.Code, Field: "item", Path: e.Path[1:2], Message: e.Message}
	}
	return i.fault(n, &muster.Error{Code: e.Code, Field: "item", Path: e.Path[2:], Message: e.Message})
}

// bulkAnswerer writes the answer of many edits: as they are done where each is
// for itself, else when all are.
type bulkAnswerer struct {
	in      request
	edits   *items
	mode    string
	dry     bool
	streams bool
	began   bool
	batch   string
	results list
	counts  map[string]int
}

// done takes results, as core.Bulk gives them.
func (b *bulkAnswerer) done(from int, results []core.Result) error {
	if from == 0 {
		b.results, b.counts = list{}, map[string]int{changed: 0, unchanged: 0, refused: 0}
	}
	for i, r := range results {
		out := b.resultOf(from+i, r)
		b.counts[out.Outcome]++
		b.results.add(out)
	}
	if b.streams {
		b.begin(b.in.w)
		b.flush(b.in.w)
		_ = http.NewResponseController(b.in.w).Flush() // where that is possible
	}
	return nil
}

// begin writes what stands before the results.
func (b *bulkAnswerer) begin(w http.ResponseWriter) {
	if !b.began {
		b.began = true
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(`{"results":[`))
	}
}

// flush writes the results that are there; whether the client still reads
// changes nothing.
func (b *bulkAnswerer) flush(w http.ResponseWriter) {
	_, _ = w.Write(b.results.text.Bytes())
	b.results.text.Reset()
}

func (b *bulkAnswerer) end(w http.ResponseWriter) {
	b.begin(w)
	b.flush(w)
	if b.counts[changed] == 0 || b.dry {
		b.batch = ""
	}
	rest := encode(struct {
		Mode   string         `json:"mode"`
		DryRun bool           `json:"dry_run"`
		Batch  string         `json:"batch,omitempty"`
		Counts map[string]int `json:"counts"`
	}{b.mode, b.dry, b.batch, b.counts})
	_, _ = w.Write(append([]byte(`],`), rest[1:]...))
}
