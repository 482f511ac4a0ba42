package main

import "testing"

// TestOriginsAsBrowsersWrite: what an operator may write for an origin, and what
// the header will say.
func TestOriginsAsBrowsersWrite(t *testing.T) {
	for given, want := range map[string]string{
		"https://window.example": "https://window.example", "https://Window.Example/": "https://window.example",
		"https://window.example:443": "https://window.example", "https://window.example:8443": "https://window.example:8443",
		"http://window.example:80": "http://window.example", "http://window.example:443": "http://window.example:443",
		"https://[2001:db8::1]:443": "https://[2001:db8::1]", "https://[::443]": "https://[::443]",
		"window.example": "", "https://": "", "https://:443": "", "wss://window.example": "", "https://window.example/desk": "",
		"https://a:b@window.example": "", "https://window.example?x": "", "https://window.example#x": "", "null": "", "": "",
	} {
		if got, ok := asBrowsersWrite(given); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", given, got, ok, want)
		}
	}
	c := serveCommand{Listen: "127.0.0.1:0", Zone: "UTC", Centre: "pj", Data: t.TempDir(), DemoStations: 1, DemoAgents: 1, LoginFailures: 1, Title: "-"}
	c.Origin = []string{"https://window.example:443/"}
	if cfg, err := c.check(); err != nil || len(cfg.Origins) != 1 || cfg.Origins[0] != "https://window.example" || !cfg.secure() {
		t.Errorf("%v %v", cfg.Origins, err)
	}
}
