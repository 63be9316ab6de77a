package testdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
)

// Template makes an empty PostgreSQL database to be filled and then copied by
// CopyOf. Nobody may be connected to it when it is. It stays where it is: the
// server of the tests goes away with it.
func Template(ctx context.Context) (source string, err error) {
	return database(ctx, "template_"+strings.ToLower(rand.Text()), "")
}

// CopyOf makes a copy of a template, which is gone when the test has ended.
func CopyOf(t testing.TB, template string) Database {
	t.Helper()
	from, err := url.Parse(template)
	if err != nil {
		t.Fatal(err)
	}
	name := "copy_" + strings.ToLower(rand.Text())
	source, err := database(t.Context(), name, " TEMPLATE "+strings.TrimPrefix(from.Path, "/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := Admin(t).ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return Database{Engine: Postgres, Dir: t.TempDir(), URL: source}
}

func database(ctx context.Context, name, from string) (source string, err error) {
	server, err := url.Parse(os.Getenv(Variable))
	if err != nil {
		return "", err
	}
	db, err := admin()
	if err != nil {
		return "", err
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+from); err != nil {
		return "", fmt.Errorf("making the database %s%s: %w", name, from, err)
	}
	server.Path = "/" + name
	return server.String(), nil
}
