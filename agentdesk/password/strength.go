package password

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a new password. What was set before they applied still logs in.
const (
	MinNew      = 10  // characters
	MaxNewBytes = 256 // what log-in takes
)

// Errors of Check.
var (
	// ErrShort: fewer than MinNew characters.
	ErrShort = errors.New("a new password has at least 10 characters")
	// ErrWeak: among the first that somebody would guess.
	ErrWeak = errors.New("this password is among the first that somebody would guess")
)

// Check tells whether a password may be set for a login: ErrShort, ErrLength
// (longer than MaxNewBytes, or no text) or ErrWeak. Length is what protects; the
// rest refuses what lists of stolen passwords begin with (NIST SP 800-63B 5.1.1.2):
// common words with digits around them, the login, runs of the keyboard, repeats.
func Check(login, password string) error {
	switch {
	case len(password) > MaxNewBytes, !utf8.ValidString(password), strings.ContainsFunc(password, unicode.IsControl):
		return ErrLength
	case utf8.RuneCountInString(password) < MinNew:
		return ErrShort
	case weak(strings.ToLower(login), strings.ToLower(password)):
		return ErrWeak
	}
	return nil
}

// leastDistinct is how many different characters a password has to have.
const leastDistinct = 5

func weak(login, password string) bool {
	distinct := map[rune]bool{}
	for _, c := range password {
		distinct[c] = true
	}
	if len(distinct) < leastDistinct || repeats(password) || runs(password) {
		return true
	}
	// What is left of a password without its decoration is what was thought of.
	left := core(password)
	if len(login) >= 3 && strings.Contains(password, login) && utf8.RuneCountInString(password)-len(login) < MinNew {
		return true
	}
	for _, word := range common {
		left = strings.ReplaceAll(left, word, "")
	}
	return utf8.RuneCountInString(left) < 4 && utf8.RuneCountInString(core(password)) > 0 ||
		allDigits(password)
}

// repeats tells whether a password is a short piece again and again.
func repeats(password string) bool {
	for n := 1; n <= len(password)/2; n++ {
		if strings.Repeat(password[:n], len(password)/n+1)[:len(password)] == password {
			return true
		}
	}
	return false
}

// rows of keyboards and alphabets, there and back.
var rows = func() []string {
	forth := []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "qazwsxedcrfvtgbyhnujmikolp"}
	both := forth
	for _, row := range forth {
		var back strings.Builder
		for i := len(row) - 1; i >= 0; i-- {
			back.WriteByte(row[i])
		}
		both = append(both, back.String())
	}
	return both
}()

// runs tells whether more than half of a password are neighbours in a row, as in
// qwertyuiop or abcdefghij12.
func runs(password string) bool {
	covered := 0
	for i := 0; i < len(password); {
		longest := 0
		for _, row := range rows {
			n := 0
			for n < len(password)-i && strings.Contains(row, password[i:i+n+1]) {
				n++
			}
			longest = max(longest, n)
		}
		if longest >= 4 {
			covered += longest
			i += longest
			continue
		}
		i++
	}
	return covered*2 > len(password)
}

// lookalikes are what people write for letters.
var lookalikes = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// core takes digits and signs off both ends and turns those inside into the
// letters they stand for.
func core(password string) string {
	return lookalikes.Replace(strings.TrimFunc(password, func(c rune) bool { return !unicode.IsLetter(c) && c != '@' && c != '$' }))
}

func allDigits(password string) bool { return strings.Trim(password, "0123456789-. /") == "" }

// common words of leaked passwords, and those of this place, long ones first.
var common = []string{
	"administrator", "remotewindow", "password", "passwort", "superman", "baseball", "football", "princess", "sunshine", "computer", "internet",
	"iloveyou", "starwars", "trustno", "whatever", "michelle", "jennifer", "shanghai", "minhang", "pujiang", "jiedao", "zhongguo", "woaini",
	"welcome", "monkey", "dragon", "master", "letmein", "shadow", "freedom", "charlie", "michael", "killer", "secret", "summer", "winter",
	"spring", "autumn", "qwerty", "qazwsx", "asdfgh", "zxcvbn", "changeme", "default", "system", "server", "window", "beijing", "mima", "agent", "helper",
	"supervisor", "specialist", "station", "admin", "login", "hello", "passwd", "passw", "pass", "root", "test", "user", "guest", "demo", "pujin", "china",
	"love", "aini", "abc", "qwe", "asd", "zxc", "iqaz", "wsx",
}
