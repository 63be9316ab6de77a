package golden

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// parts are things that a contract describes, by name: "sent" and what a
// request may hold, "answered" and what answers may. Members go by the schema
// that they stand in, so that one which many routes share is one.
type parts map[string]bool

// notes are the parts of a contract that Check has come across, and the
// statuses that nothing but default describes.
type notes struct {
	mu     sync.Mutex
	seen   parts
	others parts
}

// CheckReached fails the test for each part of the contract that none of the
// checked requests was served with and no answer had: a status, header, type or
// member of an answer; a parameter, header, type or member of a request that
// was served. What cannot be reached is named with the reason, and fails the
// test where it was reached after all. Default may answer the usual statuses
// alone: others belong into the contract by their number.
func (c Contract) CheckReached(t *testing.T, usual []int, unreachable map[string]string) {
	t.Helper()
	for _, fault := range c.faults(usual, unreachable) {
		t.Error(fault)
	}
}

func (c Contract) faults(usual []int, unreachable map[string]string) (list []string) {
	described := parts{}
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			described.operation(method+" "+path, item, op)
		}
	}
	c.notes.mu.Lock()
	defer c.notes.mu.Unlock()
	for _, part := range slices.Sorted(maps.Keys(described)) {
		switch _, excused := unreachable[part]; {
		case !c.notes.seen[part] && !excused:
			list = append(list, "never "+part)
		case c.notes.seen[part] && excused:
			list = append(list, "excused, and yet "+part)
		}
	}
	for _, part := range slices.Sorted(maps.Keys(unreachable)) {
		if !described[part] {
			list = append(list, "excused and not described: "+part)
		}
	}
	for _, part := range slices.Sorted(maps.Keys(c.notes.others)) {
		status, _ := strconv.Atoi(part[strings.LastIndex(part, " ")+1:])
		if !slices.Contains(usual, status) {
			list = append(list, "described by default alone: "+part)
		}
	}
	return list
}

// operation adds all parts of an operation.
func (p parts) operation(name string, item *openapi3.PathItem, op *openapi3.Operation) {
	for _, parameter := range slices.Concat(item.Parameters, op.Parameters) {
		p["sent "+parameterName(name, parameter.Value)] = true
	}
	if op.RequestBody != nil {
		for media, content := range op.RequestBody.Value.Content {
			p["sent "+name+" "+media] = true
			p.schema("sent ", content.Schema, name)
		}
	}
	for status, ref := range op.Responses.Map() {
		p["answered "+name+" "+status] = true
		within := responseName(name, status, ref)
		for header, h := range ref.Value.Headers {
			if !h.Value.Required { // else Check has seen to it
				p["answered "+within+" "+header] = true
			}
		}
		for media, content := range ref.Value.Content {
			p["answered "+within+" "+media] = true
			p.schema("answered ", content.Schema, within)
		}
	}
}

// schema adds the members of a schema, below the name of the place where it
// stands or, where it has one, its own.
func (p parts) schema(kind string, ref *openapi3.SchemaRef, name string) {
	if ref == nil {
		return
	}
	if own := refName(ref.Ref); own != "" {
		name = own
	}
	s, place := ref.Value, kind+name
	if p[place] && ref.Ref != "" {
		return // it is walked through already
	}
	p[place] = true
	for _, e := range s.Enum {
		p[place+" = "+fmt.Sprint(e)] = true
	}
	for i, one := range alternatives(s) {
		p.schema(kind, one, alternativeName(name, i))
	}
	for _, part := range s.AllOf {
		p.schema(kind, part, name)
	}
	for member, of := range s.Properties {
		p[place+"."+member] = true
		p.schema(kind, of, name+"."+member)
	}
	p.schema(kind, s.Items, name+"[]")
	p.schema(kind, s.AdditionalProperties.Schema, name+".*")
}

