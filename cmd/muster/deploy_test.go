package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deployFile is the block of a language in the guide on deploying.
func deployFile(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile(guides + "/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(page)
	if found == nil {
		t.Fatalf("the guide has no block of %s", language)
	}
	return string(found[1])
}

// tool is the path of a program that a guide uses. Where it is not installed the test is skipped: whoever works on
// something else need not have a web server for that.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed, and what the guide does with it is not tried", name)
	}
	return path
}

// TestDeployUnit has systemd read the guide's unit.
func TestDeployUnit(t *testing.T) {
	analyze := tool(t, "systemd-analyze")
	unit := strings.NewReplacer("/usr/local/bin/muster", buildBinary(t), "User=muster", "User=root").Replace(deployFile(t, "ini"))
	file := filepath.Join(t.TempDir(), "muster.service")
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDeployCaddy sends calls through Caddy, with the guide's file.
func TestDeployCaddy(t *testing.T) {
	caddy := tool(t, "caddy")
	server, address, dir := proxied(t), freeAddress(t), t.TempDir()
	const global = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
	file := strings.NewReplacer("accounts.example.org", "https://"+address, "127.0.0.1:8484", server.listen).Replace(deployFile(t, "caddyfile"))
	write(t, filepath.Join(dir, "Caddyfile"), global+file)
	cmd := exec.CommandContext(context.Background(), caddy, "run", "--config", filepath.Join(dir, "Caddyfile"), "--adapter", "caddyfile")
	cmd.Env = []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir}
	through(t, cmd, address, server)
}

// TestDeployNginx sends calls through nginx, with the guide's file.
func TestDeployNginx(t *testing.T) {
	nginx := tool(t, "nginx")
	server, address, dir := proxied(t), freeAddress(t), t.TempDir()
	if err := makeCertificate(filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")); err != nil {
		t.Fatal(err)
	}
	file := strings.NewReplacer(
		"listen 443", "listen "+address, "\tlisten [::]:443 ssl http2;\n", "", "/etc/letsencrypt/live/accounts.example.org", dir,
		"127.0.0.1:8484", server.listen, "/var/log/nginx", dir,
	).Replace(deployFile(t, "nginx"))
	frame := "daemon off;\npid %[1]s/pid;\nerror_log stderr;\nevents {}\nhttp {\n"
	if os.Getuid() == 0 {
		frame = "user root;\n" + frame // others cannot get into the test's folder
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		frame += kind + "_temp_path %[1]s/" + kind + ";\n"
	}
	write(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf(frame+"%[2]s}\n", dir, file))
	through(t, exec.CommandContext(context.Background(), nginx, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf")), address, server)
	access, err := os.ReadFile(filepath.Join(dir, "muster.log"))
	if err != nil || !strings.Contains(string(access), `"GET /api/users/me" 401`) || strings.Contains(string(access), "a-key") {
		t.Errorf("%v: the log has no line, or a query\n%s", err, access)
	}
}

// proxied is a server as the guide has it behind a proxy on the same machine.
func proxied(t *testing.T) *serverProcess {
	t.Helper()
	data := t.TempDir()
	server := startServer(t, buildBinary(t), data, "serve", "--public-url", "https://accounts.example.org", "--trusted-proxies", "127.0.0.1")
	for _, args := range [][]string{
		{"community", "set", "--dialects", "sonoran,freesewing,communifire"},
		{"account", "create", "robin", "--value", "freesewing.consent=1"},
		{"account", "set", "robin", "--sign-in", "active"},
		{"key", "create", "--owner", "robin", "--id", "robins-key", "--secret", "secret-of-robins-key"},
	} {
		run(t, buildBinary(t), append(args, "--data", data)...)
	}
	return server
}

// freeAddress is one that nobody listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// through runs a proxy and calls the server through it, as a client of another address than the proxy's.
func through(t *testing.T, proxy *exec.Cmd, address string, server *serverProcess) {
	t.Helper()
	var said strings.Builder
	proxy.Stdout, proxy.Stderr, proxy.WaitDelay = &said, &said, 10*time.Second
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() { // not by SIGKILL, which nginx's workers would outlive
		_ = proxy.Process.Signal(syscall.SIGTERM)
		_ = proxy.Wait()
	}
	defer end()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	client := &http.Client{Transport: &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
	}}
	send := func(method, path, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, "https://"+address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Forwarded-For", "198.51.100.1") // a claim that nobody believes
		request.SetBasicAuth("robins-key", "secret-of-robins-key")
		res, err := client.Do(request)
		if err != nil {
			return 0, err.Error()
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Error(err)
		}
		return res.StatusCode, string(text)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		status, text := send(http.MethodGet, "/readyz", "")
		if status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			end()
			t.Fatalf("the proxy does not come up: %d %s\n%s", status, text, said.String())
		}
	}
	for _, c := range []struct{ method, path, body, want string }{
		{http.MethodPost, "//general/get_account_ranks", `{"id":"main","key":"no-key","data":[{"uniqueId":1}]}`, "INVALID API KEY"},
		{http.MethodPut, "/account/key", `{"bio":"sews","unknown":"` + strings.Repeat("z", 8<<20) + `"}`, `{"result":"success",`},
		{http.MethodGet, "/docs/guides/deploy.md", "", "# Deploying"},
		{http.MethodGet, "/api/users/me?token=a-key", "", ""},
	} {
		if status, text := send(c.method, c.path, c.body); status == 0 || status >= 500 || !strings.HasPrefix(text, c.want) {
			t.Errorf("%s %s: %d %.200s", c.method, c.path, status, text)
		}
	}
	log, err := os.ReadFile(server.log)
	if err != nil || !strings.Contains(string(log), "client=127.0.0.2") || strings.Contains(string(log), "client=198.51.100.1") {
		t.Errorf("%v: the server does not see the client\n%s", err, log)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
