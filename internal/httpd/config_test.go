package httpd

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	mount := func(m Mount) func(*Config) { return func(c *Config) { c.Mounts = []Mount{m} } }
	for _, tt := range []struct {
		name   string
		change func(*Config)
		says   string
	}{
		{"no listen address", func(c *Config) { c.Listen = "" }, "listen address"},
		{"no port", func(c *Config) { c.Listen = "127.0.0.1" }, "listen address"},
		{"public metrics", func(c *Config) { c.MetricsListen = "0.0.0.0:9090" }, "loopback"},
		{"metrics everywhere", func(c *Config) { c.MetricsListen = ":9090" }, "loopback"},
		{"metrics at a name", func(c *Config) { c.MetricsListen = "example.org:9090" }, "loopback"},
		{"metrics without port", func(c *Config) { c.MetricsListen = "127.0.0.1" }, "loopback"},
		{"certificate without key", func(c *Config) { c.TLSCert = "cert.pem" }, "key"},
		{"key without certificate", func(c *Config) { c.TLSKey = "key.pem" }, "key"},
		{"no such certificate", func(c *Config) { c.TLSCert, c.TLSKey = filepath.Join(t.TempDir(), "c"), "k" }, "no such file"},
		{"body limit", func(c *Config) { c.MaxBody = -1 }, "body limit"},
		{"public URL without scheme", func(c *Config) { c.PublicURL = "muster.example.org" }, "public URL"},
		{"public URL of another scheme", func(c *Config) { c.PublicURL = "ftp://muster.example.org" }, "public URL"},
		{"origin with a path", func(c *Config) { c.Origins = []string{"https://a.example/"} }, "origin"},
		{"origin without scheme", func(c *Config) { c.Origins = []string{"*", "a.example"} }, "origin"},
		{"null origin", func(c *Config) { c.Origins = []string{"null"} }, "origin"},
		{"nameless mount", mount(Mount{Prefixes: []string{"/x"}, Handler: says("x")}), "needs a name"},
		{"mount without handler", mount(Mount{Name: "x", Prefixes: []string{"/x"}}), "handler"},
		{"mount without prefix", mount(Mount{Name: "x", Handler: says("x")}), "prefix"},
		{"empty prefix", mount(Mount{Name: "x", Prefixes: []string{""}, Handler: says("x")}), "clean path"},
		{"prefix with a slash at the end", mount(Mount{Name: "x", Prefixes: []string{"/x/"}, Handler: says("x")}), "clean path"},
		{"relative prefix", mount(Mount{Name: "x", Prefixes: []string{"x"}, Handler: says("x")}), "clean path"},
		{"contract without document", mount(Mount{Name: "x", Prefixes: []string{"/x"}, Contract: "/x.yaml", Handler: says("x")}), "contract"},
		{"document without contract", mount(Mount{Name: "x", Prefixes: []string{"/x"}, Spec: []byte("x"), Handler: says("x")}), "contract"},
		{"contract at the index", mount(Mount{Name: "x", Prefixes: []string{"/x"}, Contract: "/", Spec: []byte("x"), Handler: says("x")}), "contract"},
		{"health taken", mount(Mount{Name: "x", Prefixes: []string{"/healthz"}, Handler: says("x")}), `belongs to "health"`},
		{"prefix taken", func(c *Config) {
			c.Mounts = []Mount{{Name: "x", Prefixes: []string{"/x"}, Handler: says("x")}, {Name: "y", Prefixes: []string{"/x"}, Handler: says("y")}}
		}, `belongs to "x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := Config{Listen: "127.0.0.1:0"}
			tt.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "httpd") {
				t.Errorf("New says %v, want something about %q", err, tt.says)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	s, err := New(Config{Listen: ":0", MetricsListen: "[::1]:0", Origins: []string{"https://a.example:8443", "*"}, PublicURL: "http://x"})
	if err != nil {
		t.Fatal(err)
	}
	if s.cfg.MaxBody != 16<<20 || s.cfg.Logger == nil || s.cfg.Now == nil {
		t.Errorf("%+v", s.cfg)
	}
}
