package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Opening is whether the centre is open at a moment.
type Opening struct {
	Open       bool
	Hours      string // of that local day, "8:30–16:30", "" = closed all day
	OpenedMS   int64  // when today opened (or will), 0 if not today
	NextOpenMS int64  // 0 while open
}

// Hours of one weekday, in minutes of the local day; Close is exclusive.
type Hours struct{ Open, Close int }

// Holiday is a date whose hours differ from its weekday's.
type Holiday struct {
	Date   string // 2026-10-01, local
	Closed bool
	Hours  Hours // unless Closed
	Note   string
}

const roundTheClock = "open_round_the_clock"

// horizon is how many days ahead the next opening is looked for.
const horizon = 21

func (h Hours) valid() bool { return 0 <= h.Open && h.Open < h.Close && h.Close <= 24*60 }

func (h Hours) String() string {
	return fmt.Sprintf("%d:%02d–%d:%02d", h.Open/60, h.Open%60, h.Close/60, h.Close%60)
}

// SetHours replaces the hours of the week. A weekday that is left out is closed.
func (r *Records) SetHours(ctx context.Context, week map[time.Weekday]Hours) error {
	for day, h := range week {
		if day < time.Sunday || day > time.Saturday || !h.valid() {
			return fmt.Errorf("records: set hours: %w: %s %s", ErrInvalid, day, h)
		}
	}
	return r.write(ctx, "set hours", func(tx *txn) error {
		if _, err := tx.exec(ctx, `DELETE FROM opening_hours WHERE centre = ?`, r.centre); err != nil {
			return err
		}
		for day, h := range week {
			if _, err := tx.exec(ctx, `INSERT INTO opening_hours (centre, weekday, open_min, close_min) VALUES (?, ?, ?, ?)`,
				r.centre, int(day), h.Open, h.Close); err != nil {
				return err
			}
		}
		return nil
	})
}

// PutHoliday adds a holiday or replaces the one of its date.
func (r *Records) PutHoliday(ctx context.Context, h Holiday) error {
	if _, err := time.Parse(time.DateOnly, h.Date); err != nil || !h.Closed && !h.Hours.valid() {
		return fmt.Errorf("records: put holiday: %w: %s %s", ErrInvalid, h.Date, h.Hours)
	}
	return r.write(ctx, "put holiday", func(tx *txn) error {
		_, err := tx.exec(ctx, `INSERT INTO holidays (centre, date, closed, open_min, close_min, note) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (centre, date) DO UPDATE SET closed = excluded.closed, open_min = excluded.open_min,
			close_min = excluded.close_min, note = excluded.note`,
			r.centre, h.Date, flag(h.Closed), h.Hours.Open, h.Hours.Close, h.Note)
		return err
	})
}

// SetRoundTheClock makes Opening answer open at every moment, or by the hours again.
func (r *Records) SetRoundTheClock(ctx context.Context, on bool) error {
	return r.write(ctx, "set round the clock", func(tx *txn) error {
		_, err := tx.exec(ctx, `INSERT INTO settings (centre, name, value) VALUES (?, ?, ?)
			ON CONFLICT (centre, name) DO UPDATE SET value = excluded.value`, r.centre, roundTheClock, fmt.Sprint(on))
		return err
	})
}

// timetable is the hours of a centre as one reading.
type timetable struct {
	always   bool
	week     map[time.Weekday]Hours
	holidays map[string]Holiday
}

// on returns the hours of the day that t lies in; ok is false on a closed day.
func (tt timetable) on(t time.Time) (h Hours, ok bool) {
	if tt.always {
		return Hours{0, 24 * 60}, true
	}
	if d, ok := tt.holidays[t.Format(time.DateOnly)]; ok {
		return d.Hours, !d.Closed
	}
	h, ok = tt.week[t.Weekday()]
	return h, ok
}

