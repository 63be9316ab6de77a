package limit

import "net/netip"

// ClientOf is by what a client is counted that is known by its address only.
// An IPv6 client usually has a /64 to itself and would otherwise be somebody
// else with every request.
func ClientOf(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		network, _ := addr.Prefix(64) // fails for lengths beyond the address's only
		return network.String()
	}
	return addr.String()
}
