package agentdesk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// decode reads a JSON body of at most maxBody bytes into v and answers if it
// cannot. A field that v does not have is refused: whoever sends one means
// something that would not be done.
func decode(w http.ResponseWriter, r *http.Request, v any) bool {
	return decodeUpTo(maxBody, "the body may have 4 KiB", w, r, v)
}

// decodeAdmin does what decode does for the longer bodies of the administration.
func decodeAdmin(w http.ResponseWriter, r *http.Request, v any) bool {
	return decodeUpTo(maxAdminBody, "the body may have 512 KiB", w, r, v)
}

func decodeUpTo(limit int64, tooLong string, w http.ResponseWriter, r *http.Request, v any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "malformed", "the body must be application/json")
		return false
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", tooLong)
		return false
	}
	if err != nil || !json.Valid(b) || !plain(b) { // Valid takes one value and nothing behind it
		refuse(w, http.StatusBadRequest, "malformed", "the body is not the JSON expected")
		return false
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if strings.Contains(err.Error(), "unknown field") { // the decoder has no error type for it
			refuse(w, http.StatusBadRequest, "unknown_field", "the body has a field that this route does not know")
			return false
		}
		refuse(w, http.StatusBadRequest, "malformed", "the body is not the JSON expected")
		return false
	}
	return true
}

// plain refuses of valid JSON what two readers could read in two ways, or no
// database takes: bytes that are not UTF-8, a key that stands twice in one
// object or has a capital letter (encoding/json takes it for the field in small
// letters), and U+0000 in a string.
func plain(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var open []map[string]bool // keys of each open object; nil for an array
	key := false               // the next string is a key
	for {
		token, err := d.Token()
		if err != nil { // the end
			return true
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
		case string:
			if strings.ContainsRune(t, 0) {
				return false
			}
			if !key {
				break
			}
			keys := open[len(open)-1]
			if keys[t] || t != strings.ToLower(t) {
				return false
			}
			keys[t] = true
			key = false
			continue
		}
		// After a value or an opening brace inside an object comes a key.
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}
