package agentdesk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	deviceName = "device" // cookie rw_device
	deviceLife = 400 * 24 * time.Hour
	deviceID   = 22 // characters of a device's id: 128 bits
	deviceTag  = 16 // characters of an account's tag: 96 bits of a MAC
	// maxAccounts is how many people one device remembers; the oldest gives way.
	maxAccounts = 8
)

// device is a browser in which somebody has logged in. Its cookie holds a random
// id and, for each account that logged in there, a MAC over id and login: the
// server keeps nothing and yet knows its own. It opens no door, it only gives
// the account a count of failures of its own there.
type device struct {
	id   string
	tags []string // newest last
}

// parseDevice reads the cookie's value "id.tag.tag…".
func parseDevice(value string) (device, bool) {
	if len(value) > deviceID+maxAccounts*(deviceTag+1) {
		return device{}, false
	}
	parts := strings.Split(value, ".")
	for i, part := range parts {
		want := deviceTag
		if i == 0 {
			want = deviceID
		}
		if _, err := base64.RawURLEncoding.DecodeString(part); err != nil || len(part) != want {
			return device{}, false
		}
	}
	return device{id: parts[0], tags: parts[1:]}, true
}

func (v device) String() string { return strings.Join(append([]string{v.id}, v.tags...), ".") }

// devices makes and knows tags.
type devices struct{ key []byte }

func (d devices) tag(id, login string) string {
	m := hmac.New(sha256.New, d.key)
	m.Write([]byte("rw-device-v1\n" + id + "\n" + login))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:deviceTag/4*3])
}

// knows tells whether login has logged in on the device.
func (d devices) knows(v device, login string) bool {
	tag := d.tag(v.id, login)
	known := false
	for _, t := range v.tags {
		known = hmac.Equal([]byte(t), []byte(tag)) || known
	}
	return known
}

// remember returns the device with the login as its newest; a device without
// id gets one.
func (d devices) remember(v device, login string) device {
	if v.id == "" {
		b := make([]byte, deviceID*3/4)
		rand.Read(b)
		v = device{id: base64.RawURLEncoding.EncodeToString(b)}
	}
	tag := d.tag(v.id, login)
	tags := append(slices.DeleteFunc(slices.Clone(v.tags), func(t string) bool { return t == tag }), tag)
	if len(tags) > maxAccounts {
		tags = tags[len(tags)-maxAccounts:]
	}
	return device{id: v.id, tags: tags}
}

// deviceOf returns the device that a request comes from; its zero value is none.
func (s *Server) deviceOf(r *http.Request) device {
	c, err := r.Cookie(s.cookieName(deviceName))
	if err != nil {
		return device{}
	}
	v, _ := parseDevice(c.Value)
	return v
}

// bucketOf is what the failures of a login are counted by, and whether that is
// a count of this device alone.
func (s *Server) bucketOf(v device, login string) (bucket string, known bool) {
	if v.id != "" && s.devices.knows(v, login) {
		return login + "\n" + v.id, true
	}
	return login + "\n", false
}
