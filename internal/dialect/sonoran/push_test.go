package sonoran_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
)

// TestPush holds every event, worded, against its golden.
func TestPush(t *testing.T) {
	w := newWorld(t)
	v, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.RefID("33333333-3333-4333-8333-333333333333"))
	if err != nil {
		t.Fatal(err)
	}
	linked, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.RefIdentity(muster.ProviderDiscord, "1234567890"))
	if err != nil {
		t.Fatal(err)
	}
	bare, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.Ref{{By: muster.ByNumber, Value: "3002"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		event muster.EventKind
		view  core.View
	}{
		"created": {muster.EventCreated, bare}, "updated": {muster.EventUpdated, v}, "updated_linked": {muster.EventUpdated, linked}, "kicked": {muster.EventKicked, linked},
		"banned": {muster.EventBanned, linked}, "test": {muster.EventTest, core.View{}},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := sonoran.Push(test.event, core.Telling{Secret: "community-api-key", View: test.view})
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, body, "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			if test.view.ID == bare.ID {
				got = *bytes.NewBuffer(bytes.ReplaceAll(got.Bytes(), []byte(bare.ID), []byte("ID-OF-TWIN")))
			}
			path := filepath.Join("testdata", "push_"+name+".json")
			if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if _, err := sonoran.Push("unheard-of", core.Telling{}); err == nil {
		t.Error("an event without a word is worded")
	}
}

func TestPushed(t *testing.T) {
	for _, test := range []struct {
		status int
		answer string
		want   bool
	}{
		{http.StatusOK, "ok", true}, {http.StatusOK, "ok\n", true}, {http.StatusOK, "Event not registered", true},
		{http.StatusOK, "Bad API Key", false}, {http.StatusOK, `{"error":"bad request"}`, false}, {http.StatusOK, "", false},
		{http.StatusOK, "<html>ok</html>", false}, {http.StatusInternalServerError, "ok", false}, {http.StatusFound, "ok", false},
	} {
		if err := sonoran.Pushed(test.status, test.answer); (err == nil) != test.want {
			t.Errorf("%d %q: %v", test.status, test.answer, err)
		}
	}
}
