package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	const fail = "--- FAIL: TestMachine (1.00s)\n"
	for name, c := range map[string]struct{ out, assertion string }{
		"an invariant": {"    machine_test.go:61: [rapid] failed after 3 tests: S5: idle [a1], agent {}\n" + fail, "S5"},
		"the twins":    {"    m.go:1: [rapid] failed after 0 tests: TWIN: tick differs:\n" + fail, "TWIN"},
		"a plain test": {"    x_test.go:9: 3, want 4\n--- FAIL: TestCount (0.00s)\nFAIL\n", "TestCount"},
		"a subtest":    {"--- FAIL: TestTable (0.00s)\n    --- FAIL: TestTable/empty (0.00s)\n", "TestTable"},
		"no name":      {"    m.go:1: [rapid] failed after 0 tests: tick: EOF\n" + fail, ""},
		"a panic":      {fail + "panic: runtime error: index out of range\n", ""},
		"a time-out":   {"panic: test timed out after 3m0s\n" + fail, ""},
		"a build":      {"FAIL\tx [build failed]\n", ""},
		"a script": {"    m.go:1: [rapid] failed after 0 tests: S1: ERR Error compiling script (new function): user_script:330: '=' expected\n" +
			fail, ""},
		"nothing": {"exit status 1\n", ""},
	} {
		if v := judge(c.out); v.assertion != c.assertion {
			t.Errorf("%s: %+v, want %q", name, v, c.assertion)
		}
	}
}

// TestPlant plants bugs into a module of one file.
func TestPlant(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("go.mod", "module example\n\ngo 1.26\n")
	write("one.go", "package example\n\nfunc one() int {\n\treturn 1\n}\n")
	write("one_test.go", "package example\n\nimport \"testing\"\n\nfunc TestOne(t *testing.T) {\n\tif one() < 1 {\n\t\tt.Error(one())\n\t}\n}\n")
	for name, c := range map[string]struct{ from, to, want string }{
		"caught":         {"\treturn 1", "\treturn 0", "caught by TestOne"},
		"survives":       {"\treturn 1", "\treturn 2", "NOT caught: survives"},
		"no compile":     {"\treturn 1", "\treturn nil", "NOT caught: does not compile"},
		"does not apply": {"\treturn 9", "\treturn 0", "NOT caught: does not apply"},
		"panics":         {"\treturn 1", "\tpanic(1)", "NOT caught: fails without an assertion"},
	} {
		path := write(strings.ReplaceAll(name, " ", "-")+".patch", "Planted bug.\n\nTest: ./\n\n"+
			"diff --git a/one.go b/one.go\n--- a/one.go\n+++ b/one.go\n@@ -1,5 +1,5 @@\n package example\n \n func one() int {\n-"+
			c.from+"\n+"+c.to+"\n }\n")
		v := plant(t.Context(), dir, patch{name: name, path: path, test: []string{"./"}})
		if !strings.HasPrefix(v.String(), c.want) {
			t.Errorf("%s: %v, want %s", name, v, c.want)
		}
	}
	patches, err := readPatches(dir)
	if err != nil || len(patches) != 5 || len(patches[0].packages()) != 1 {
		t.Errorf("%+v %v", patches, err)
	}
	write("nothing.patch", "Planted bug.\n\ndiff --git a/one.go b/one.go\n")
	if _, err := readPatches(dir); err == nil {
		t.Error("a patch without a test is read")
	}
	if _, err := readPatches(t.TempDir()); err == nil {
		t.Error("a folder without patches is read")
	}
}