// at tells whether the centre is open at t, whose location is the centre's.
func (tt timetable) at(t time.Time) Opening {
	var o Opening
	for i := range horizon {
		day := time.Date(t.Year(), t.Month(), t.Day()+i, 0, 0, 0, 0, t.Location())
		h, ok := tt.on(day)
		if !ok {
			continue
		}
		// By wall clock: a day with a change of clocks opens at its usual hour.
		opens := time.Date(day.Year(), day.Month(), day.Day(), 0, h.Open, 0, 0, t.Location())
		shuts := time.Date(day.Year(), day.Month(), day.Day(), 0, h.Close, 0, 0, t.Location())
		if i == 0 {
			o.Hours, o.OpenedMS = h.String(), opens.UnixMilli()
			if o.Open = !t.Before(opens) && t.Before(shuts); o.Open {
				return o
			}
		}
		if t.Before(opens) {
			o.NextOpenMS = opens.UnixMilli()
			return o
		}
	}
	return o
}

// Span is one opening, unix ms: open from OpenMS until before CloseMS.
type Span struct{ OpenMS, CloseMS int64 }

// spans lists the openings of the days ahead, that of t's day first, in order and
// apart: one that goes on at midnight is one.
func (tt timetable) spans(t time.Time) []Span {
	var list []Span
	for i := range horizon {
		day := time.Date(t.Year(), t.Month(), t.Day()+i, 0, 0, 0, 0, t.Location())
		h, ok := tt.on(day)
		if !ok {
			continue
		}
		s := Span{
			time.Date(day.Year(), day.Month(), day.Day(), 0, h.Open, 0, 0, t.Location()).UnixMilli(),
			time.Date(day.Year(), day.Month(), day.Day(), 0, h.Close, 0, 0, t.Location()).UnixMilli(),
		}
		if n := len(list); n > 0 && s.OpenMS <= list[n-1].CloseMS {
			list[n-1].CloseMS = max(list[n-1].CloseMS, s.CloseMS)
		} else if s.CloseMS > s.OpenMS {
			list = append(list, s)
		}
	}
	return list
}

// Openings lists the openings of the next three weeks, today's first. always: the
// centre never closes, and the list is empty.
func (r *Records) Openings(ctx context.Context, atMS int64) (list []Span, always bool, err error) {
	tt, err := r.timetable(ctx, atMS)
	if err != nil || tt.always {
		return nil, tt.always, err
	}
	return tt.spans(time.UnixMilli(atMS).In(r.zone)), false, nil
}

// Opening tells whether the centre is open at a moment.
func (r *Records) Opening(ctx context.Context, atMS int64) (Opening, error) {
	tt, err := r.timetable(ctx, atMS)
	if err != nil {
		return Opening{}, err
	}
	return tt.at(time.UnixMilli(atMS).In(r.zone)), nil
}

// timetable reads the hours around a moment.
func (r *Records) timetable(ctx context.Context, atMS int64) (timetable, error) {
	tt := timetable{week: map[time.Weekday]Hours{}, holidays: map[string]Holiday{}}
	t := time.UnixMilli(atMS).In(r.zone)
	err := r.read(ctx, "opening", func(tx *txn) error {
		var always string
		err := tx.row(ctx, `SELECT value FROM settings WHERE centre = ? AND name = ?`, r.centre, roundTheClock).Scan(&always)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		tt.always = always == "true"
		err = tx.each(ctx, func(rows *sql.Rows) error {
			var day time.Weekday
			var h Hours
			if err := rows.Scan(&day, &h.Open, &h.Close); err != nil {
				return err
			}
			tt.week[day] = h
			return nil
		}, `SELECT weekday, open_min, close_min FROM opening_hours WHERE centre = ?`, r.centre)
		if err != nil {
			return err
		}
		return tx.each(ctx, func(rows *sql.Rows) error {
			var h Holiday
			if err := rows.Scan(&h.Date, &h.Closed, &h.Hours.Open, &h.Hours.Close, &h.Note); err != nil {
				return err
			}
			tt.holidays[h.Date] = h
			return nil
		}, `SELECT date, closed, open_min, close_min, note FROM holidays WHERE centre = ? AND date >= ? AND date <= ?`,
			r.centre, t.Format(time.DateOnly), t.AddDate(0, 0, horizon).Format(time.DateOnly))
	})
	return tt, err
}
