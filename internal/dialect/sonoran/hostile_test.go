package sonoran_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
)

// newest is the number of the newest change: a refusal must leave it.
func (w *aWorld) newest(t *testing.T) int64 {
	t.Helper()
	list, err := w.core.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Limit: 1})
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	return list[0].Seq
}

// brokenBody ends with an error, as a client's body does that goes away.
type brokenBody struct{ io.Reader }

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Every body here must be refused by every call that reads one: in the call's
// own form, with nothing written, and with the server alive after it.
func TestHostileBodies(t *testing.T) {
	frame := func(data string) string {
		return `{"id":"demo","key":"fast-key","add":["rank-1"],"data":[` + data + `]}`
	}
	bodies := map[string]io.Reader{
		"20 MB":                strings.NewReader(frame(`{"uniqueId":1001,"bio":"` + strings.Repeat("x", 20<<20) + `"}`)),
		"2 MB":                 strings.NewReader(frame(`{"uniqueId":1001,"bio":"` + strings.Repeat("x", 2<<20) + `"}`)),
		"truncated":            strings.NewReader(frame("")[:20]),
		"client gone":          brokenBody{strings.NewReader(frame(`{"uniqueId":1001,"add":["rank-1"]}`))},
		"twice":                strings.NewReader(`{"id":"demo","key":"fast-key","add":["rank-1"],"add":["rank-1"],"data":[{"add":["rank-1"],"add":[]}]}`),
		"null":                 strings.NewReader("null"),
		"number":               strings.NewReader("1"),
		"nothing":              strings.NewReader(""),
		"NUL":                  strings.NewReader("\x00"),
		"NUL within":           strings.NewReader(frame("{\"username\":\"a\x00b\"}")),
		"not UTF-8":            strings.NewReader(frame("{\"username\":\"\xff\xfe\"}")),
		"deep":                 strings.NewReader(strings.Repeat(`{"data":[`, 5000)),
		"list of a million":    strings.NewReader("[" + strings.Repeat("1,", 500_000)),
		"JSON and more":        strings.NewReader(frame("{}") + "{}"),
		"form":                 strings.NewReader("id=demo&key=demo-key&data=1"),
		"UTF-16":               bytes.NewReader([]byte{0xff, 0xfe, '{', 0, '}', 0}),
		"unclosed text":        strings.NewReader(`{"id":"demo`),
		"unclosed beside note": strings.NewReader("{\"id\": // \n\"demo"),
	}
	w, contract := newWorld(t), contract(t)
	before := w.newest(t)
	for name, reader := range bodies {
		body, err := io.ReadAll(reader)
		for _, route := range w.routes {
			method, path, _ := strings.Cut(route, " ")
			if method == http.MethodGet || len(body) == 0 && err == nil && needsNoBody(path) {
				continue
			}
			if len(body) > 100_000 && path != "/general/set_account_ranks" && path != ranksPattern {
				continue // one route of each era is enough for what takes a while
			}
			var stream io.Reader = bytes.NewReader(body)
			if err != nil {
				stream = brokenBody{stream}
			}
			r := httptest.NewRequest(method, strings.ReplaceAll(path, "{accountId}", string(demo.PageID)), stream)
			r.Header.Set("Authorization", "Bearer fast-key")
			res := httptest.NewRecorder()
			w.handler.ServeHTTP(res, r)
			checkRefusal(t, name+" to "+route, strings.HasPrefix(path, "/v2/"), res)
			contract.Check(t, r, body, res.Result())
		}
	}
	if after := w.newest(t); after != before {
		t.Errorf("%d changes were written", after-before)
	}
	if res := w.send(http.MethodGet, ranksPath, "fast-key", ""); res.Code != http.StatusOK {
		t.Errorf("after all: %d", res.Code)
	}
}

const ranksPattern = "/v2/community/accounts/{accountId}/ranks"

// needsNoBody tells the calls that sonorancms_core sends without one.
func needsNoBody(path string) bool {
	return strings.HasSuffix(path, "/undo") || strings.HasSuffix(path, "/sync") || strings.HasSuffix(path, "/activity/start")
}

func checkRefusal(t *testing.T, what string, v2 bool, res *httptest.ResponseRecorder) {
	t.Helper()
	kind, ok := "text/plain; charset=utf-8", res.Code == http.StatusBadRequest
	if v2 {
		kind, ok = "application/problem+json; charset=utf-8", ok || res.Code == http.StatusRequestEntityTooLarge
	}
	if !ok || res.Header().Get("Content-Type") != kind || res.Body.Len() == 0 {
		t.Errorf("%s: %d %s %.100s", what, res.Code, res.Header().Get("Content-Type"), res.Body)
	}
}

// A client that goes away in the middle of its write harms nobody: its own
// write is done whole or not at all, its neighbours' stay.
func TestClientGoesAway(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.handler)
	defer server.Close()
	post := func(ctx context.Context, number int, value string) error {
		body := fmt.Sprintf(`{"id":"demo","key":"fast-key","data":[{"uniqueId":%d,"profileFields":[{"id":"d9d1288e-3892-40d6-acc5-be2c3d294bd4","value":[%q]}]}]}`, number, value)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/general/edit_acc_profile_fields", strings.NewReader(body))
		if err != nil {
			return err
		}
		res, err := server.Client().Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(res.Body)
		if err == nil && (res.StatusCode != http.StatusOK || !strings.Contains(string(text), value)) {
			err = fmt.Errorf("%d %s", res.StatusCode, text)
		}
		return errors.Join(err, res.Body.Close())
	}
	const rounds = 40
	stayed := make(chan error, rounds)
	for i := range rounds {
		ctx, leave := context.WithCancel(t.Context())
		if i%2 == 0 { // when the server has the whole request
			ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { leave() }})
		}
		gone := make(chan struct{})
		go func() {
			_ = post(ctx, 2100+i, "gone") // whatever becomes of it
			close(gone)
		}()
		go func() { stayed <- post(t.Context(), 2200+i, fmt.Sprint("stays ", i)) }()
		<-gone
		leave()
	}
	for range rounds {
		if err := <-stayed; err != nil {
			t.Error(err)
		}
	}
	for i := range rounds {
		res := w.v1("/general/get_com_account", "fast-key", fmt.Sprintf(`{"uniqueId":%d}`, 2200+i))
		if want := fmt.Sprintf(`["stays %d"]`, i); !strings.Contains(res.Body.String(), want) {
			t.Errorf("account %d lost %s", 2200+i, want)
		}
	}
}
