package client_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
)

// FuzzReadFeed reads whatever comes as a live feed. A feed never ends well, and never beyond what was told whole.
func FuzzReadFeed(f *testing.F) {
	f.Add([]byte("retry: 2000\nid: 4\n\nid: 5\nevent: account.created\ndata: {\"type\":\"account.created\",\"data\":{}}\n\n: here\nid: 6\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := client.ReadFeed(bytes.NewReader(b), func(client.Event) bool { return true }); err == nil {
			t.Error("it ended without a reason")
		}
	})
}

// FuzzReadResults reads whatever comes as the answer to many edits.
func FuzzReadResults(f *testing.F) {
	f.Add([]byte(`{"results":[{"index":0,"outcome":"changed","after":{"bio":"x"}}],"mode":"each","dry_run":false,"batch":"b","counts":{"changed":1}}`))
	f.Add([]byte(`{"results":[],"what":[{"is":null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := client.ReadResults(bytes.NewReader(b), func(client.EditResult) error { return nil })
		if err == nil && !bytes.Contains(b, []byte(`"results"`)) && !bytes.Contains(b, []byte(`\u`)) {
			t.Errorf("%q was taken for results", b)
		}
	})
}

// FuzzRefusal reads whatever comes as a problem.
func FuzzRefusal(f *testing.F) {
	f.Add([]byte(`{"type":"x","title":"x","status":400,"detail":"/values/a~1b: no","code":"invalid","requestId":"r","errors":[{"pointer":"/values/a~1b","detail":"no"}]}`), 400)
	f.Fuzz(func(t *testing.T, b []byte, status int) {
		if status < 300 || status > 599 {
			return
		}
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = w.Write(b)
		err := client.Refused(w.Result())
		refusal, is := errors.AsType[*client.Error](err)
		if _, words := errors.AsType[*muster.Error](err); !is || !words || refusal.Status != status {
			t.Errorf("%d is told as %v", status, err)
		}
	})
}
