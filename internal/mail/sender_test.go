package mail

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]*smtpSender{
		"smtp://mail.example.org":                                 {host: "mail.example.org", port: 587, mode: startTLS},
		"smtp://mail.example.org:25/?tls=required":                {host: "mail.example.org", port: 25, mode: startTLS},
		"smtp://mail.example.org?tls=offered":                     {host: "mail.example.org", port: 587, mode: offeredTLS},
		"smtp://[::1]:25?tls=off":                                 {host: "::1", port: 25, mode: noTLS},
		"smtp://u:p@localhost?tls=off":                            {host: "localhost", port: 587, mode: noTLS, user: "u", password: "p"},
		"smtps://u%40example.org:p%40ss%2Fword@example.org":       {host: "example.org", port: 465, mode: implicitTLS, user: "u@example.org", password: "p@ss/word"},
		"smtp://muster:p%40ss@mail.example.org:2525?tls=required": {host: "mail.example.org", port: 2525, mode: startTLS, user: "muster", password: "p@ss"},
	} {
		sender, err := Open(where, "Muster <accounts@bücher.example>")
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		s := sender.(*smtpSender)
		if s.host != want.host || s.port != want.port || s.mode != want.mode || s.user != want.user || s.password != want.password || s.tls.ServerName != want.host {
			t.Errorf("%s: host %s, port %d, TLS %d, %s:%s", where, s.host, s.port, s.mode, s.user, s.password)
		}
		if s.from != (address{"Muster", "accounts", "xn--bcher-kva.example"}) {
			t.Errorf("it is from %v", s.from)
		}
	}
	for _, where := range []string{
		"", "mail.example.org:25", "http://u:hunter2@example.org", "smtp://", "smtp://u:hunter2@", "smtp://u:hunter2/@example.org", "smtp://u:hunter2@example.org:x",
		"smtp://u:hunter2@example.org:0", "smtp://u:hunter2@example.org:65536", "smtp://u:hunter2@example.org/inbox", "smtp://u:hunter2@example.org?tls=none",
		"smtp://u:hunter2@example.org?tls=off", "smtp://u:hunter2@example.org?tls=offered", "smtp://example.org?tls=off&tls=required", "smtp://example.org?ssl=on",
		"smtps://u:hunter2@example.org?tls=off", "smtp://u:hunter2%@example.org", "smtp://u:hunter2@exam ple.org", "smtp://example.org?%zz", "file:",
	} {
		if _, err := Open(where, "accounts@example.org"); muster.CodeOf(err) != muster.Invalid || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", where, err)
		}
	}
	for _, from := range []string{"", "Muster", "a@example.org, b@example.org", "Muster\r\n <a@example.org>"} {
		if _, err := Open("smtp://example.org", from); muster.CodeOf(err) != muster.Invalid {
			t.Errorf("from %q: %v", from, err)
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "mail")
	sender, err := Open("file:"+dir, "Muster <accounts@example.org>")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sender.Close() }()
	sender.(*folder).most = 3
	if err := os.WriteFile(filepath.Join(dir, "0notes.eml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := message()
	for range 2 { // the second time in the stead of the first
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	names := func() string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, strings.Replace(e.Name(), m.ID, "ID", 1))
		}
		return strings.Join(all, " ")
	}
	if got := names(); got != "0notes.eml 20261126T083000.000000Z-ID.eml" {
		t.Errorf("the folder holds %s", got)
	}
	path := filepath.Join(dir, "20261126T083000.000000Z-"+m.ID+".eml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkRead(t, content)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder's mode is %v, %v", info.Mode(), err)
	}
	for range 3 {
		m.At = m.At.Add(time.Second)
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(); got != "0notes.eml 20261126T083001.000000Z-ID.eml 20261126T083002.000000Z-ID.eml 20261126T083003.000000Z-ID.eml" {
		t.Errorf("the folder holds %s", got)
	}
}

func TestFolderFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("file:"+file, "accounts@example.org"); err == nil {
		t.Error("a file is opened as a folder")
	}
	dir := t.TempDir()
	sender, err := Open("file://"+dir, "accounts@example.org")
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := sender.Send(gone, message()); !errors.Is(err, context.Canceled) || Permanent(err) {
		t.Errorf("withdrawn: %v", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), message()); err == nil || Permanent(err) {
		t.Errorf("with no folder: %v", err)
	}
}
