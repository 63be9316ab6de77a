package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/muster-accounts/muster/internal/mustertest/testdb"
	"github.com/muster-accounts/muster/internal/store"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "curl" { // not a command of the scripts, which have the real one
		curl()
		return
	}
	testscript.Main(m, map[string]func(){"muster": main, "fetch": fetch})
}

func TestScripts(t *testing.T) { runScripts(t, "testdata") }

func runScripts(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=10") // a whole second at each of many ends, else
			return nil
		},
		Condition: func(condition string) (bool, error) {
			if condition != testdb.Postgres {
				return false, fmt.Errorf("unknown condition %q", condition)
			}
			return slices.Contains(testdb.Engines(t), testdb.Postgres), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":   await,
			"mode":    mode,
			"certify": certify,
			"spoil":   spoil,
			"database": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], testdb.New(t, testdb.Postgres).URL)
			},
		},
	})
}

// await FILE REGEXP NAME... waits until the file matches, and sets each NAME
// to a submatch. The servers of the scripts tell in files where they are.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await file regexp name...")
	}
	pattern := regexp.MustCompile(args[1])
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(ts.MkAbs(args[0]))
		if found := pattern.FindStringSubmatch(string(text)); found != nil {
			for i, name := range args[2:] {
				ts.Setenv(name, found[i+1])
			}
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s does not match %s after a minute:\n%s", args[0], args[1], text)
		}
	}
}

// mode MODE FILE checks a file's permissions.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, not %s", args[1], got, args[0])
	}
}

// spoil FOLDER STATEMENT changes what is in a database behind the program's
// back.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(filepath.Join(args[0], store.File)))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// certify NAME makes a certificate for this machine, NAME.crt and NAME.key.
func certify(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(makeCertificate(ts.MkAbs(args[0]+".crt"), ts.MkAbs(args[0]+".key")))
}

// makeCertificate makes a certificate for this machine.
func makeCertificate(certificateFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(certificateFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}

// fetch METHOD URL KEY [BODY] prints the status and body of an answer, then
// its headers. A KEY of the form "Name: value" is a header of its own.
func fetch() {
	request, err := http.NewRequest(os.Args[1], os.Args[2], strings.NewReader(strings.Join(os.Args[4:], "")))
	if err != nil {
		panic(err)
	}
	name, value, ok := strings.Cut(os.Args[3], ": ")
	if !ok {
		name, value = "Authorization", "Bearer "+os.Args[3]
	}
	request.Header.Set(name, value)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.StatusCode, string(body))
	_ = answer.Header.Write(os.Stdout)
}

// TestHelp asks every command, argument and flag for its words, and settings
// of the environment for their name.
func TestHelp(t *testing.T) {
	parser, err := (&program{out: io.Discard, err: io.Discard}).parser()
	if err != nil {
		t.Fatal(err)
	}
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		switch n := node.(type) {
		case *kong.Node:
			if n.Help == "" {
				t.Errorf("%s has no help", n.FullPath())
			}
		case *kong.Value:
			checkWords(t, n)
		case *kong.Flag:
			checkWords(t, n.Value)
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkWords(t *testing.T, v *kong.Value) {
	t.Helper()
	if v.Help == "" {
		t.Errorf("%s has no help", v.Summary())
	}
	if v.HasDefault && !v.IsBool() && !strings.Contains(v.Help, "(default: "+v.Default+")") {
		t.Errorf("%s does not tell its default %q: %q", v.Summary(), v.Default, v.Help)
	}
	for _, name := range v.Tag.Envs {
		if !strings.HasPrefix(name, "MUSTER_") {
			t.Errorf("%s is read from %s", v.Summary(), name)
		}
	}
}
