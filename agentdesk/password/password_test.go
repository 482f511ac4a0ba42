package password

import (
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	hash, err := Hash("云桥村 demo")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(hash)
	}
	for password, want := range map[string]bool{"云桥村 demo": true, "demo": false, "": false, strings.Repeat("x", MaxLength+1): false} {
		if got, err := Verify(hash, password); err != nil || got != want {
			t.Errorf("Verify(%.20q) is %v, %v; want %v", password, got, err, want)
		}
	}
	if again, err := Hash("云桥村 demo"); err != nil || again == hash {
		t.Errorf("the same salt twice: %v", err)
	}
}

func TestHashRefuses(t *testing.T) {
	for _, p := range []string{"", strings.Repeat("x", MaxLength+1)} {
		if _, err := Hash(p); !errors.Is(err, ErrLength) {
			t.Errorf("%d bytes: %v", len(p), err)
		}
	}
}

// A hash made by the reference implementation (argon2 of phc-winner-argon2,
// test.c: version 0x13, t=2, m=65536, p=1).
func TestReferenceVector(t *testing.T) {
	p := parameters{memory: 65536, passes: 2, lanes: 1, salt: []byte("somesalt")}
	const want = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
	if got := hex.EncodeToString(p.derive("password", 32)); got != want {
		t.Fatalf("got %s", got)
	}
}

func TestVerifyRefuses(t *testing.T) {
	const good = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$FAEUBRFAEUBRFAEUBRFAEQ"
	if ok, err := Verify(good, "demo"); ok || err != nil {
		t.Fatal(ok, err)
	}
	for name, bad := range map[string]string{
		"empty":         "",
		"another kind":  strings.Replace(good, "argon2id", "argon2i", 1),
		"another one":   "$2b$12$abcdefghijklmnopqrstuv",
		"version":       strings.Replace(good, "v=19", "v=16", 1),
		"memory":        strings.Replace(good, "m=64", "m=4000000", 1),
		"no memory":     strings.Replace(good, "m=64", "m=1", 1),
		"passes":        strings.Replace(good, "t=1", "t=4000", 1),
		"no lanes":      strings.Replace(good, "p=1", "p=0", 1),
		"lanes":         strings.Replace(good, "p=1", "p=300", 1),
		"trailing":      strings.Replace(good, "p=1", "p=1,x=2", 1),
		"short salt":    strings.Replace(good, "c29tZXNhbHQ", "c29t", 1),
		"salt spelling": strings.Replace(good, "c29tZXNhbHQ", "c29tZXNhb!Q", 1),
		"short key":     strings.Replace(good, "FAEUBRFAEUBRFAEUBRFAEQ", "FAEU", 1),
		"long":          good + strings.Repeat("A", 600),
		"more fields":   good + "$",
	} {
		if _, err := Verify(bad, "demo"); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for range 3 * cap(running) {
		all.Go(func() {
			if n := len(running); n > cap(running) {
				t.Errorf("%d at once", n)
			}
			if _, err := Hash("demo"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(running); n != 0 {
		t.Errorf("%d places not given back", n)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$FAEUBRFAEUBRFAEUBRFAEQ")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, hash string) {
		p, err := parse(hash)
		if err == nil && p.String() != hash {
			t.Fatalf("%q reads as %q", hash, p)
		}
	})
}
