package limit

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSetHeaders(t *testing.T) {
	rate := Rate{Requests: 22, Per: time.Minute}
	for _, tt := range []struct {
		name   string
		policy string
		rate   Rate
		result Result
		want   map[string]string
	}{
		{"allowed", "accounts", rate, Result{Allowed: true, Limit: 22, Remaining: 5, Reset: 30*time.Second + 1}, map[string]string{
			"RateLimit-Policy": `"accounts";q=22;w=60`, "RateLimit": `"accounts";r=5;t=31`,
			"RateLimit-Limit": "22", "RateLimit-Remaining": "5", "RateLimit-Reset": "31",
		}},
		{"refused, rounded up", "accounts", rate, Result{Limit: 22, Reset: time.Minute, RetryAfter: 2100 * time.Millisecond}, map[string]string{
			"RateLimit-Policy": `"accounts";q=22;w=60`, "RateLimit": `"accounts";r=0;t=60`,
			"RateLimit-Limit": "22", "RateLimit-Remaining": "0", "RateLimit-Reset": "60", "Retry-After": "3",
		}},
		{"refused, never zero", `say "a\b" é`, Rate{Requests: 2, Per: time.Millisecond}, Result{Limit: 2}, map[string]string{
			"RateLimit-Policy": `"say \"a\\b\" ?";q=2;w=1`, "RateLimit": `"say \"a\\b\" ?";r=0;t=0`,
			"RateLimit-Limit": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "0", "Retry-After": "1",
		}},
		{"unlimited", "none", Rate{}, Result{Allowed: true}, map[string]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, want := http.Header{}, http.Header{}
			tt.result.SetHeaders(got, tt.policy, tt.rate)
			for k, v := range tt.want {
				want.Set(k, v)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
