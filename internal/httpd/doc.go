// Package httpd is the front door: everything that is the same for every request, whichever API it is meant for.
//
// It owns the listeners and their time-outs, TLS, the request id, the client's address and how often it may call, the
// size of a body, CORS, panics, the access log, the metrics, the health pages and the page at "/". It hands the request
// on to the [Mount] whose prefix fits, and knows nothing of what happens there: it is given http.Handlers.
//
// What a mounted handler finds:
//   - the path is clean: no "//", no "." or "..", no slash at the end, its case as it came. A percent-encoded slash is
//     still encoded (r.URL.RawPath), so ServeMux takes it as part of a segment. Nothing was redirected, and a handler that
//     uses ServeMux must not cause it to: register "/console" and "/console/{path...}", not "/console/" alone.
//   - the request header X-Request-Id holds the request's id, whatever the client sent.
//   - reading the body fails with *http.MaxBytesError beyond Config.MaxBody. The handler answers in its own form; the
//     connection is closed afterwards, with patience for clients that read the answer only when they have sent it all.
//   - the ResponseWriter unwraps: flushing and deadlines go through http.NewResponseController.
//   - X-Content-Type-Options, Cache-Control: no-store, Referrer-Policy and the CORS fields are already set and may be
//     overwritten. Vary is to be added to, not set.
//   - a panic is answered 500, or cuts the connection when the answer had already begun.
//
// Its own routes: GET / /healthz /readyz and each mount's contract; on the metrics listener GET /metrics.
package httpd
