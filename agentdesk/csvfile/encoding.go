package csvfile

import (
	"bytes"
	"unicode/utf8"
)

var mark = []byte("\xef\xbb\xbf")

// text takes the byte order mark off a file in UTF-8. The code names what else
// it is, "" when all is well.
func text(data []byte) (string, string) {
	switch {
	case len(data) > MaxBytes:
		return "", CodeTooLarge
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return "", CodeUTF16
	case utf8.Valid(data):
		return string(bytes.TrimPrefix(data, mark)), ""
	case isGB18030(data):
		return "", CodeGB18030
	default:
		return "", CodeEncoding
	}
}

// isGB18030 tells whether bytes that are no UTF-8 are well formed in GB18030 (of
// which GBK and GB2312 are parts): bytes of two or four with leads 81–FE.
func isGB18030(b []byte) bool {
	lead := func(c byte) bool { return c >= 0x81 && c <= 0xfe }
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for i := 0; i < len(b); {
		switch {
		case b[i] < 0x80:
			i++
		case i+1 < len(b) && lead(b[i]) && b[i+1] >= 0x40 && b[i+1] != 0x7f && b[i+1] != 0xff:
			i += 2
		case i+3 < len(b) && lead(b[i]) && digit(b[i+1]) && lead(b[i+2]) && digit(b[i+3]):
			i += 4
		default:
			return false
		}
	}
	return true
}
