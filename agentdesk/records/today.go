package records

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// maxMinutes bounds a chart: one day and the hour that a change of clocks may add.
const maxMinutes = 25 * 60

// Today holds the day's counts; each rate's raw numbers stand beside it.
// Service level = in-time answered / (answered + abandoned − short abandoned),
// in time meaning within ServiceMS (queue-and-desk.md 2.2).
type Today struct {
	AsOfMS         int64 `json:"as_of_ms"`
	Offered        int   `json:"offered"`
	Answered       int   `json:"answered"`
	InTime         int   `json:"in_time"`
	Abandoned      int   `json:"abandoned"`
	ShortAbandoned int   `json:"short_abandoned"`
	ServiceMS      int64 `json:"service_ms"`
	TargetPct      int   `json:"target_pct"`
	P90WaitMS      int64 `json:"p90_wait_ms"`
	Accepted       int   `json:"accepted"`
	Finished       int   `json:"finished"`
	Relayed        int   `json:"relayed"`
	PagesPassed    int   `json:"pages_passed"`
	PagesFirst     int   `json:"pages_first"`
	Pages          int   `json:"pages"`
}

// Minute is one point of the chart of the day.
type Minute struct {
	AtMS    int64 `json:"at_ms"` // begin of the minute
	Waiting int   `json:"waiting"`
	InCall  int   `json:"in_call"`
}

// DayStart returns the start of the local day that nowMS lies in.
func (r *Records) DayStart(nowMS int64) int64 {
	t := time.UnixMilli(nowMS).In(r.zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, r.zone).UnixMilli()
}

// Today counts the calls that arrived since the start of the centre's local
// day, and the pages taken since. Answered means that both sides had media; a
// ticket that closed without is abandoned. What is in time, short and aimed at
// are the centre's Numbers of the present moment.
func (r *Records) Today(ctx context.Context, nowMS int64) (Today, error) {
	since := r.DayStart(nowMS)
	var day Today
	var waits []int64
	err := r.read(ctx, "today", func(tx *txn) error {
		n, err := r.numbers(ctx, tx)
		if err != nil {
			return err
		}
		waits = nil
		day = Today{AsOfMS: nowMS, ServiceMS: int64(n.ServiceS) * 1000, TargetPct: n.TargetPct}
		shortMS := int64(n.ShortAbandonS) * 1000
		err = tx.each(ctx, func(rows *sql.Rows) error {
			var arrived, answered, ended, finished int64
			var state, dispo, next string
			if err := rows.Scan(&arrived, &answered, &ended, &finished, &state, &dispo, &next); err != nil {
				return err
			}
			day.Offered++
			switch {
			case answered > 0:
				day.Answered++
				waits = append(waits, max(answered-arrived, 0)) // a clock may have been set back between
				if answered-arrived <= day.ServiceMS {
					day.InTime++
				}
			case state == StateClosed:
				day.Abandoned++
				if ended-arrived < shortMS {
					day.ShortAbandoned++
				}
			}
			day.Accepted += flag(dispo == "accepted")
			day.Finished += flag(finished > 0)
			day.Relayed += flag(next == "relay")
			return nil
		}, `SELECT arrived_ms, answered_ms, ended_ms, finished_ms, state, dispo, next_step FROM tickets
			WHERE centre = ? AND kind = 'call' AND arrived_ms >= ? AND arrived_ms <= ?`, r.centre, since, nowMS)
		if err != nil {
			return err
		}
		shot := map[[3]string]bool{}
		return tx.each(ctx, func(rows *sql.Rows) error {
			var want [3]string // ticket, slot, side
			var verdict string
			if err := rows.Scan(&want[0], &want[1], &want[2], &verdict); err != nil {
				return err
			}
			passed := verdict == "passed"
			day.Pages++
			day.PagesPassed += flag(passed)
			day.PagesFirst += flag(passed && !shot[want])
			shot[want] = true
			return nil
		}, `SELECT ticket, slot, side, verdict FROM pages WHERE centre = ? AND at_ms >= ? AND at_ms <= ? ORDER BY at_ms, id`,
			r.centre, since, nowMS)
	})
	if err != nil {
		return Today{}, err
	}
	if len(waits) > 0 {
		slices.Sort(waits)
		day.P90WaitMS = waits[(len(waits)*9+9)/10-1] // nearest rank
	}
	return day, nil
}

// Minutes returns, per minute since fromMS, how many waited and how many talked
// at its end; the last point is the present moment. A chart of more than 25
// hours is ErrInvalid.
func (r *Records) Minutes(ctx context.Context, fromMS, nowMS int64) ([]Minute, error) {
	const minute = 60_000
	from := fromMS - fromMS%minute
	if nowMS < from {
		return nil, nil
	}
	points := int((nowMS-from)/minute) + 1
	if points > maxMinutes {
		return nil, fmt.Errorf("records: minutes: %w: %d points, at most %d", ErrInvalid, points, maxMinutes)
	}
	chart := make([]Minute, points)
	for i := range chart {
		chart[i].AtMS = from + int64(i)*minute
	}
	// mark counts into every point whose moment lies in [begin, end).
	mark := func(begin, end int64, add func(*Minute)) {
		for i := range chart {
			at := min(chart[i].AtMS+minute-1, nowMS)
			if begin <= at && at < end {
				add(&chart[i])
			}
		}
	}
	err := r.read(ctx, "minutes", func(tx *txn) error {
		return tx.each(ctx, func(rows *sql.Rows) error {
			var arrived, accepted, ended int64
			if err := rows.Scan(&arrived, &accepted, &ended); err != nil {
				return err
			}
			end := ended
			if end == 0 {
				end = nowMS + 1
			}
			if accepted > 0 {
				mark(accepted, end, func(m *Minute) { m.InCall++ })
				end = accepted
			}
			mark(arrived, end, func(m *Minute) { m.Waiting++ })
			return nil
		}, `SELECT CASE WHEN due_ms > arrived_ms THEN due_ms ELSE arrived_ms END, accepted_ms, ended_ms FROM tickets
			WHERE centre = ? AND kind <> 'prereview' AND arrived_ms <= ? AND arrived_ms >= ? AND (ended_ms = 0 OR ended_ms >= ?)`,
			r.centre, nowMS, from-24*60*minute, from)
	})
	if err != nil {
		return nil, err
	}
	return chart, nil
}
