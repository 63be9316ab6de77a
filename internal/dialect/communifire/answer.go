package communifire

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// member is one member of an answer.
type member struct {
	name  string
	value any
}

// object is an answer's object, whose members stay in order.
type object []member

// MarshalJSON writes the members; of two with one name the first.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	seen := map[string]bool{}
	for _, m := range o {
		if seen[m.name] {
			continue
		}
		if len(seen) > 0 {
			out.WriteByte(',')
		}
		seen[m.name] = true
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out.Write(append(append(name, ':'), value...))
	}
	return append(append([]byte{'{'}, out.Bytes()...), '}'), nil
}

// envelope is what every answer is wrapped in, in the page's order.
func envelope(isError bool, message string, data any) object {
	return object{{"IsError", isError}, {"ResponseMessage", message}, {"ResponseData", data}}
}

func success(data any) object       { return envelope(false, "", data) }
func refusal(message string) object { return envelope(true, message, nil) }
func list[T any](items []T, total int64) object {
	return append(success(items), member{"TotalRecords", total})
}

// write answers. The keys that requests may carry in their URL are nobody
// else's business, and the answers are people's data.
func (d *Dialect) write(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil { // nothing that is answered fails to be written
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// Refuse answers what was refused before the dialect saw it.
func (d *Dialect) Refuse(w http.ResponseWriter, _ *http.Request, status int, text string) {
	d.write(w, status, refusal(text))
}

// refuse answers an error with its true status or, where the community's
// clients want that, with 200 for what is wrong with the request itself.
func (d *Dialect) refuse(w http.ResponseWriter, r *http.Request, caller muster.Caller, err error) {
	status, text := describe(err)
	switch {
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="Communifire"`)
	case status == http.StatusTooManyRequests:
	case status >= http.StatusInternalServerError:
		if status == http.StatusInternalServerError && r.Context().Err() == nil {
			d.log.ErrorContext(r.Context(), "request failed", "dialect", Name, "request_id", r.Header.Get("X-Request-Id"), "error", err)
		}
	case switchErrorStatus.Of(caller.Switches) == "200":
		status = http.StatusOK
	}
	d.write(w, status, refusal(text))
}

// describe is the status of an error, and the text for people. Texts begin as
// README.md lists them, for clients that tell refusals apart by them.
func describe(err error) (status int, text string) {
	if errors.Is(err, errMediaType) {
		return http.StatusUnsupportedMediaType, "Invalid request: " + err.Error()
	}
	e, ok := errors.AsType[*muster.Error](err)
	if !ok {
		return http.StatusInternalServerError, "Internal error"
	}
	switch e.Code {
	case muster.Invalid:
		if e.Field != "" {
			return http.StatusBadRequest, "Invalid value of " + e.Error()
		}
		return http.StatusBadRequest, "Invalid request: " + e.Message
	case muster.Unauthenticated:
		return http.StatusUnauthorized, "Authentication failed: " + e.Message
	case muster.Forbidden:
		return http.StatusForbidden, "Access denied: " + e.Error()
	case muster.ReadOnly:
		return http.StatusForbidden, "Access denied: " + e.Message
	case muster.NotFound, muster.Gone:
		if e.Field == "dialect" {
			return http.StatusNotFound, "This API is not switched on for this community"
		}
		if e.Field != "ref" {
			return http.StatusNotFound, "Not found: " + e.Message
		}
		return http.StatusNotFound, "User not found: " + e.Message
	case muster.Conflict, muster.Stale:
		return http.StatusConflict, "Conflict: " + e.Error()
	case muster.TooLarge:
		return http.StatusRequestEntityTooLarge, "Invalid request: " + e.Error()
	case muster.Limited:
		return http.StatusTooManyRequests, "Rate limit exceeded: " + e.Message
	default:
		return http.StatusServiceUnavailable, "Unavailable: " + e.Message
	}
}

// allowed lists methods as Allow does.
func allowed(routes map[string]route) string {
	return strings.Join(slices.Sorted(maps.Keys(routes)), ", ")
}
