package records

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// keyNumber is a key of the right form; nothing here checks that its point lies
// on the curve.
func keyNumber(n int) StationKey {
	point := append([]byte{4}, make([]byte, 64)...)
	copy(point[1:], fmt.Sprint("point ", n))
	sum := sha256.Sum256(point)
	return StationKey{ID: hex.EncodeToString(sum[:16]), PublicKey: base64.RawURLEncoding.EncodeToString(point), CreatedMS: noon + int64(n)}
}

func codeHash(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

func TestEnrol(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		wants(t, r.IssueCode(ctx, "s99", codeHash("x"), noon+600_000, "boss"), ErrNotFound)
		wants(t, r.IssueCode(ctx, "s01", "x", noon, "boss"), ErrInvalid)
		must(t, r.IssueCode(ctx, "s01", codeHash("first"), noon+600_000, "boss"))
		must(t, r.IssueCode(ctx, "s01", codeHash("second"), noon+600_000, "boss"))
		entries, err := r.StationEntries(ctx)
		must(t, err)
		equal(t, entries[0].CodeExpiresMS, noon+600_000)
		equal(t, entries[1].CodeExpiresMS, 0)

		_, err = r.RedeemCode(ctx, codeHash("first"), keyNumber(1))
		wants(t, err, ErrNotFound) // a new code voids the old one
		_, err = other.RedeemCode(ctx, codeHash("second"), keyNumber(1))
		wants(t, err, ErrNotFound)
		late := keyNumber(1)
		late.CreatedMS = noon + 600_000
		_, err = r.RedeemCode(ctx, codeHash("second"), late)
		wants(t, err, ErrNotFound)
		bad := keyNumber(1)
		bad.PublicKey = bad.PublicKey[1:]
		_, err = r.RedeemCode(ctx, codeHash("second"), bad)
		wants(t, err, ErrInvalid)

		s, err := r.RedeemCode(ctx, codeHash("second"), keyNumber(1))
		must(t, err)
		equal(t, s.ID, "s01")
		s, err = r.RedeemCode(ctx, codeHash("second"), keyNumber(1))
		must(t, err) // the same browser again: its answer was lost
		equal(t, s.ID, "s01")
		_, err = r.RedeemCode(ctx, codeHash("second"), keyNumber(2))
		wants(t, err, ErrNotFound)
		k, err := r.Key(ctx, keyNumber(1).ID)
		must(t, err)
		equal(t, k.Station, "s01")
		_, err = other.Key(ctx, keyNumber(1).ID)
		wants(t, err, ErrNotFound)
		in, err := r.Enrolled(ctx, "s01")
		must(t, err)
		equal(t, in, true)
		entries, err = r.StationEntries(ctx)
		must(t, err)
		equal(t, entries[0].CodeExpiresMS, 0)
		equal(t, len(entries[0].Keys), 1)

		// A new browser takes the place of the old one.
		must(t, r.IssueCode(ctx, "s01", codeHash("third"), noon+600_000, "boss"))
		_, err = r.RedeemCode(ctx, codeHash("third"), keyNumber(3))
		must(t, err)
		_, err = r.Key(ctx, keyNumber(1).ID)
		wants(t, err, ErrNotFound)

		must(t, r.IssueCode(ctx, "s01", codeHash("fourth"), noon+600_000, "boss"))
		version, err := r.AccessVersion(ctx)
		must(t, err)
		wants(t, r.Revoke(ctx, "s99", "boss"), ErrNotFound)
		must(t, r.Revoke(ctx, "s01", "boss"))
		raised, err := r.AccessVersion(ctx)
		must(t, err)
		equal(t, raised > version, true)
		_, err = r.Key(ctx, keyNumber(3).ID)
		wants(t, err, ErrNotFound)
		in, err = r.Enrolled(ctx, "s01")
		must(t, err)
		equal(t, in, false)
		_, err = r.RedeemCode(ctx, codeHash("fourth"), keyNumber(4))
		wants(t, err, ErrNotFound) // a code that is out goes too
		must(t, r.VerifyAudit(ctx))
		for _, table := range []string{"enrol_codes", "audit"} {
			for _, code := range []string{"first", "second", "third", "fourth"} {
				equal(t, holds(t, r, table, code), false)
			}
		}
	})
}

// holds tells whether a secret stands anywhere in a table.
func holds(t *testing.T, r *Records, table, secret string) bool {
	t.Helper()
	found := false
	must(t, r.read(t.Context(), "look", func(tx *txn) error {
		rows, err := tx.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			if err := rows.Scan(row...); err != nil {
				return err
			}
			for _, v := range row {
				found = found || strings.Contains(fmt.Sprint(*v.(*any)), secret)
			}
		}
		return rows.Err()
	}))
	return found
}

// TestCodeRace: of many browsers that come with one code one gets in.
func TestCodeRace(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		where := fresh(t)
		nodes, _ := centres(t, where)
		second := open(t, where, "pj")
		ctx := t.Context()
		must(t, nodes.IssueCode(ctx, "s01", codeHash("code"), noon+600_000, "boss"))
		var wg sync.WaitGroup
		var mu sync.Mutex
		in := 0
		for n := range 12 {
			node := []*Records{nodes, second}[n%2]
			wg.Go(func() {
				_, err := node.RedeemCode(ctx, codeHash("code"), keyNumber(n))
				if err != nil && !errors.Is(err, ErrNotFound) {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				in += flag(err == nil)
			})
		}
		wg.Wait()
		equal(t, in, 1)
		entries, err := nodes.StationEntries(ctx)
		must(t, err)
		equal(t, len(entries[0].Keys), 1)
	})
}

func TestRotate(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		must(t, r.IssueCode(ctx, "s01", codeHash("code"), noon+600_000, "boss"))
		one, two, three := keyNumber(1), keyNumber(2), keyNumber(3)
		_, err := r.RedeemCode(ctx, codeHash("code"), one)
		must(t, err)
		must(t, r.TouchKey(ctx, one.ID, noon+10))
		must(t, r.Rotate(ctx, one.ID, two))
		must(t, r.Rotate(ctx, one.ID, two)) // its answer was lost
		valid := func(want map[string]bool) {
			t.Helper()
			for _, k := range []StationKey{one, two, three} {
				_, err := r.Key(ctx, k.ID)
				equal(t, err == nil, want[k.ID])
			}
		}
		valid(map[string]bool{one.ID: true, two.ID: true})
		must(t, r.Rotate(ctx, one.ID, three)) // the browser lost its second key before it used it
		valid(map[string]bool{one.ID: true, three.ID: true})
		must(t, r.TouchKey(ctx, one.ID, noon+20)) // the old one is in use until the new one is
		valid(map[string]bool{one.ID: true, three.ID: true})
		must(t, r.TouchKey(ctx, three.ID, noon+30))
		valid(map[string]bool{three.ID: true})
		must(t, r.TouchKey(ctx, three.ID, noon+25)) // a clock that went back
		k, err := r.Key(ctx, three.ID)
		must(t, err)
		equal(t, k.UsedMS, noon+30)
		wants(t, r.TouchKey(ctx, one.ID, noon+40), ErrNotFound)
		wants(t, r.Rotate(ctx, one.ID, keyNumber(4)), ErrNotFound)
		wants(t, r.Rotate(ctx, three.ID, three), ErrExists)
		wants(t, r.Rotate(ctx, three.ID, StationKey{ID: "x"}), ErrInvalid)
		e := lastAudit(t, r)
		equal(t, e.Action+" "+e.Actor, "station.key_replaced s01")
	})
}
