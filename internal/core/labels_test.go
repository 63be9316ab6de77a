package core_test

import (
	"testing"

	"github.com/muster-accounts/muster"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		put := func(id, label string, labels map[string]string) error {
			return w.Core.PutField(t.Context(), w.Admin, muster.Field{
				ID: muster.FieldID(id), Key: id, Label: label, Labels: labels, Type: muster.TypeText, Scope: muster.ScopeProfile,
			})
		}
		wantCode(t, put("phone", "Phone", map[string]string{"de": "Telefon", "fr": "Te\u0301le\u0301phone"}), "", "")
		wantCode(t, put("phone", "Phone", map[string]string{"de": "Telefon", "fr": "Te\u0301le\u0301phone"}), "", "") // its own labels
		wantCode(t, put("x", "Phone", nil), muster.Conflict, "label")
		wantCode(t, put("x", "X", map[string]string{"fr": "Téléphone"}), muster.Conflict, "labels.fr")
		wantCode(t, put("x", "X", map[string]string{"de_DE": "X"}), muster.Invalid, "labels.de_DE")
		wantCode(t, put("x", "X", map[string]string{"de": ""}), muster.Invalid, "labels.de")
		wantCode(t, put("handset", "Handset", map[string]string{"nl": "Telefon"}), "", "") // in another language it may be another's
		list, err := w.Core.Catalogue(t.Context(), w.Admin)
		if err != nil {
			t.Fatal(err)
		}
		for label, want := range map[string]muster.FieldID{
			"Phone": "phone", "Téléphone": "phone", "Te\u0301le\u0301phone": "phone", "Handset": "handset",
			"phone": "", "Phone" + " ": "", "": "", "X": "",
		} {
			f, ok, err := list.Labelled(label)
			if f.ID != want || ok != (want != "") || err != nil {
				t.Errorf("%q: %q, %v, %v", label, f.ID, ok, err)
			}
		}
		_, ok, err := list.Labelled("Telefon")
		if wantCode(t, err, muster.Invalid, ""); !ok {
			t.Error("two fields have the label, and none is said to")
		}
	})
}
