package httpd

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// statEvery is how often, at most, the files of a certificate are looked at.
const statEvery = time.Second

// certificate is a key pair that follows its files, so that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	seen    [2]os.FileInfo // the files when they were last read, whether or not they could be used
	checked time.Time
	told    string // the last trouble, which is reported once
}

// openCertificate reads the pair. A pair that cannot be used is an error here and only here: later the old one is kept.
func openCertificate(certFile, keyFile string, now func() time.Time, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, now: now, log: log, checked: now()}
	if _, err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if since := now.Sub(c.checked); since >= 0 && since < statEvery {
		return c.pair, nil
	}
	c.checked = now
	changed, err := c.load()
	if changed {
		c.log.Info("certificate renewed", slog.String("file", c.certFile))
	}
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	if trouble != c.told && err != nil {
		c.log.Warn("certificate not renewed, the old one stays", slog.Any("error", err))
	}
	c.told = trouble
	return c.pair, nil
}

// load reads the pair if the files have changed since they were last read. The files are looked at before they are read:
// a change in between is then found the next time. A pair caught half-written is read again when its other half has come.
func (c *certificate) load() (changed bool, err error) {
	var found [2]os.FileInfo
	for i, name := range []string{c.certFile, c.keyFile} {
		if found[i], err = os.Stat(name); err != nil {
			return false, fmt.Errorf("certificate: %w", err)
		}
	}
	if sameFile(found[0], c.seen[0]) && sameFile(found[1], c.seen[1]) {
		return false, nil
	}
	c.seen = found
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return false, fmt.Errorf("certificate: %w", err)
	}
	c.pair = &pair
	return true, nil
}

func sameFile(a, b os.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