// note notes what a described request and its answer had.
func (c Contract) note(r *http.Request, route *routers.Route, body []byte, status int, header http.Header, text []byte) {
	n, name, op := c.notes, route.Method+" "+route.Path, route.Operation
	n.mu.Lock()
	defer n.mu.Unlock()
	if status < http.StatusMultipleChoices {
		n.seen.request(name, r, slices.Concat(route.PathItem.Parameters, op.Parameters))
		if op.RequestBody != nil && len(body) > 0 {
			n.seen.content("sent ", name, name, op.RequestBody.Value.Content, r.Header, body)
		}
	}
	key := strconv.Itoa(status)
	ref := op.Responses.Value(key)
	if ref == nil {
		n.others["answered "+name+" "+key] = true
		key, ref = "default", op.Responses.Default()
	}
	if ref == nil {
		return // which Check tells of
	}
	n.seen["answered "+name+" "+key] = true
	within := responseName(name, key, ref)
	for h := range ref.Value.Headers {
		if header.Get(h) != "" {
			n.seen["answered "+within+" "+h] = true
		}
	}
	n.seen.content("answered ", within, within, ref.Value.Content, header, text)
}

// request notes the parameters of a request that was served.
func (p parts) request(name string, r *http.Request, list openapi3.Parameters) {
	query := r.URL.Query()
	for _, ref := range list {
		there := true
		switch parameter := ref.Value; parameter.In {
		case openapi3.ParameterInHeader:
			there = r.Header.Get(parameter.Name) != ""
		case openapi3.ParameterInQuery:
			prefix, many := strings.CutSuffix(parameter.Name, "KEY") // stands for many names
			there = query.Has(parameter.Name) || many && slices.ContainsFunc(slices.Collect(maps.Keys(query)), func(given string) bool { return strings.HasPrefix(given, prefix) })
		}
		if there {
			p["sent "+parameterName(name, ref.Value)] = true
		}
	}
}

// content notes the type of a body and, where it is JSON, its members.
func (p parts) content(kind, within, name string, described openapi3.Content, header http.Header, text []byte) {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	content := described[media]
	if content == nil {
		return
	}
	p[kind+within+" "+media] = true
	var value any
	if strings.HasSuffix(media, "json") && json.Unmarshal(text, &value) == nil {
		p.value(kind, content.Schema, name, value)
		return
	}
	p.value(kind, content.Schema, name, string(text))
}

// value notes the members of a schema that a value has.
func (p parts) value(kind string, ref *openapi3.SchemaRef, name string, value any) {
	if ref == nil {
		return
	}
	if own := refName(ref.Ref); own != "" {
		name = own
	}
	s, place := ref.Value, kind+name
	p[place] = true
	for _, e := range s.Enum {
		if e == value {
			p[place+" = "+fmt.Sprint(e)] = true
		}
	}
	for i, one := range alternatives(s) {
		if one.Value.VisitJSON(value) == nil {
			p.value(kind, one, alternativeName(name, i), value)
			break
		}
	}
	for _, part := range s.AllOf {
		p.value(kind, part, name, value)
	}
	switch value := value.(type) {
	case map[string]any:
		for member, v := range value {
			of, known := s.Properties[member]
			if known {
				p[place+"."+member] = true
				p.value(kind, of, name+"."+member, v)
			} else {
				p.value(kind, s.AdditionalProperties.Schema, name+".*", v)
			}
		}
	case []any:
		for _, v := range value {
			p.value(kind, s.Items, name+"[]", v)
		}
	}
}

func alternatives(s *openapi3.Schema) openapi3.SchemaRefs { return slices.Concat(s.AnyOf, s.OneOf) }

func alternativeName(name string, i int) string { return name + " (" + strconv.Itoa(i+1) + ")" }

// refName is what a reference refers to, by its own name.
func refName(ref string) string {
	if ref == "" {
		return ""
	}
	return path.Base(ref)
}

// responseName is the name of a refusal's own description, where many share
// one, or else that of the operation and status.
func responseName(operation, status string, ref *openapi3.ResponseRef) string {
	if own := refName(ref.Ref); own != "" && !strings.HasPrefix(status, "2") {
		return own
	}
	return operation + " " + status
}

func parameterName(operation string, p *openapi3.Parameter) string {
	switch p.In {
	case openapi3.ParameterInQuery:
		return operation + "?" + p.Name
	case openapi3.ParameterInHeader:
		return operation + " " + p.Name
	}
	return operation
}
