package password

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		login, password string
		want            error
	}{
		{"agent1", "blue kettle sings", nil},
		{"agent1", "Tr0ub4dor&3xyz", nil},
		{"agent1", "今天下雨我们去喝茶吧", nil},
		{"agent1", "x7$Kp2!mQ9", nil},
		{"agent1", "a1s9d7f3g5k2", nil},
		{"agent1", "my agent1 rides a horse", nil}, // long enough without the login
		{"agent1", "", ErrShort},
		{"agent1", "Short9!xy", ErrShort},
		{"agent1", "今天下雨我们去喝茶", ErrShort}, // 9 characters, 27 bytes
		{"agent1", strings.Repeat("long ", 52), ErrLength},
		{"agent1", "blue\x00kettle sings", ErrLength},
		{"agent1", "blue\xffkettle sings", ErrLength},
		{"agent1", "password123", ErrWeak},
		{"agent1", "P@ssw0rd2026!", ErrWeak},
		{"agent1", "PASSWORDpassword", ErrWeak},
		{"agent1", "Welcome2026!", ErrWeak},
		{"agent1", "1234567890", ErrWeak},
		{"agent1", "2026112320", ErrWeak},
		{"agent1", "2026-11-23 10", ErrWeak},
		{"agent1", "qwertyuiop", ErrWeak},
		{"agent1", "1qaz2wsx3edc", ErrWeak},
		{"agent1", "poiuytrewq1", ErrWeak},
		{"agent1", "abcdefghij!", ErrWeak},
		{"agent1", "aaaaaaaaaaaa", ErrWeak},
		{"agent1", "abab1212abab1212", ErrWeak},
		{"agent1", "kettlekettle", ErrWeak},
		{"wanglaoshi", "wanglaoshi2026", ErrWeak},
		{"agent1", "agent1agent1", ErrWeak},
		{"agent1", "Remotewindow1", ErrWeak},
		{"agent1", "admin@pujin2026", ErrWeak},
		{"agent1", "woaini5201314", ErrWeak},
	} {
		if err := Check(tt.login, tt.password); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%q: %v, want %v", tt.password, err, tt.want)
		}
	}
	if hash, err := Hash(strings.Repeat("x", MaxNewBytes)); err != nil || hash == "" {
		t.Error("the longest new password cannot be hashed")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("agent1", "password123")
	f.Add("", "今天下雨我们去喝茶吧")
	f.Add("a", "\xff\xfe")
	f.Fuzz(func(t *testing.T, login, password string) {
		if Check(login, password) == nil && len(password) > MaxNewBytes {
			t.Error("longer than log-in takes")
		}
	})
}
