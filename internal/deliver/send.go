package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// Wording is how destinations of one kind are told of events.
type Wording struct {
	Path   string                                               // where they listen
	Render func(muster.EventKind, core.Telling) ([]byte, error) // the JSON body
	// Arrived is nil where an answer means that the event arrived.
	Arrived func(status int, answer string) error
}

const (
	// attemptTime is how long one attempt may take, from the look-up of the
	// name to the end of the answer.
	attemptTime = 10 * time.Second
	// maxAnswer is how many bytes are read of an answer.
	maxAnswer = 4096
	// maxShown is how many characters are kept of one, and of an error.
	maxShown = 200
)

// newClient makes a client that calls where control lets it, by no proxy, and follows
// no redirect: what answers is what was named.
func newClient(control func(network, address string, _ syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Control: control}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConns: 256, MaxIdleConnsPerHost: perDestination, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// attempt sends an event once. The answer is what came back, fit to be shown;
// it is there where the event did not arrive as well, if anything answered.
func (d *Dispatcher) attempt(ctx context.Context, kind string, event muster.EventKind, to core.Telling) (answer string, err error) {
	wording, ok := d.config.Wordings[kind]
	if !ok {
		return "", fmt.Errorf("no dialect tells a %s of changes", kind)
	}
	body, err := wording.Render(event, to)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	target := url.URL{Scheme: "http", Host: net.JoinHostPort(strings.Trim(to.Server.Address, "[]"), strconv.Itoa(to.Server.Port)), Path: wording.Path}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("the address %s cannot be called", muster.Quote(to.Server.Address))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Muster")
	res, err := d.client.Do(req)
	if err != nil {
		return "", told(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return "", told(err)
	}
	return shown(string(text), to.Secret), wording.Arrived(res.StatusCode, string(text))
}

// told is an error of the network in a few words, without the URL.
func told(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (errors.Is(err, errPrivate) || errors.Is(err, errClear)) {
		return op.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	return err
}

// shown is a stranger's text on one line, short, and without the secret, which
// it may have sent back: as it is, or as it stood in the JSON that was sent.
func shown(text, secret string) string {
	if secret != "" {
		sent, _ := json.Marshal(secret) // a text always can be written as JSON
		for _, form := range []string{secret, string(sent[1 : len(sent)-1])} {
			text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(form)).ReplaceAllString(text, "***")
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxShown {
		text = string(runes[:maxShown]) + "..."
	}
	return strings.TrimSpace(text)
}
