package records

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"
)

// Numbers of a centre (architecture 8). Names that end in S are seconds.
type Numbers struct {
	RingS         int `json:"ring_s"`          // an offer rings
	AffinityS     int `json:"affinity_s"`      // a ticket is held for its own agent
	WaitingGraceS int `json:"waiting_grace_s"` // a waiting station may be away
	CallGraceS    int `json:"call_grace_s"`    // either side of a call may be away
	AgentGraceS   int `json:"agent_grace_s"`   // an agent without a call may be away
	WrapUpS       int `json:"wrap_up_s"`
	AgingBoostS   int `json:"aging_boost_s"`   // a step of priority is worth so much waiting
	ServiceS      int `json:"service_s"`       // service level: answered within
	TargetPct     int `json:"target_pct"`      // service level: share aimed at, in %
	ShortAbandonS int `json:"short_abandon_s"` // an abandon before is short
}

// number is one of Numbers with what it may be.
type number struct {
	name               string
	of                 func(*Numbers) *int
	standard, min, max int
}

// The bounds keep a slip of the hand from stopping the centre: no ring that
// nobody can answer, no wrap-up beyond the half hour at which it is closed.
var numbers = []number{
	{"ring_s", func(n *Numbers) *int { return &n.RingS }, 20, 5, 120},
	{"affinity_s", func(n *Numbers) *int { return &n.AffinityS }, 15, 1, 120},
	{"waiting_grace_s", func(n *Numbers) *int { return &n.WaitingGraceS }, 60, 10, 600},
	{"call_grace_s", func(n *Numbers) *int { return &n.CallGraceS }, 90, 15, 600},
	{"agent_grace_s", func(n *Numbers) *int { return &n.AgentGraceS }, 30, 5, 300},
	{"wrap_up_s", func(n *Numbers) *int { return &n.WrapUpS }, 60, 5, 1500},
	{"aging_boost_s", func(n *Numbers) *int { return &n.AgingBoostS }, 60, 5, 3600},
	{"service_s", func(n *Numbers) *int { return &n.ServiceS }, 30, 5, 600},
	{"target_pct", func(n *Numbers) *int { return &n.TargetPct }, 80, 1, 100},
	{"short_abandon_s", func(n *Numbers) *int { return &n.ShortAbandonS }, 10, 1, 120},
}

// numberPrefix leads the names of the rows in settings.
const numberPrefix = "number."

// DefaultNumbers are those of a centre that chose none.
func DefaultNumbers() Numbers {
	var n Numbers
	for _, f := range numbers {
		*f.of(&n) = f.standard
	}
	return n
}

// NumberBounds gives the least and the greatest value of each number by name.
func NumberBounds() map[string][2]int {
	bounds := make(map[string][2]int, len(numbers))
	for _, f := range numbers {
		bounds[f.name] = [2]int{f.min, f.max}
	}
	return bounds
}

// Faults tells which numbers are out of their bounds. An abandon that is short
// ends before the service level does.
func (n Numbers) Faults() []Fault {
	var i inspector
	for _, f := range numbers {
		if v := *f.of(&n); v < f.min || v > f.max {
			i.add(f.name, FaultNumber, strconv.Itoa(v))
		}
	}
	if len(i.faults) == 0 && n.ShortAbandonS > n.ServiceS {
		i.add("short_abandon_s", FaultNumber, strconv.Itoa(n.ShortAbandonS))
	}
	return i.faults
}

// Numbers returns the centre's numbers: the defaults where it chose none.
func (r *Records) Numbers(ctx context.Context) (Numbers, error) {
	var n Numbers
	err := r.read(ctx, "numbers", func(tx *txn) error {
		var err error
		n, err = r.numbers(ctx, tx)
		return err
	})
	return n, err
}

func (r *Records) numbers(ctx context.Context, tx *txn) (Numbers, error) {
	n := DefaultNumbers()
	err := tx.each(ctx, func(rows *sql.Rows) error {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		for _, f := range numbers {
			if name != numberPrefix+f.name {
				continue
			}
			// A row that a newer program wrote beyond our bounds counts as not chosen.
			if v, err := strconv.Atoi(value); err == nil && f.min <= v && v <= f.max {
				*f.of(&n) = v
			}
		}
		return nil
	}, `SELECT name, value FROM settings WHERE centre = ? AND name LIKE 'number.%'`, r.centre)
	return n, err
}

// SetNumbers replaces the centre's numbers on behalf of actor, who saw the
// version seen: else ErrChanged. What is out of its bounds is a *Fault.
func (r *Records) SetNumbers(ctx context.Context, n Numbers, actor string, seen Version) error {
	if err := first(n.Faults()); err != nil {
		return fmt.Errorf("records: set numbers: %w", err)
	}
	return r.write(ctx, "set numbers", func(tx *txn) error {
		old, err := r.numbers(ctx, tx)
		if err != nil {
			return err
		}
		if err := seen.meets(old.Version(), n.Version()); err != nil {
			return err
		}
		detail := map[string]string{}
		for _, f := range numbers {
			was, now := *f.of(&old), *f.of(&n)
			if was == now {
				continue
			}
			changes(detail, f.name, strconv.Itoa(was), strconv.Itoa(now))
			if _, err := tx.exec(ctx, `INSERT INTO settings (centre, name, value) VALUES (?, ?, ?)
				ON CONFLICT (centre, name) DO UPDATE SET value = excluded.value`, r.centre, numberPrefix+f.name, strconv.Itoa(now)); err != nil {
				return err
			}
		}
		if len(detail) == 0 {
			return nil
		}
		return r.audit(ctx, tx, AuditRow{AtMS: time.Now().UnixMilli(), Actor: actor, Action: "numbers.change", Object: r.centre, Detail: detail})
	})
}
