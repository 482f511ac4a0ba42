package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays of a command may be nested, the
// envelope included.
const MaxDepth = 8

// check refuses what encoding/json lets through or reads in a way of its own:
// bytes that are not UTF-8 (it would replace them), a key that stands twice in
// one object, in whatever case (it would take the last one, and another reader
// the first), and nesting that no message needs.
func check(frame []byte) error {
	if !utf8.Valid(frame) {
		return fmt.Errorf("%w: not UTF-8", ErrMalformed)
	}
	d := json.NewDecoder(bytes.NewReader(frame))
	d.UseNumber()
	var open []map[string]bool // keys of each open object; nil for an array
	key := false               // the next string is a key
	for {
		token, err := d.Token()
		if err != nil { // also the end: Unmarshal says what is wrong
			return nil
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				if len(open) == MaxDepth {
					return fmt.Errorf("%w: nested deeper than %d", ErrMalformed, MaxDepth)
				}
				var keys map[string]bool
				if t == '{' {
					keys = map[string]bool{}
				}
				open = append(open, keys)
			default:
				open = open[:len(open)-1]
			}
		case string:
			if !key {
				break
			}
			keys, name := open[len(open)-1], fold(t)
			if keys[name] {
				return fmt.Errorf("%w: a key stands twice", ErrMalformed)
			}
			keys[name] = true
			key = false
			continue
		}
		// After a value or an opening brace inside an object comes a key.
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}

// fold maps keys that encoding/json takes for the same field to one string.
func fold(key string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, key)
}
