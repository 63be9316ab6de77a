package media_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/media"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

func TestPictures(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		t.Helper()
		w := mustertest.NewCommunity(t, st, "demo")
		sam := w.Account(t, "sam", muster.Edit{})
		upload := image.NewNRGBA(image.Rect(0, 0, 4, 4))
		upload.Set(1, 1, color.Black)
		var b bytes.Buffer
		if err := png.Encode(&b, upload); err != nil {
			t.Fatal(err)
		}
		picture, err := core.NewPicture(t.Context(), b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		results, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(sam.ID), Picture: picture}}, core.Options{Atomic: true})
		if err != nil {
			t.Fatal(err)
		}
		handler := media.Handler(w.Core, slog.New(slog.DiscardHandler))
		get := func(path string) *httptest.ResponseRecorder {
			res := httptest.NewRecorder()
			handler.ServeHTTP(res, httptest.NewRequest(http.MethodGet, path, nil))
			return res
		}
		own := results[0].View.PicturePath()
		for path, want := range map[string]struct {
			status int
			kind   string
		}{
			own:                      {200, "image/png"},
			muster.DefaultPicture:    {200, "image/svg+xml"},
			own[:len(own)-3] + "jpg": {404, "text/plain; charset=utf-8"},
			"/media/other" + own[len("/media/demo"):]: {404, "text/plain; charset=utf-8"},
			"/media/demo/%00/x.png":                   {404, "text/plain; charset=utf-8"},
			"/media/":                                 {404, "text/plain; charset=utf-8"},
		} {
			res := get(path)
			if res.Code != want.status || res.Header().Get("Content-Type") != want.kind || res.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %d %v", path, res.Code, res.Header())
			}
		}
		if !bytes.Equal(get(own).Body.Bytes(), picture.Content) {
			t.Error("another picture")
		}
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(sam.ID)); err != nil {
			t.Fatal(err)
		}
		if res := get(own); res.Code != http.StatusNotFound {
			t.Errorf("a picture outlives its account: %d", res.Code)
		}
	})
}
