package agentdesk

import (
	"errors"
	"sync"
	"time"
)

const (
	ticketLife = 30 * time.Second
	maxTickets = 10_000 // outstanding in all
	maxOwn     = 8      // outstanding of one identity; the oldest gives way
)

// errTooMany: more socket tickets are outstanding than the server keeps.
var errTooMany = errors.New("too many socket tickets outstanding")

// Identity is whom a socket ticket was issued to.
type Identity struct {
	Role Role   // station, agent, supervisor, admin
	ID   string // station or login
	Face string // station, desk, board
	// Session is what it lives by: the hash of a log-in's token, or the id of a
	// station's key. It is no secret. Empty where all of somebody's are meant,
	// and for a station that opened by name in a demo.
	Session string
}

// holder is the identity whatever it lives by.
func (id Identity) holder() Identity {
	id.Session = ""
	return id
}

// tickets holds single-use socket tickets, by the hash of each. They live in
// memory: a page whose ticket was lost in a restart asks for another.
type tickets struct {
	mu   sync.Mutex
	byID map[Identity][]ticket // by holder, oldest first
	all  map[string]Identity   // by hash
}

type ticket struct {
	hash    string
	expires time.Time
}

func newTickets() *tickets {
	return &tickets{byID: make(map[Identity][]ticket), all: make(map[string]Identity)}
}

// issue returns a ticket for the identity.
func (t *tickets) issue(id Identity, now time.Time) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) >= maxTickets {
		for id := range t.byID {
			t.expire(id, now)
		}
		if len(t.all) >= maxTickets {
			return "", errTooMany
		}
	}
	holder := id.holder()
	t.expire(holder, now)
	if own := t.byID[holder]; len(own) >= maxOwn {
		t.remove(holder, own[0].hash)
	}
	value := secret()
	hash := hashOf(value)
	t.all[hash] = id
	t.byID[holder] = append(t.byID[holder], ticket{hash, now.Add(ticketLife)})
	return value, nil
}

// redeem takes a ticket out and tells whose it was.
func (t *tickets) redeem(value string, now time.Time) (Identity, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	hash := hashOf(value)
	id, ok := t.all[hash]
	if !ok {
		return Identity{}, false
	}
	t.expire(id.holder(), now)
	_, ok = t.all[hash]
	t.remove(id.holder(), hash)
	if !ok {
		return Identity{}, false
	}
	return id, true
}

// revoke takes back what somebody has not redeemed yet: what lives by
// id.Session, or all of it where that is empty.
func (t *tickets) revoke(id Identity) {
	holder := id.holder()
	t.mu.Lock()
	defer t.mu.Unlock()
	var stay []ticket
	for _, own := range t.byID[holder] {
		if id.Session != "" && t.all[own.hash].Session != id.Session {
			stay = append(stay, own)
			continue
		}
		delete(t.all, own.hash)
	}
	if len(stay) == 0 {
		delete(t.byID, holder)
		return
	}
	t.byID[holder] = stay
}

func (t *tickets) expire(id Identity, now time.Time) {
	for len(t.byID[id]) > 0 && !now.Before(t.byID[id][0].expires) {
		t.remove(id, t.byID[id][0].hash)
	}
}

func (t *tickets) remove(id Identity, hash string) {
	delete(t.all, hash)
	own := t.byID[id]
	for i, k := range own {
		if k.hash == hash {
			own = append(own[:i:i], own[i+1:]...)
			break
		}
	}
	if len(own) == 0 {
		delete(t.byID, id)
		return
	}
	t.byID[id] = own
}
