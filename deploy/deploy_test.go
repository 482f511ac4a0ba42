// Package deploy_test reads the files that operators install, as far as that is
// possible without installing them: no container engine is needed. What names
// metrics is tested beside the program, in cmd/remotewindow.
package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

type compose struct {
	Services map[string]service        `yaml:"services"`
	Volumes  map[string]map[string]any `yaml:"volumes"`
	Networks map[string]struct {
		Internal bool `yaml:"internal"`
	} `yaml:"networks"`
}

type service struct {
	Image       string            `yaml:"image"`
	User        string            `yaml:"user"`
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	SecurityOpt []string          `yaml:"security_opt"`
	Privileged  bool              `yaml:"privileged"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Networks    []string          `yaml:"networks"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestServicesAreLocked: nobody is root, writes outside its volumes, or has a
// capability.
func TestServicesAreLocked(t *testing.T) {
	c := readCompose(t)
	if len(c.Services) != 5 {
		t.Fatalf("%d services", len(c.Services))
	}
	for name, s := range c.Services {
		uid, _, _ := strings.Cut(s.User, ":")
		if uid == "" || uid == "0" || uid == "root" {
			t.Errorf("%s runs as %q", name, s.User)
		}
		if !s.ReadOnly || s.Privileged || !slices.Equal(s.CapDrop, []string{"ALL"}) ||
			!slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s is not locked: %+v", name, s)
		}
		if len(s.Healthcheck.Test) < 2 {
			t.Errorf("%s has no health check", name)
		}
		if !slices.ContainsFunc(s.Tmpfs, func(m string) bool { return strings.HasPrefix(m, "/tmp:size=") }) {
			t.Errorf("%s has no bounded /tmp", name)
		}
		if strings.HasSuffix(s.Image, ":latest") || !strings.Contains(s.Image, ":") {
			t.Errorf("%s takes any %q", name, s.Image)
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, named := c.Volumes[from]; !named && !strings.HasSuffix(v, ":ro") {
				t.Errorf("%s may write to %s", name, v)
			}
			if strings.HasPrefix(from, "./") {
				if _, err := os.Stat(from); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for on, d := range s.DependsOn {
			if _, ok := c.Services[on]; !ok || d.Condition != "service_healthy" {
				t.Errorf("%s depends on %s %q", name, on, d.Condition)
			}
		}
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("%s is in no network %s", name, n)
			}
		}
	}
	for _, name := range []string{"redis", "postgres", "prometheus"} {
		s := c.Services[name]
		if len(s.Ports) > 0 || !slices.Equal(s.Networks, []string{"stores"}) || !c.Networks["stores"].Internal {
			t.Errorf("%s can be reached from outside: %v %v", name, s.Ports, s.Networks)
		}
	}
}

// TestRedisForgetsNothing: the two settings on which the queue relies, in both
// places where they are given.
func TestRedisForgetsNothing(t *testing.T) {
	settings := map[string]string{"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
	command := readCompose(t).Services["redis"].Command
	conf := read(t, "redis/redis.conf")
	for name, want := range settings {
		if i := slices.Index(command, "--"+name); i < 0 || i+1 >= len(command) || command[i+1] != want {
			t.Errorf("compose.yaml does not set %s %s: %v", name, want, command)
		}
		if !regexp.MustCompile(`(?m)^` + name + ` ` + want + `$`).MatchString(conf) {
			t.Errorf("redis.conf does not set %s %s", name, want)
		}
	}
}

// TestSecretsComeFromTheEnvironment: every variable of compose.yaml that has no
// default is in the example, without a value that somebody might keep.
func TestSecretsComeFromTheEnvironment(t *testing.T) {
	example := read(t, "remotewindow.env.example")
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)(:[-?][^}]*)?\}`).FindAllStringSubmatch(read(t, "compose.yaml"), -1) {
		if !regexp.MustCompile(`(?m)^#?`+m[1]+`=`).MatchString(example) && m[1] != "REMOTEWINDOW_BUILD" {
			t.Errorf("%s is not in remotewindow.env.example", m[1])
		}
		if strings.Contains(m[1], "PASSWORD") && !regexp.MustCompile(`(?m)^`+m[1]+`=$`).MatchString(example) {
			t.Errorf("%s has a value in the example", m[1])
		}
		if strings.Contains(m[1], "PASSWORD") && !strings.HasPrefix(m[2], ":?") {
			t.Errorf("%s may be empty: %s", m[1], m[0])
		}
	}
}

