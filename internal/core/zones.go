package core

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones themselves, wherever the program runs

	"github.com/muster-accounts/muster"
)

//go:embed zones.txt
var zoneNames string

// knownZones are the names of time zones as they are kept, by what clients
// call them, in lower case: IANA's own and those of Windows.
var knownZones = func() map[string]string {
	known := map[string]string{}
	for windows, zone := range windowsZones {
		known[strings.ToLower(windows)] = zone
	}
	for name := range strings.FieldsSeq(zoneNames) {
		known[strings.ToLower(name)] = name
	}
	return known
}()

// timeZone is the IANA name of the zone that a client names: by the
// community's own name for it, by IANA's or by Windows', in any case.
func timeZone(own map[string]string, name string) (string, error) {
	zone, ok := knownZones[strings.ToLower(name)]
	for called, own := range own {
		if strings.EqualFold(called, name) {
			zone, ok = own, true
		}
	}
	if !ok {
		zone = name // this machine's zones may be newer than the list
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return "", muster.Errorf(muster.Invalid, "", "%s is no time zone: give an IANA name such as Europe/Berlin, or a Windows id such as W. Europe Standard Time", muster.Quote(name))
	}
	return zone, nil
}

// checkZoneMap checks the community's own names of time zones, and puts the
// zones' names into the form in which they are kept.
func checkZoneMap(own map[string]string) error {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		zone, err := timeZone(nil, own[name])
		if folded := strings.ToLower(name); err == nil && (strings.TrimSpace(name) == "" || seen[folded]) {
			err = muster.Errorf(muster.Invalid, "", "the name %s is empty, or differs from another only in case", muster.Quote(name))
		}
		seen[strings.ToLower(name)] = true
		if err != nil {
			return muster.Within("time_zones", err)
		}
		own[name] = zone
	}
	return nil
}

// Zone is a time zone by the name that clients of other systems have for it.
type Zone struct {
	ID   string // as a value of a time zone field may name it
	Name string // IANA's name, which is kept
}

// Zones lists the time zones that have another name than IANA's: the
// community's own first, then those of Windows, each by that name.
func (l Catalogue) Zones() []Zone {
	own := l.rules.TimeZones
	list := make([]Zone, 0, len(own)+len(windowsZones))
	for _, names := range []map[string]string{own, windowsZones} {
		for _, id := range slices.Sorted(maps.Keys(names)) {
			if zone, err := timeZone(own, id); err == nil {
				list = append(list, Zone{id, zone})
			}
		}
	}
	return slices.Clip(list)
}
