package store_test

import (
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/mustertest"
)

// statement is one SQL text of the package's source.
type statement struct {
	file, text string
	whole      bool // nothing is put into it when it runs
}

// statements reads every SQL text out of the package's source, so that none
// escapes that no test runs.
func statements(t *testing.T) (list []statement) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set, parsed, texts := token.NewFileSet(), map[string]*ast.File{}, map[string]ast.Expr{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed[name] = f
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, s := range g.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
						for i, n := range v.Names {
							texts[n.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
	for name, f := range parsed {
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, whole := textOf(e, texts)
			if !sqlText.MatchString(text) {
				return true
			}
			list = append(list, statement{name, text, whole && verb.MatchString(text)})
			return false // its parts are no statements
		})
	}
	return list
}

// sqlText is what holds a statement, or a part of one that looks into a table.
var sqlText = regexp.MustCompile(`(?s)\b(SELECT .+ FROM|INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM) `)

// verb is what a whole statement begins with.
var verb = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH) `)

// textOf is the text that an expression comes to, as far as the source says.
func textOf(e ast.Expr, texts map[string]ast.Expr) (text string, whole bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, l := textOf(e.X, texts)
		right, r := textOf(e.Y, texts)
		return left + right, l && r
	case *ast.ParenExpr:
		return textOf(e.X, texts)
	case *ast.Ident:
		if v := texts[e.Name]; v != nil {
			return textOf(v, texts)
		}
	}
	return "", false
}

var (
	tables  = regexp.MustCompile(`\b(?:FROM|JOIN|UPDATE|DELETE FROM) ([a-z_]+)\b`)
	inserts = regexp.MustCompile(`^\s*INSERT INTO ([a-z_]+) \(\s*([a-z_]+)`)
	within  = regexp.MustCompile(`\bcommunity_id = (?:\$\d+|[a-z]+\.community_id)`)
)

// Every statement names the community of every table that it touches, so that
// the data can be spread by community. Those that look for a community stand
// in directory.go.
func TestNoStatementCrossesCommunities(t *testing.T) {
	all := statements(t)
	if len(all) < 60 {
		t.Fatalf("only %d statements were found", len(all))
	}
	for _, s := range all {
		if s.file == "directory.go" || s.file == "postgres.go" { // the latter asks the server about itself
			continue
		}
		touched, named := len(tables.FindAllString(s.text, -1)), len(within.FindAllString(s.text, -1))
		if m := inserts.FindStringSubmatch(s.text); len(m) > 2 && m[2] != "community_id" {
			t.Errorf("%s: the first column is not the community:\n%s", s.file, s.text)
		}
		if named < touched {
			t.Errorf("%s: %d tables are touched, %d times the community is named:\n%s", s.file, touched, named, s.text)
		}
		if strings.Contains(s.text, " directory ") {
			t.Errorf("%s: the directory is looked into:\n%s", s.file, s.text)
		}
	}
}

// Both engines take every statement as it stands: one set of queries.
func TestEveryEngineTakesEveryStatement(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			d := e.New(t)
			d.Open(t) // it makes the schema
			db := d.Bare(t)
			for _, s := range statements(t) {
				if !s.whole || s.file == "postgres.go" {
					continue // what is put into it is tried by the tests that run it
				}
				if err := prepare(t, db, s.text); err != nil {
					t.Errorf("%s: %v in\n%s", s.file, err, s.text)
				}
			}
		})
	}
}

func prepare(t *testing.T, db *sql.DB, query string) error {
	t.Helper()
	stmt, err := db.PrepareContext(t.Context(), query)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	return nil
}

// Every table that the migrations make has the community in front of its key,
// but the directory.
func TestEveryKeyBeginsWithTheCommunity(t *testing.T) {
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations", err)
	}
	table := regexp.MustCompile(`(?s)CREATE TABLE ([a-z_]+) \((.*?)\n\);`)
	key := regexp.MustCompile(`PRIMARY KEY \(([a-z_]+)`)
	var seen []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range table.FindAllStringSubmatch(string(b), -1) {
			first := append(key.FindStringSubmatch(m[2]), "", "")[1]
			inline := strings.Contains(m[2], "community_id  TEXT NOT NULL PRIMARY KEY")
			if seen = append(seen, m[1]); m[1] != "directory" && !inline && first != "community_id" {
				t.Errorf("%s: the key of %s begins with %q", file, m[1], first)
			}
		}
	}
	if !slices.Contains(seen, "accounts") {
		t.Errorf("tables found: %v", seen)
	}
}
