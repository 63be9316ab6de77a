package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// output is how a command prints.
type output struct {
	JSON bool `name:"json" help:"Print JSON for machines, not a table for people."`
}

// list prints rows under a heading, or v as JSON.
func (o output) list(w io.Writer, v any, heading string, rows [][]string) error {
	if o.JSON {
		return printJSON(w, v)
	}
	return printTable(w, append([][]string{strings.Split(heading, " ")}, rows...))
}

// one prints what belongs to one thing, as names beside values, or v as JSON.
// What has no value is left out.
func (o output) one(w io.Writer, v any, rows [][]string) error {
	if o.JSON {
		return printJSON(w, v)
	}
	return printTable(w, slices.DeleteFunc(rows, func(row []string) bool { return row[1] == "" }))
}

// say prints a sentence, or v as JSON.
func (o output) say(w io.Writer, v any, format string, args ...any) error {
	if o.JSON {
		return printJSON(w, v)
	}
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func printTable(w io.Writer, rows [][]string) error {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = cell(text)
		}
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) // Flush tells
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) { // an empty last cell leaves spaces
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// cell keeps a text from breaking the table, and from speaking to the
// operator's terminal: biographies are written by anybody.
func cell(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// moment is a time as people read it, in UTC; empty for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// shorten cuts a text that would fill the screen.
func shorten(s string, length int) string {
	if r := []rune(s); len(r) > length {
		return string(r[:length-1]) + "…"
	}
	return s
}
