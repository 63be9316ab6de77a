package muster_test

import (
	"testing"

	"github.com/muster-accounts/muster"
)

func TestSwitch(t *testing.T) {
	choice, text := muster.Switch{Name: "a.b", Values: []string{"on", "off"}}, muster.Switch{Name: "a.c"}
	for _, tt := range []struct {
		s           muster.Switch
		value, want string
		code        muster.Code
	}{
		{choice, "", "on", ""},
		{choice, "on", "on", ""},
		{choice, "off", "off", ""},
		{choice, "Off", "off", muster.Invalid},
		{text, "", "", ""},
		{text, "anything", "anything", ""},
		{text, "two\nlines", "anything", muster.Invalid},
	} {
		at := map[string]string{"a.b": "off", "a.c": "anything"}
		if err := tt.s.Set(at, tt.value); muster.CodeOf(err) != tt.code {
			t.Errorf("%s=%q: %v", tt.s.Name, tt.value, err)
		}
		if got := tt.s.Of(at); got != tt.want {
			t.Errorf("%s=%q: it is at %q, want %q", tt.s.Name, tt.value, got, tt.want)
		}
	}
	at := map[string]string{"a.b": "off"}
	if err := choice.Set(at, "on"); err != nil || len(at) != 0 {
		t.Errorf("the default is kept: %v, %v", at, err)
	}
}
