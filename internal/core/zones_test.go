package core_test

import (
	"testing"

	"github.com/muster-accounts/muster"
)

func TestTimeZones(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) {
			c.Settings.TimeZones = map[string]string{"17": "america/new_york", "Head office": "W. Europe Standard Time"}
		})
		if err != nil {
			t.Fatal(err)
		}
		sam := w.Account(t, "sam", muster.Edit{})
		for text, want := range map[string]string{
			"Europe/Berlin": "Europe/Berlin", "europe/BERLIN": "Europe/Berlin", "utc": "UTC", "etc/gmt+5": "Etc/GMT+5",
			"america/port-au-prince": "America/Port-au-Prince", "Eastern Standard Time": "America/New_York",
			"w. europe standard time": "Europe/Berlin", "17": "America/New_York", "HEAD OFFICE": "Europe/Berlin",
		} {
			v := w.edit(t, sam.ID, setValue("time_zone", muster.Text(text)))
			if got := v.Values["time_zone"]; got != muster.Text(want) {
				t.Errorf("%q: %v, want %s", text, got, want)
			}
		}
		for _, text := range []string{"18", "Local", "CEST", "Europe", "../etc/passwd", "Eastern", " UTC", "+02:00"} {
			_, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(sam.ID), setValue("time_zone", muster.Text(text)))
			wantCode(t, err, muster.Invalid, "values.time_zone")
		}
		for _, own := range []map[string]string{{"1": "Nowhere"}, {"": "UTC"}, {"a": "UTC", "A": "Europe/Berlin"}} {
			_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.TimeZones = own })
			wantCode(t, err, muster.Invalid, "time_zones")
		}
	})
}

// Whatever is listed is taken.
func TestZonesAreTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		sam := w.Account(t, "sam", muster.Edit{})
		catalogue, err := w.Core.Catalogue(t.Context(), w.Admin)
		if err != nil {
			t.Fatal(err)
		}
		list := catalogue.Zones()
		if len(list) < 100 {
			t.Fatalf("%d zones", len(list))
		}
		for _, zone := range list {
			v := w.edit(t, sam.ID, setValue("time_zone", muster.Text(zone.ID)))
			if got := v.Values["time_zone"]; got != muster.Text(zone.Name) {
				t.Errorf("%s: %v, want %s", zone.ID, got, zone.Name)
			}
		}
	})
}