// TestSettingsExist: what compose.yaml and the units set for the program are
// flags that it has.
func TestSettingsExist(t *testing.T) {
	known := map[string]bool{}
	sources, err := filepath.Glob("../cmd/remotewindow/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, path := range sources {
		for _, m := range regexp.MustCompile(`env:"(REMOTEWINDOW_[A-Z_]+)"`).FindAllStringSubmatch(read(t, path), -1) {
			known[m[1]] = true
		}
	}
	var used []string
	for name := range readCompose(t).Services["remotewindow"].Environment {
		used = append(used, name)
	}
	for _, path := range []string{"systemd/remotewindow.service", "systemd/remotewindow.env.example", "systemd/station.env.example", "Containerfile"} {
		for _, m := range regexp.MustCompile(`(REMOTEWINDOW_[A-Z_]+)=`).FindAllStringSubmatch(read(t, path), -1) {
			used = append(used, m[1])
		}
	}
	if len(used) < 20 {
		t.Fatalf("only %v are read", used)
	}
	for _, name := range used {
		if strings.HasPrefix(name, "REMOTEWINDOW_") && !known[name] {
			t.Errorf("%s is no setting of the program", name)
		}
	}
}

// TestContainerfile: it ends in an image without root and with a health check.
func TestContainerfile(t *testing.T) {
	text := read(t, "Containerfile")
	last := text[strings.LastIndex(text, "\nFROM "):]
	for _, want := range []string{"\nFROM scratch\n", "\nUSER 65532:65532\n", "\nHEALTHCHECK ", "\nVOLUME /data\n", `ENTRYPOINT ["/remotewindow"]`} {
		if !strings.Contains(last, want) {
			t.Errorf("the last stage lacks %q", strings.TrimSpace(want))
		}
	}
	if strings.Contains(last, "\nRUN ") {
		t.Error("the last stage runs something, and has no shell")
	}
	ignored := strings.Fields(read(t, "Containerfile.dockerignore"))
	for _, want := range []string{".git", "data", "**/node_modules", "**/.env"} {
		if !slices.Contains(ignored, want) {
			t.Errorf("%s gets into the build", want)
		}
	}
}

// unit reads a systemd unit: section to key to values.
func unit(t *testing.T, path string) map[string]map[string][]string {
	t.Helper()
	sections := map[string]map[string][]string{}
	section := ""
	for line := range strings.Lines(read(t, path)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = strings.Trim(line, "[]")
			sections[section] = map[string][]string{}
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || section == "" {
				t.Fatalf("%s: %q", path, line)
			}
			sections[section][key] = append(sections[section][key], value)
		}
	}
	return sections
}

func TestUnits(t *testing.T) {
	node := unit(t, "systemd/remotewindow.service")["Service"]
	for key, want := range map[string]string{
		"User": "remotewindow", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
		"PrivateDevices": "yes", "StateDirectory": "remotewindow", "StateDirectoryMode": "0700", "UMask": "0077",
		"CapabilityBoundingSet": "CAP_NET_BIND_SERVICE", "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
		"LimitNOFILE": "65536", "TimeoutStopSec": "150", "MemoryDenyWriteExecute": "yes", "Restart": "always",
		"ExecStart": "/usr/local/bin/remotewindow serve", "Environment": "REMOTEWINDOW_DATA=/var/lib/remotewindow",
	} {
		if !slices.Equal(node[key], []string{want}) {
			t.Errorf("remotewindow.service: %s=%q, want %q", key, node[key], want)
		}
	}
	station := unit(t, "systemd/remotewindow-station.service")
	if got := station["Service"]["ExecStart"]; !slices.Equal(got, []string{"/usr/local/bin/remotewindow station"}) {
		t.Errorf("remotewindow-station.service starts %q", got)
	}
	if station["Service"]["Restart"][0] != "always" || station["Install"]["WantedBy"][0] != "graphical-session.target" {
		t.Errorf("remotewindow-station.service does not come back: %v", station)
	}
}

// TestKioskPolicies: the kiosk's browser goes nowhere but to the window, and gives
// camera and microphone to nobody else.
func TestKioskPolicies(t *testing.T) {
	var p map[string]any
	if err := json.Unmarshal([]byte(read(t, "kiosk/chromium-policies.json")), &p); err != nil {
		t.Fatal(err)
	}
	const window = "https://window.example"
	for key, want := range map[string][]any{
		"URLBlocklist": {"*"}, "URLAllowlist": {window, "about:blank"}, "VideoCaptureAllowedUrls": {window},
		"AudioCaptureAllowedUrls": {window}, "AutoplayAllowlist": {window}, "ExtensionInstallBlocklist": {"*"},
	} {
		got, _ := p[key].([]any)
		if !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", key, p[key], want)
		}
	}
	for _, key := range []string{"VideoCaptureAllowed", "AudioCaptureAllowed", "PasswordManagerEnabled", "AutofillAddressEnabled"} {
		if p[key] != false {
			t.Errorf("%s is %v", key, p[key])
		}
	}
	// The helper speaks DevTools with the browser; this would forbid it.
	if _, ok := p["DeveloperToolsAvailability"]; ok {
		t.Error("DeveloperToolsAvailability shuts out remotewindow station")
	}
}

// TestLinks: every file that the texts name is there, and every anchor.
func TestLinks(t *testing.T) {
	for _, doc := range []string{"OPERATIONS.md", "kiosk.md", "CHANGELOG.md"} {
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`).FindAllStringSubmatch(read(t, doc), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil {
				t.Errorf("%s: %v", doc, err)
			}
		}
	}
}
