// Package password turns passwords into argon2id hashes (RFC 9106) and back into
// a yes or no. It owns the cost: 19 MiB, two passes, one lane (OWASP's second
// choice), and that at most four run at once in this process, so that a storm of
// log-ins costs 76 MiB and not the machine.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What new hashes cost; Verify follows what a hash says of itself.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	keyBytes  = 32
)

// Bounds of what Verify accepts from a stored hash, so that a row cannot ask for
// the machine's memory.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxLanes     = 4
	maxBytes     = 64
)

// MaxLength of a password in bytes.
const MaxLength = 1024

// Errors that callers branch on; returned errors wrap them.
var (
	// ErrFormat: a stored hash is not an argon2id PHC string within our bounds.
	ErrFormat = errors.New("not an argon2id hash")
	// ErrLength: a password is empty or longer than MaxLength.
	ErrLength = errors.New("a password has 1 to 1024 bytes")
)

// running holds a place per hash that is being computed. The bound is the
// process's memory, so it is the process's, not a caller's.
var running = make(chan struct{}, 4)

// Hash returns the PHC string of a password with a fresh salt:
// $argon2id$v=19$m=19456,t=2,p=1$salt$key. It waits while four others run.
func Hash(password string) (string, error) {
	if password == "" || len(password) > MaxLength {
		return "", fmt.Errorf("password: %w", ErrLength)
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	p := parameters{memory: memoryKiB, passes: passes, lanes: lanes, salt: salt}
	p.key = p.derive(password, keyBytes)
	return p.String(), nil
}

// Verify tells whether password has this hash. The error wraps ErrFormat when the
// stored hash cannot be read; a password longer than MaxLength is simply wrong.
func Verify(hash, password string) (bool, error) {
	p, err := parse(hash)
	if err != nil {
		return false, err
	}
	if len(password) > MaxLength {
		return false, nil
	}
	return subtle.ConstantTimeCompare(p.key, p.derive(password, len(p.key))) == 1, nil
}

type parameters struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func (p parameters) derive(password string, length int) []byte {
	running <- struct{}{}
	defer func() { <-running }()
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(length))
}

func (p parameters) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

func parse(hash string) (parameters, error) {
	fields := strings.Split(hash, "$")
	if len(hash) > 512 || len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return parameters{}, fmt.Errorf("password: %w", ErrFormat)
	}
	var p parameters
	var version int
	if _, err := fmt.Sscanf(fields[2], "v=%d", &version); err != nil || version != argon2.Version {
		return parameters{}, fmt.Errorf("password: %w: version", ErrFormat)
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return parameters{}, fmt.Errorf("password: %w: cost", ErrFormat)
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.Strict().DecodeString(fields[4]); err != nil {
		return parameters{}, fmt.Errorf("password: %w: salt", ErrFormat)
	}
	if p.key, err = base64.RawStdEncoding.Strict().DecodeString(fields[5]); err != nil {
		return parameters{}, fmt.Errorf("password: %w: key", ErrFormat)
	}
	switch {
	case p.lanes < 1 || p.lanes > maxLanes, p.passes < 1 || p.passes > maxPasses,
		p.memory < 8*uint32(p.lanes) || p.memory > maxMemoryKiB,
		len(p.salt) < 8 || len(p.salt) > maxBytes, len(p.key) < 16 || len(p.key) > maxBytes:
		return parameters{}, fmt.Errorf("password: %w: out of bounds", ErrFormat)
	case p.String() != hash: // one spelling only: Sscanf would let "+1" and trailing text pass
		return parameters{}, fmt.Errorf("password: %w: spelling", ErrFormat)
	}
	return p, nil
}
