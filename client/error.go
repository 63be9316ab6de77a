package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// Error is a refusal of the server.
type Error struct {
	Status    int         // of the answer
	Code      muster.Code // what kind of refusal: one of package muster's, or of those below; empty where the answer is not Muster's
	Detail    string      // a sentence for people, which names the member at fault
	RequestID string      // what the server's own log calls the request
	Faults    []Fault     // the parts of the request at fault
	Conflicts []Undone    // of an undo of many: what keeps it from being done, at most a thousand

	RetryAfter time.Duration // how long the server asks to be left alone; 0: it does not say
}

// Fault is a part of a request that is at fault: one of its places is named, or none.
type Fault struct {
	Pointer   string `json:"pointer,omitempty"`   // a JSON Pointer into the body
	Parameter string `json:"parameter,omitempty"` // of the path or query
	Header    string `json:"header,omitempty"`
	Member    string `json:"member,omitempty"` // of an account, which the request did not name
	Detail    string `json:"detail"`
}

// String is the part at fault and what is wrong with it.
func (f Fault) String() string {
	for _, at := range []string{f.Pointer, f.Parameter, f.Header, f.Member} {
		if at != "" {
			return at + ": " + f.Detail
		}
	}
	return f.Detail
}

// The codes that package muster has no word for.
const (
	CodeInternal     muster.Code = "internal"              // an error of the server, whose log knows the RequestID
	CodePrecondition muster.Code = "precondition_required" // the community wants IfRev
	CodeKeyInUse     muster.Code = "key_in_use"            // a call of the same name is at work
	CodeKeyReused    muster.Code = "key_reused"            // the name was given to another call
	CodeNotKept      muster.Code = "reply_not_kept"        // it was done before, and the answer, which held a secret or was large, is gone
	CodeNoRoute      muster.Code = "no_such_route"         // the server is older than this package
)

// What errors.Is finds in an [*Error].
var (
	ErrInvalid         error = &Error{Code: muster.Invalid}
	ErrUnauthenticated error = &Error{Code: muster.Unauthenticated} // the key is unknown, expired, revoked or frozen
	ErrForbidden       error = &Error{Code: muster.Forbidden}       // the key's rights are too small
	ErrReadOnly        error = &Error{Code: muster.ReadOnly}        // the community is not to be written in for now
	ErrNotFound        error = &Error{Code: muster.NotFound}
	ErrConflict        error = &Error{Code: muster.Conflict} // taken, or changed since
	ErrStale           error = &Error{Code: muster.Stale}    // IfRev is not the state of now
	ErrLimited         error = &Error{Code: muster.Limited}  // too many requests
	ErrTooLarge        error = &Error{Code: muster.TooLarge}
	ErrUnavailable     error = &Error{Code: muster.Unavailable}
	ErrGone            error = &Error{Code: muster.Gone} // history is not kept that far back
	ErrNotKept         error = &Error{Code: CodeNotKept}
)

func (e *Error) Error() string {
	text := "muster: " + strconv.Itoa(e.Status)
	if e.Code != "" {
		text += " " + string(e.Code)
	}
	text += ": " + e.Detail
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// Is reports whether target is the error of this one's code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Status == 0 && t.Code == e.Code
}

// Unwrap is the refusal in the words of package muster: its code, the member at fault as a dotted path, and a sentence
// without that.
func (e *Error) Unwrap() error {
	out := &muster.Error{Code: e.Code, Message: e.Detail}
	if len(e.Faults) == 0 {
		return out
	}
	f := e.Faults[0]
	out.Message = f.Detail
	switch {
	case f.Pointer != "":
		unescape := strings.NewReplacer("~1", "/", "~0", "~")
		for name := range strings.SplitSeq(strings.TrimPrefix(f.Pointer, "/"), "/") {
			out.Path = append(out.Path, unescape.Replace(name))
		}
	case f.Header == "If-Match":
		out.Path = []string{"rev"}
	default:
		for _, name := range []string{f.Parameter, f.Header, f.Member} {
			if name != "" {
				out.Path = strings.Split(name, ".")
			}
		}
	}
	out.Field = strings.Join(out.Path, ".")
	return out
}

// maxRefusal is how much of a refusal is read.
const maxRefusal = 1 << 20

// refused is the refusal that an answer is, nil where it is none. It reads the body of one that is.
func refused(res *http.Response) error {
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return nil
	}
	e := &Error{Status: res.StatusCode, RequestID: res.Header.Get("X-Request-Id"), RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	var p struct {
		Code      muster.Code `json:"code"`
		Detail    string      `json:"detail"`
		RequestID string      `json:"requestId"`
		Errors    []Fault     `json:"errors"`
		Conflicts []Undone    `json:"conflicts"`
	}
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal)) // of one that was cut the status says enough
	if media == "application/problem+json" && json.Unmarshal(text, &p) == nil && p.Code != "" {
		e.Code, e.Detail, e.Faults, e.Conflicts = p.Code, p.Detail, p.Errors, p.Conflicts
		e.RequestID = p.RequestID
		return e
	}
	switch where := res.Header.Get("Location"); {
	case res.StatusCode < 400 && where != "":
		e.Detail = fmt.Sprintf("the server is not here but at %.200q, where the key was not sent", where)
	case res.StatusCode == http.StatusNotFound:
		e.Detail = "there is no Muster server at this address"
	default:
		e.Detail = "not answered by Muster: " + http.StatusText(res.StatusCode)
	}
	return e
}

// retryAfter reads the header of that name: seconds, or a time.
func retryAfter(text string) time.Duration {
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
