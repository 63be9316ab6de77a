package intake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// maxLine is how long a line can be: a picture takes some.
const maxLine = 16 << 20

// Export writes a community as NDJSON. begin is told how much there is, and
// step is called for each line.
func Export(ctx context.Context, c *core.Core, id muster.CommunityID, o core.ExportOptions, out io.Writer, begin func(core.Size), step func()) error {
	w := bufio.NewWriterSize(out, 1<<16)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	err := c.ExportAll(ctx, id, o, begin, func(r core.Record) error {
		step()
		return e.Encode(r)
	})
	return errors.Join(err, w.Flush())
}

// Import makes a community of what Export wrote. Errors name the line.
func Import(ctx context.Context, c *core.Core, o core.ImportOptions, in io.ReadSeeker) (core.Imported, error) {
	line := 0
	done, err := c.ImportAll(ctx, o, records(in, &line))
	if e, ok := errors.AsType[*muster.Error](err); ok && e.Code != muster.Unavailable {
		err = fmt.Errorf("line %d: %w", line, err)
	}
	return done, err
}

// records reads a file from its beginning, each time that it is gone through;
// line is the number of the one that was read last.
func records(in io.ReadSeeker, line *int) iter.Seq2[core.Record, error] {
	return func(yield func(core.Record, error) bool) {
		if _, err := in.Seek(0, io.SeekStart); err != nil {
			yield(core.Record{}, err)
			return
		}
		*line = 0
		s := bufio.NewScanner(in)
		s.Buffer(make([]byte, 1<<16), maxLine)
		for s.Scan() {
			*line++
			if err := notNDJSON(*line, s.Bytes()); err != nil {
				yield(core.Record{}, err)
				return
			}
			if !yield(parse(s.Bytes())) {
				return
			}
		}
		switch err := s.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			*line++
			yield(core.Record{}, muster.Errorf(muster.TooLarge, "", "is longer than %d bytes", maxLine))
		case err != nil:
			yield(core.Record{}, err)
		}
	}
}

// notNDJSON refuses a file of another kind at its first line, by what it is and
// not by its first letter.
func notNDJSON(line int, text []byte) error {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	if line > 1 || bytes.HasPrefix(text, []byte("{")) {
		return nil
	}
	what := "is no JSON object"
	if bytes.ContainsAny(text, ",;\t") {
		what = "looks like CSV"
	}
	return muster.Errorf(muster.Invalid, "", "%s; what is imported is NDJSON, a JSON object a line, as muster export writes it", what)
}

// parse reads one line. A member that is not known is refused: it would be
// lost.
func parse(text []byte) (r core.Record, err error) {
	if _, err := muster.ParseJSON(text); err != nil {
		return r, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, muster.Errorf(muster.Invalid, "", "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return r, nil
}
