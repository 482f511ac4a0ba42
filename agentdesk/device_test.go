package agentdesk

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// device is the cookie by which a browser is known again.
func (r reply) device() *http.Cookie {
	for _, c := range r.cookies {
		if strings.HasSuffix(c.Name, "rw_device") {
			return c
		}
	}
	return nil
}

// TestKnownDevice: ten wrong guesses by a stranger lock the stranger out and
// not the agent at the seat where he has logged in before.
func TestKnownDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) { o.Now = time.Now })
		first := d.logIn(FaceDesk, "agent1", password)
		seat := first.device()
		if seat == nil || !seat.HttpOnly || seat.SameSite != http.SameSiteStrictMode || seat.Path != "/" || strings.Contains(seat.Value, "agent") {
			t.Fatalf("cookie of the device: %+v", seat)
		}
		try := func(login, with string, at *http.Cookie) reply {
			return d.ask("POST", "/api/login", fmt.Sprintf(`{"face":"desk","user":%q,"password":%q}`, login, with), cookie(at))
		}
		for range accountLimit {
			if r := try("agent1", "wrong", nil); r.status != 401 || r.device() != nil {
				t.Fatalf("stranger: %d %v", r.status, r.cookies)
			}
		}
		if r := try("agent1", password, nil); r.status != 429 {
			t.Errorf("stranger after %d guesses: %d", accountLimit, r.status)
		}
		if r := try("agent1", password, &http.Cookie{Name: "rw_device", Value: "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA"}); r.status != 429 {
			t.Errorf("invented device: %d", r.status)
		}
		other := try("agent2", password, nil).device()
		if r := try("agent1", password, other); r.status != 429 {
			t.Errorf("device of a colleague: %d", r.status)
		}
		if r := try("agent1", password, seat); r.status != 200 {
			t.Fatalf("own seat: %d", r.status)
		}
		// His own mistakes there count there.
		for range accountLimit {
			if r := try("agent1", "wrong", seat); r.status != 401 {
				t.Fatalf("own seat: %d", r.status)
			}
		}
		if r := try("agent1", password, seat); r.status != 429 {
			t.Errorf("own seat after %d mistakes: %d", accountLimit, r.status)
		}
		// A colleague at the same seat is not kept out, and both are remembered.
		r := try("agent2", password, seat)
		if r.status != 200 || r.device() == nil {
			t.Fatalf("colleague at the seat: %d", r.status)
		}
		both, _ := parseDevice(r.device().Value)
		if !d.devices.knows(both, "agent1") || !d.devices.knows(both, "agent2") || d.devices.knows(both, "admin") {
			t.Errorf("the seat remembers %v", both.tags)
		}
	})
}

// TestKnownDeviceBehindSource: what others at the same address have used up of
// the address's share does not keep an agent out at his own seat, and his
// mistakes there take nothing from it.
func TestKnownDeviceBehindSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) { o.Now, o.LoginPerSource = time.Now, 3 })
		seat := d.logIn(FaceDesk, "agent1", password).device()
		try := func(login, with string, at *http.Cookie) int {
			return d.ask("POST", "/api/login", fmt.Sprintf(`{"face":"desk","user":%q,"password":%q}`, login, with), cookie(at)).status
		}
		for range 3 {
			if got := try("agent1", "wrong", seat); got != 401 {
				t.Fatalf("mistake at the seat: %d", got)
			}
		}
		for i := range 3 {
			if got := try(fmt.Sprint("name", i), "wrong", nil); got != 401 {
				t.Fatalf("guess %d at the address: %d", i+1, got)
			}
		}
		if got := try("agent2", password, nil); got != 429 {
			t.Errorf("unknown device after 3 guesses at its address: %d", got)
		}
		if got := try("agent1", password, seat); got != 200 {
			t.Errorf("own seat at an address that is used up: %d", got)
		}
		if got := try("agent2", password, nil); got != 429 {
			t.Errorf("a good log-in at the seat gave the address something back: %d", got)
		}
	})
}

func TestDeviceRemembersFew(t *testing.T) {
	d := devices{key: make([]byte, 32)}
	var v device
	for i := range 3 * maxAccounts {
		v = d.remember(v, fmt.Sprint("agent", i))
		v = d.remember(v, fmt.Sprint("agent", i)) // again is no second
		again, ok := parseDevice(v.String())
		if !ok || again.String() != v.String() || again.id != v.id {
			t.Fatalf("%q is not read back", v)
		}
	}
	if len(v.tags) != maxAccounts || d.knows(v, "agent0") || !d.knows(v, fmt.Sprint("agent", 3*maxAccounts-1)) {
		t.Errorf("%d accounts", len(v.tags))
	}
	if other := (devices{key: append(make([]byte, 31), 1)}); other.knows(v, fmt.Sprint("agent", 3*maxAccounts-1)) {
		t.Error("another secret knows it")
	}
}
