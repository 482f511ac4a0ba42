package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs the program's command line inside the test.
func command(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(testContext(t), args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// findings runs check and reads its report by name.
func findings(t *testing.T, args ...string) (int, map[string]finding) {
	t.Helper()
	code, out, errs := command(t, "", append([]string{"check", "--json"}, args...)...)
	var all []finding
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("exit %d: %v: %s%s", code, err, out, errs)
	}
	byName := map[string]finding{}
	for _, f := range all {
		if f.Verdict != good && f.Advice == "" {
			t.Errorf("%s says what is wrong and not what to do: %+v", f.Name, f)
		}
		byName[f.Name] = f
	}
	return code, byName
}

func TestCheckOfAnEmbeddedNode(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	base := []string{"--listen", "127.0.0.1:0", "--media-port", "0", "--data", data}
	code, all := findings(t, base...)
	if code != 0 || all["folder"].Verdict == bad || all["database"].Verdict != good || all["redis"].Verdict != good {
		t.Errorf("an empty folder: exit %d, %+v", code, all)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("check has made the folder")
	}

	// With a database that was used, and keys that others may read.
	if code, _, errs := command(t, "correct horse\n", "user", "add", "chen", "--role", "admin", "--data", data); code != 0 {
		t.Fatal(errs)
	}
	must(t, os.Chmod(filepath.Join(data, "audit.key"), 0o644))
	code, all = findings(t, base...)
	if code != 0 || all["database"].Verdict != good || all["audit.key"].Verdict != poor {
		t.Errorf("a used folder: exit %d, %+v", code, all)
	}

	// A database that was overwritten.
	must(t, os.WriteFile(filepath.Join(data, "remotewindow.db"), bytes.Repeat([]byte("not a database "), 1000), 0o600))
	if code, all = findings(t, base...); code != 1 || all["database"].Verdict != bad {
		t.Errorf("a damaged database: exit %d, %+v", code, all["database"])
	}
}

func TestCheckOfWhatIsNotThere(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, taken.Close()) }()
	nowhere, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := nowhere.Addr().String()
	must(t, nowhere.Close())
	code, all := findings(t, "--listen", taken.Addr().String(), "--media-port", "0", "--data", t.TempDir(),
		"--redis", "redis://:hidden@"+address, "--database", "postgres://someone:hidden@"+address+"/x")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	for _, name := range []string{"pages", "redis", "database"} {
		if all[name].Verdict != bad {
			t.Errorf("%s: %+v", name, all[name])
		}
		if strings.Contains(all[name].Seen+all[name].Advice, "hidden") {
			t.Errorf("%s shows a password: %+v", name, all[name])
		}
	}
	if code, all := findings(t, "--listen", "0.0.0.0:0", "--media-port", "0", "--data", t.TempDir()); code != 1 || all["tls"].Verdict != bad {
		t.Errorf("pages of other machines without TLS: exit %d, %+v", code, all["tls"])
	}
}

func TestCheckOfARunningNode(t *testing.T) {
	healthy := true
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" || !healthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	if code, _, errs := command(t, "", "check", "--url", s.URL+"/"); code != 0 {
		t.Errorf("exit %d: %s", code, errs)
	}
	healthy = false
	if code, _, _ := command(t, "", "check", "--url", s.URL); code != 1 {
		t.Errorf("an ill node: exit %d", code)
	}
	if code, _, _ := command(t, "", "check", "--url", "http://127.0.0.1:1"); code != 1 {
		t.Errorf("no node: exit %d", code)
	}
}

func TestAuditVerify(t *testing.T) {
	data := t.TempDir()
	if code, _, errs := command(t, "correct horse\n", "user", "add", "chen", "--role", "admin", "--data", data); code != 0 {
		t.Fatal(errs)
	}
	if code, out, errs := command(t, "", "audit", "verify", "--data", data); code != 0 || !strings.Contains(out, "whole") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	file := filepath.Join(data, "remotewindow.db")
	// The smallest change: one bit of the name that a row keeps.
	db, err := os.ReadFile(file)
	must(t, err)
	i := bytes.LastIndex(db, []byte("person.add"))
	if i < 0 {
		t.Fatal("the row is not in the file")
	}
	db[i] ^= 1
	must(t, os.WriteFile(file, db, 0o600))
	if code, _, errs := command(t, "", "audit", "verify", "--data", data); code != 1 || !strings.Contains(errs, "changed") {
		t.Errorf("one bit changed: exit %d: %s", code, errs)
	}
}

// A folder that was mistyped is not taken for a centre without a fault.
func TestNothingThere(t *testing.T) {
	used, empty := t.TempDir(), t.TempDir()
	if code, _, errs := command(t, "correct horse\n", "user", "add", "chen", "--role", "admin", "--data", used); code != 0 {
		t.Fatal(errs)
	}
	for name, args := range map[string][]string{
		"verify":        {"audit", "verify", "--data", empty},
		"verify nobody": {"audit", "verify", "--data", used, "--centre", "other"},
		"password":      {"user", "password", "chen", "--data", empty},
		"list":          {"user", "list", "--data", empty},
	} {
		if code, out, errs := command(t, "battery staple\n", args...); code != exitUsage {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errs)
		}
	}
	if made, err := os.ReadDir(empty); err != nil || len(made) != 0 {
		t.Errorf("made %v %v", made, err)
	}
}

// TestDemoAndCentreStayApart: a demo's people never get into a real centre, nor
// is a demo served as one.
func TestDemoAndCentreStayApart(t *testing.T) {
	real := t.TempDir()
	if code, _, errs := command(t, "correct horse\n", "user", "add", "chen", "--role", "admin", "--data", real); code != 0 {
		t.Fatal(errs)
	}
	if code, _, errs := command(t, "", "serve", "--demo", "--listen", "127.0.0.1:0", "--media-port", "0", "--data", real); code != exitUsage || !strings.Contains(errs, "real") {
		t.Errorf("a demo in a real centre: exit %d: %s", code, errs)
	}
	p := startProcess(t)
	if code := p.stop(); code != 0 {
		t.Fatal(p.output())
	}
	if code, _, errs := command(t, "", "serve", "--listen", "127.0.0.1:0", "--media-port", "0", "--data", p.data); code != exitUsage || !strings.Contains(errs, "demo") {
		t.Errorf("a demo served as a centre: exit %d: %s", code, errs)
	}
	p.start() // as a demo it goes on
}

func TestUsers(t *testing.T) {
	data := t.TempDir()
	run := func(stdin string, args ...string) (int, string) {
		code, out, errs := command(t, stdin, append(append([]string{"user"}, args...), "--data", data)...)
		return code, out + errs
	}
	if code, out := run("correct horse\n", "add", "chen", "--role", "agent", "--name", "陈老师"); code != 0 {
		t.Fatal(out)
	}
	if code, out := run("", "list"); code != 0 || !strings.Contains(out, "陈老师") {
		t.Errorf("list: exit %d: %s", code, out)
	}
	if code, out := run("", "disable", "chen"); code != 0 {
		t.Errorf("disable: exit %d: %s", code, out)
	}
	if code, out := run("", "enable", "chen"); code != 0 {
		t.Errorf("enable: exit %d: %s", code, out)
	}
	if code, out := run("battery staple\n", "password", "chen"); code != 0 || strings.Contains(out, "staple") {
		t.Errorf("password: exit %d: %s", code, out)
	}
	for _, args := range [][]string{{"disable", "nobody"}, {"enable", "nobody"}, {"password", "nobody"}} {
		if code, out := run("battery staple\n", args...); code != exitUsage || !strings.Contains(out, "nobody") {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
}
