package httpd

import (
	"net/http"
	"net/netip"
	"strings"
)

// peerAddress is the other end of the connection; the zero Addr when that is no IP address.
func peerAddress(remote string) netip.Addr {
	peer, _ := parseAddress(remote)
	return peer
}

// trusted reports whether addr is one of our own proxies.
func (s *Server) trusted(addr netip.Addr) bool {
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// clientAddress is the peer, or, when that is a trusted proxy, the rightmost address of X-Forwarded-For that is not one:
// each proxy adds what it saw at the right, so everything left of that address is only what somebody claims. Where the
// chain turns to garbage, the last address that could be believed is the client.
func (s *Server) clientAddress(peer netip.Addr, h http.Header) netip.Addr {
	client := peer
	hops := strings.Split(strings.Join(h.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(client); i-- {
		hop, ok := parseAddress(hops[i])
		if !ok {
			break
		}
		client = hop
	}
	return client
}

// parseAddress reads 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1] and [2001:db8::1]:80. An IPv4 address in IPv6
// clothes comes out as IPv4, and a zone is dropped, so that one client is one address.
func parseAddress(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(s)
	if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(s)
		addr = withPort.Addr()
	}
	if err != nil && strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		addr, err = netip.ParseAddr(s[1 : len(s)-1])
	}
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

// limitKey is what the address limit counts by. An IPv6 client usually has a /64 to itself and would otherwise be
// somebody else with every request.
func limitKey(addr netip.Addr) string {
	if addr.Is6() {
		network, _ := addr.Prefix(64) // fails for lengths beyond the address's only
		return network.String()
	}
	return addr.String()
}

// limitAddress refuses clients that call too often, whoever they are. It tells an address that may go on nothing: the
// RateLimit fields of such an answer belong to the caller's own limit.
func (s *Server) limitAddress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isHealth(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		result := s.addresses.Allow(limitKey(of(r.Context()).client), s.cfg.AddressLimit)
		if result.Allowed {
			next.ServeHTTP(w, r)
			return
		}
		s.metrics.limited.Inc()
		result.SetHeaders(w.Header(), "address", s.cfg.AddressLimit)
		s.refuse(w, r, http.StatusTooManyRequests, "too many requests from this address")
	})
}
