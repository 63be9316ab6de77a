package httpd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// pair makes a self-signed certificate for 127.0.0.1.
func pair(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// write replaces a file as certbot and Kubernetes do, by a rename.
func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// tlsServer listens with a certificate of serial 1, and returns its files and its clock's hand.
func tlsServer(t *testing.T, mounts []Mount) (s *Server, j *journal, certFile, keyFile string, advance func(time.Duration)) {
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert, key := pair(t, 1)
	write(t, certFile, cert)
	write(t, keyFile, key)
	var later atomic.Int64
	began := time.Now()
	s, j = newServer(t, func(c *Config) {
		c.TLSCert, c.TLSKey = certFile, keyFile
		c.Mounts, c.MaxBody = mounts, 1000
		c.Now = func() time.Time { return began.Add(time.Duration(later.Load())) }
	})
	start(t, s)
	return s, j, certFile, keyFile, func(d time.Duration) { later.Add(int64(d)) }
}

// serial shakes hands and says which certificate was shown.
func serial(t *testing.T, s *Server) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", s.Addr(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestCertificateIsRenewed(t *testing.T) {
	s, j, certFile, keyFile, advance := tlsServer(t, nil)
	cert2, key2 := pair(t, 2)
	cert3, key3 := pair(t, 3)
	expect := func(when string, want int64, warnings int) {
		t.Helper()
		if got := serial(t, s); got != want {
			t.Errorf("%s: certificate %d, want %d", when, got, want)
		}
		if n := len(j.lines(t, "certificate not renewed, the old one stays")); n != warnings {
			t.Errorf("%s: %d warnings, want %d", when, n, warnings)
		}
	}
	expect("at first", 1, 0)
	advance(time.Second)
	expect("unchanged", 1, 0)
	write(t, certFile, cert2)
	expect("within the second", 1, 0)
	advance(time.Second)
	expect("half written", 1, 1)
	advance(time.Second)
	expect("still half written, not said again", 1, 1)
	write(t, keyFile, key2)
	advance(time.Second)
	expect("written", 2, 1)
	write(t, certFile, []byte("rubbish"))
	advance(time.Second)
	expect("broken", 2, 2)
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	advance(time.Second)
	expect("gone", 2, 3)
	advance(time.Second)
	expect("still gone, not said again", 2, 3)
	write(t, keyFile, key3)
	write(t, certFile, cert3)
	advance(-time.Hour) // a clock that goes back must not keep an old certificate for an hour
	expect("back again", 3, 3)
	if n := len(j.lines(t, "certificate renewed")); n != 2 {
		t.Errorf("%d renewals logged, want 2", n)
	}
}

func TestTLS(t *testing.T) {
	s, j, certFile, _, _ := tlsServer(t, one("/x", readAll))
	root, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	res, body := get(t, client, s.URL()+"/healthz")
	if res.ProtoMajor != 2 || res.TLS.Version != tls.VersionTLS13 || body != "ok" {
		t.Errorf("%s, TLS %x, %q", res.Proto, res.TLS.Version, body)
	}
	large, err := client.Post(s.URL()+"/x", "text/plain", strings.NewReader(strings.Repeat("a", 1001)))
	if err != nil {
		t.Fatal(err)
	}
	_ = large.Body.Close()
	var reused bool
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
	req, _ := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", s.URL()+"/healthz", nil)
	again, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Body.Close()
	if large.StatusCode != http.StatusRequestEntityTooLarge || !reused {
		t.Errorf("a large body got %d, and the connection with everybody else's requests was reused: %v", large.StatusCode, reused)
	}
	for version, welcome := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true} {
		conn, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: version})
		if (err == nil) != welcome {
			t.Errorf("TLS %x: %v", version, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for line := range j.all(t) {
		if msg, _ := line["msg"].(string); line["level"] == "WARN" {
			t.Errorf("a failed handshake is logged above Debug: %s", msg)
		}
	}
}
