// Package media serves the pictures of accounts, for all dialects: at paths
// that change with the picture, to whoever knows them, so that pages can show
// them.
//
// Routes: GET /media/avatar.svg, GET /media/{community}/{account}/{name}.
package media

import (
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// Prefix is the path below which pictures are.
const Prefix = "/media"

// nobody is the picture of those who have none.
//
//go:embed avatar.svg
var nobody []byte

// Handler serves pictures; log takes what went wrong on our side.
func Handler(c *core.Core, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+muster.DefaultPicture, func(w http.ResponseWriter, _ *http.Request) {
		show(w, "image/svg+xml", "public, max-age=86400", nobody)
	})
	mux.HandleFunc("GET "+Prefix+"/{community}/{account}/{name}", func(w http.ResponseWriter, r *http.Request) {
		community, id, name := muster.CommunityID(r.PathValue("community")), muster.AccountID(r.PathValue("account")), r.PathValue("name")
		content, err := c.PictureContent(r.Context(), community, id, name)
		if err == nil {
			kind := "image/jpeg"
			if strings.HasSuffix(name, ".png") {
				kind = "image/png"
			}
			show(w, kind, "public, max-age=31536000, immutable", content)
			return
		}
		status := http.StatusNotFound
		if muster.CodeOf(err) != muster.NotFound {
			status = http.StatusServiceUnavailable
			if e, ok := errors.AsType[*muster.Error](err); !ok || e.Code != muster.Unavailable {
				status = http.StatusInternalServerError
				log.ErrorContext(r.Context(), "picture not read", "path", r.URL.Path, "error", err)
			}
		}
		http.Error(w, strings.ToLower(http.StatusText(status)), status)
	})
	return mux
}

// show answers a picture. Whatever it holds, it runs nothing.
func show(w http.ResponseWriter, kind, caching string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Cache-Control", caching)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // front ends live elsewhere
	_, _ = w.Write(content)                               //nolint:gosec // a picture of our own encoding, and the client may have gone
}
