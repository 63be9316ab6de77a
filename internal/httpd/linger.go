package httpd

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// What is still read of a request that was answered before all of it had come.
const (
	lingerBytes = 32 << 20
	lingerTime  = 5 * time.Second
)

// lingerListener hands out connections that close with patience. A client that writes all of its request before it reads
// would otherwise never see the answer to a body that is too large: to close while its bytes arrive resets the connection.
type lingerListener struct {
	net.Listener
	stopping *atomic.Bool // then nobody is waited for
}

// Accept waits for the next connection.
func (l lingerListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &lingerConn{TCPConn: tcp, stopping: l.stopping}, err
	}
	return c, err
}

// lingerConn is a connection that, where the latest request was not read to its end, closes in two steps: it says that
// nothing more will be sent, and throws away what comes until the client closes, or a bound is reached.
type lingerConn struct {
	*net.TCPConn
	stopping *atomic.Bool
	unread   atomic.Bool
}

// Close lingers once; whoever closes meanwhile closes at once.
func (c *lingerConn) Close() error {
	if c.unread.Swap(false) && !c.stopping.Load() && c.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.TCPConn, lingerBytes) // however it ends, it has ended
	}
	return c.TCPConn.Close()
}

type connKey struct{}

// withConn puts the connection into the context of its requests.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	return context.WithValue(ctx, connKey{}, c)
}

// linger notes on the connection whether the request was read to its end. HTTP/2 needs none of it: it ends a stream and
// not the connection.
func linger(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*lingerConn)
		if !ok || r.ProtoMajor != 1 {
			next.ServeHTTP(w, r)
			return
		}
		body := &watchedBody{ReadCloser: r.Body, ended: r.ContentLength == 0}
		r.Body = body
		defer func() { c.unread.Store(!body.ended) }() // after a panic as well
		next.ServeHTTP(w, r)
	})
}

// watchedBody sees the end of a body.
type watchedBody struct {
	io.ReadCloser
	ended bool
}

// Read reads on.
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended = true
	}
	return n, err
}
