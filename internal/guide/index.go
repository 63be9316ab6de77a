package guide

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	_ "modernc.org/sqlite" // the driver that is named "sqlite"
)

const (
	// longestPassage is where a section is cut, in bytes: an answer is to be read, not searched again.
	longestPassage = 1400
	// mostPassages bounds an answer.
	mostPassages = 5
	// leastShare is what a passage must have of the best one's rank to be worth reading beside it.
	leastShare = 0.3
)

// passage is a piece of a guide that may answer a question.
type passage struct {
	Title   string `json:"title"`   // of the page
	Heading string `json:"heading"` // that it stands below
	Link    string `json:"link"`    // to that heading
	Text    string `json:"text"`    // Markdown
}

// index finds passages by their words.
type index struct{ db *sql.DB }

// newIndex makes the index of pages. It lives in the memory of its one connection, which is therefore kept for as long as
// the process lives; there is nothing to close.
func newIndex(ctx context.Context, pages []page) (index, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return index{}, fmt.Errorf("guide: %w", err)
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, `CREATE VIRTUAL TABLE passages USING fts5(title, heading, prose, code, link UNINDEXED,
		heading_shown UNINDEXED, text UNINDEXED, tokenize = 'porter unicode61')`)
	for _, p := range pages {
		if p.Name == "" {
			continue // the list of guides says nothing that they do not say themselves
		}
		for _, found := range p.passages() {
			if err == nil {
				err = found.insert(ctx, db)
			}
		}
	}
	if err != nil {
		return index{}, fmt.Errorf("guide: index: %w", err)
	}
	return index{db}, nil
}

// insert makes the passage one that can be found.
func (p passage) insert(ctx context.Context, db *sql.DB) error {
	heading := p.Heading
	if heading == p.Title { // it counts once
		heading = ""
	}
	prose, code := divide(p.Text)
	_, err := db.ExecContext(ctx, `INSERT INTO passages VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		p.Title, heading, prose, code, p.Link, p.Heading, p.Text)
	return err
}

// passages cuts the page's sections, where they are long, between their paragraphs.
func (p page) passages() (all []passage) {
	for _, s := range p.sections {
		link := p.Path
		if s.anchor != "" {
			link += "#" + s.anchor
		}
		for _, piece := range pieces(s.source) {
			all = append(all, passage{p.Title, s.heading, link, piece})
		}
	}
	return all
}

// pieces cuts a text at empty lines so that each piece is not much longer than longestPassage. A block of code stays
// whole, and with the paragraph before it.
func pieces(source string) (all []string) {
	var piece strings.Builder
	fenced, text := false, false // within a block of code; the last line was text
	for line := range strings.Lines(source) {
		blank := strings.TrimSpace(line) == ""
		fence := strings.HasPrefix(line, "```")
		if !fenced && !fence && !blank && !text && piece.Len() > longestPassage {
			all = append(all, strings.TrimSpace(piece.String()))
			piece.Reset()
		}
		if fence {
			fenced = !fenced
		}
		text = !blank && !fence
		piece.WriteString(line)
	}
	if rest := strings.TrimSpace(piece.String()); rest != "" {
		all = append(all, rest)
	}
	return all
}

// divide takes a passage's blocks of code from its prose. What commands print says nothing that would be asked for.
func divide(text string) (prose, code string) {
	var parts [2]strings.Builder
	fenced, printed := 0, false
	for line := range strings.Lines(text) {
		if fence, ok := strings.CutPrefix(line, "```"); ok {
			fenced = 1 - fenced
			language := strings.TrimSpace(fence)
			printed = fenced == 1 && (language == "json" || language == "text")
		} else if !printed {
			parts[fenced].WriteString(line)
		}
	}
	return parts[0].String(), parts[1].String()
}

// find lists the passages that fit a question best, the best first; none where no word of it occurs.
func (x index) find(ctx context.Context, question string) (found []passage, err error) {
	match := expression(question)
	if match == "" {
		return nil, nil
	}
	// A statement that is interrupted may cost the connection, and with it the index; this one takes some milliseconds.
	rows, err := x.db.QueryContext(context.WithoutCancel(ctx), `SELECT title, heading_shown, text, link, bm25(passages, 4.0, 8.0, 1.0, 0.3) AS score
		FROM passages WHERE passages MATCH $1 ORDER BY score LIMIT $2`, match, mostPassages)
	if err != nil {
		return nil, fmt.Errorf("guide: find: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var best float64
	for rows.Next() {
		var p passage
		var score float64 // below zero, and the lower the better
		if err := rows.Scan(&p.Title, &p.Heading, &p.Text, &p.Link, &score); err != nil {
			return nil, fmt.Errorf("guide: find: %w", err)
		}
		best = min(best, score)
		if score <= best*leastShare {
			found = append(found, p)
		}
	}
	return found, rows.Err()
}
