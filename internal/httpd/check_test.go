package httpd

import (
	"net"
	"path/filepath"
	"testing"
)

func TestCheck(t *testing.T) {
	if err := (Config{Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0"}).Check(); err != nil {
		t.Errorf("one that could start: %v", err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for name, c := range map[string]Config{
		"no port":           {Listen: "127.0.0.1"},
		"impossible port":   {Listen: "127.0.0.1:99999"},
		"port in use":       {Listen: l.Addr().String()},
		"metrics in use":    {Listen: "127.0.0.1:0", MetricsListen: l.Addr().String()},
		"no certificate":    {Listen: "127.0.0.1:0", TLSCert: missing, TLSKey: missing},
		"certificate alone": {Listen: "127.0.0.1:0", TLSCert: missing},
		"public URL":        {Listen: "127.0.0.1:0", PublicURL: "accounts"},
	} {
		if c.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
