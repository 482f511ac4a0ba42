package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
)

// auditKey reads the key of the audit chain, or makes it on the first start.
func auditKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err == nil {
		return nil, fmt.Errorf("the audit key %s has %d bytes instead of 32: restore it from the backup", path, len(key))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the audit key: %w", err)
	}
	key = make([]byte, 32)
	rand.Read(key)
	if err := os.WriteFile(path, key, 0o600); err != nil {
		return nil, fmt.Errorf("write the audit key: %w", err)
	}
	return key, nil
}

// nodeName reads this node's name, or draws it on the first start. After a
// crash the node knows its own dead connections by it, and its audit chain goes
// on.
func nodeName(path string) (string, error) {
	b, err := os.ReadFile(path)
	if name := strings.TrimSpace(string(b)); err == nil && name != "" && len(name) <= 64 {
		return name, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the node's name: %w", err)
	}
	name := "node-" + strings.ToLower(rand.Text()[:8])
	if err := os.WriteFile(path, []byte(name+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write the node's name: %w", err)
	}
	return name, nil
}
