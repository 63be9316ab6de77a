package httpd

import "testing"

// What a client put into a path stays out of the log.
func TestShape(t *testing.T) {
	routes := []string{"GET /users/{id}", "POST /signinlink/{id}/{check}", "GET /v2/accounts/{id}/ranks"}
	s := &Server{literals: map[*Mount]map[string]bool{}}
	mounts := []Mount{{Prefixes: []string{"/users", "/signinlink", "/v2", "/c"}, Routes: routes}, {Prefixes: []string{"/media"}}}
	s.prefixes = sortPrefixes(mounts)
	for i := range mounts {
		s.literals[&mounts[i]] = literals(&mounts[i])
	}
	for path, want := range map[string]string{
		"/users/zoe": "/users/*",
		"/signinlink/6b7e4f0a-3c52-4d1e-9a86-0d5f1c2b7e94/0a1b2c3d4e5f6071": "/signinlink/6b7e4f0a-3c52-4d1e-9a86-0d5f1c2b7e94/*",
		"/v2/Accounts/discord/ranks":                                        "/v2/Accounts/*/ranks",
		"/c/demo/users/zoe/":                                                "/c/*/users/*/",
		"/media/demo/zoe.png":                                               "/media/demo/zoe.png",
		"/elsewhere":                                                        "/elsewhere",
	} {
		if got := s.shape(path); got != want {
			t.Errorf("%s is logged as %s, want %s", path, got, want)
		}
	}
}
