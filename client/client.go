package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// root is where all routes are, below the address of the server.
const root = "/muster/v1"

// Client calls one server with one key.
type Client struct {
	base *url.URL
	http *http.Client
	// sign shows the key. It is a function so that nothing that prints a Client, however it does so, prints the key.
	sign func(http.Header)

	agent string
	pace  pace
}

// Option changes how a Client works.
type Option func(*Client)

// HTTPClient makes requests by another http.Client than one of our own, such as one with other certificates or a
// proxy. Its Timeout bounds live feeds too, so it should be 0; its CheckRedirect is not asked.
func HTTPClient(h *http.Client) Option {
	return func(c *Client) {
		own := *h
		c.http = &own
	}
}

// UserAgent names the program that calls, for the server's logs.
func UserAgent(name string) Option {
	return func(c *Client) { c.agent = name }
}

// New makes a client of the server at an address, such as https://muster.example.org, which calls with the secret of a
// key. Nothing is sent yet.
func New(address, key string, options ...Option) (*Client, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Hostname() == "":
		return nil, errors.New("client: the address must be one such as https://muster.example.org")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("client: the address must hold no user, query or fragment")
	case key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("client: the key must be one word of printable ASCII")
	}
	c := &Client{
		base: base.JoinPath(root), http: &http.Client{Transport: newTransport()}, agent: "muster-go", pace: usualPace,
		sign: func(h http.Header) { h.Set("Authorization", "Bearer "+key) },
	}
	for _, option := range options {
		option(c)
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// newTransport is one that gives up where nobody answers.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     90 * time.Second,

		ExpectContinueTimeout: 2 * time.Second,
	}
}

// String tells which server it calls.
func (c *Client) String() string { return "client of " + strings.TrimSuffix(c.base.String(), root) }

// call is one request, as often as it has to be sent.
type call struct {
	method string
	path   []string // its segments, as they are; below root
	query  url.Values
	header http.Header
	body   any  // written as JSON; nil: none
	into   any  // the answer is read into it; nil: it is not looked at
	slow   bool // it may take as long as many edits
}

// CallOption says how one call is made.
type CallOption func(*call)

// DryRun asks what a write would be answered, and has nothing written.
func DryRun() CallOption {
	return func(r *call) { r.header.Set("Muster-Dry-Run", "true") }
}

// IfRev lets a change of one account be made only while its Rev is this one; else it is [ErrStale].
func IfRev(rev int64) CallOption {
	return func(r *call) { r.header.Set("If-Match", fmt.Sprintf(`"%d"`, rev)) }
}

// AnyRev lets a change of one account be made whatever its Rev is, in a community that wants to be told which is meant.
func AnyRev() CallOption {
	return func(r *call) { r.header.Set("If-Match", "*") }
}

// Once gives a call that creates or does something a name, so that it is done once, however often it is called by this name
// within 24 hours. Without it each call has a name of its own.
func Once(name string) CallOption {
	return func(r *call) { r.header.Set(headerOnce, name) }
}

// The headers and types of requests.
const (
	headerOnce = "Idempotency-Key"
	typeJSON   = "application/json"
	typePatch  = "application/merge-patch+json"
	typeNDJSON = "application/x-ndjson"
)

func newCall(method string, into any, options []CallOption, path ...string) *call {
	r := &call{method: method, path: path, query: url.Values{}, header: http.Header{}, into: into}
	for _, option := range options {
		option(r)
	}
	return r
}

// with gives the call a body.
func (r *call) with(body any) *call {
	r.body = body
	return r
}

// url is where the call goes. A segment that is no name would lead elsewhere.
func (c *Client) url(r *call) (*url.URL, error) {
	path := c.base.EscapedPath()
	for _, name := range r.path {
		if name == "" || name == "." || name == ".." {
			return nil, fmt.Errorf("client: %q is no name", name)
		}
		path += "/" + url.PathEscape(name)
	}
	u := *c.base
	var err error
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, err
	}
	u.RawPath, u.RawQuery = path, r.query.Encode()
	return &u, nil
}

// request makes one attempt's request.
func (c *Client) request(ctx context.Context, r *call, body io.Reader) (*http.Request, error) {
	u, err := c.url(r)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", c.agent)
	if body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", typeJSON)
		if r.method == http.MethodPatch {
			req.Header.Set("Content-Type", typePatch)
		}
	}
	c.sign(req.Header)
	return req, nil
}

// send sends one attempt, and refuses what the server refuses.
func (c *Client) send(ctx context.Context, r *call, body io.Reader) (*http.Response, error) {
	req, err := c.request(ctx, r, body)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if err := refused(res); err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	return res, nil
}

// do makes a call and reads its answer.
func (c *Client) do(ctx context.Context, r *call) (answer http.Header, err error) {
	var body []byte
	if r.body != nil {
		if body, err = encode(r.body); err != nil {
			return nil, err
		}
	}
	if r.method == http.MethodPost && r.header.Get(headerOnce) == "" {
		r.header.Set(headerOnce, newName())
	}
	err = c.repeat(ctx, r.mayRepeat(), func() error {
		answer, err = c.attempt(ctx, r, body)
		return err
	})
	return answer, err
}

// encode writes JSON as it is read: without escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// maxAnswer is how large the body of an answer may be.
const maxAnswer = 64 << 20

func (c *Client) attempt(ctx context.Context, r *call, body []byte) (http.Header, error) {
	limit := c.pace.attempt
	if r.slow {
		limit = c.pace.bulk
	}
	ctx, cancel := within(ctx, limit)
	defer cancel()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	res, err := c.send(ctx, r, reader)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, cut{err}
	case len(text) > maxAnswer:
		return nil, fmt.Errorf("client: the answer is larger than %d bytes", maxAnswer)
	case r.into == nil || res.StatusCode == http.StatusNoContent:
		return res.Header, nil
	}
	if err := isJSON(res); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, r.into); err != nil {
		return nil, fmt.Errorf("client: the answer cannot be read: %w", err)
	}
	return res.Header, nil
}

// isJSON refuses what is answered by somebody else, such as a proxy with a page to sign in at.
func isJSON(res *http.Response) error {
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media != typeJSON {
		return fmt.Errorf("client: the answer is %q and not JSON; is this the address of a Muster server?", media)
	}
	return nil
}

// read is a GET of one thing.
func read[T any](ctx context.Context, c *Client, path ...string) (out T, err error) {
	_, err = c.do(ctx, newCall(http.MethodGet, &out, nil, path...))
	return out, err
}

// write is a call with a body that answers with one thing.
func write[T any](ctx context.Context, c *Client, method string, body any, options []CallOption, path ...string) (out T, err error) {
	_, err = c.do(ctx, newCall(method, &out, options, path...).with(body))
	return out, err
}

// all is a GET of a list that has one page.
func all[T any](ctx context.Context, c *Client, path ...string) ([]T, error) {
	list, err := read[page[T]](ctx, c, path...)
	return list.Items, err
}

// remove is a DELETE that leaves nothing to show.
func (c *Client) remove(ctx context.Context, options []CallOption, path ...string) error {
	_, err := c.do(ctx, newCall(http.MethodDelete, nil, options, path...))
	return err
}
