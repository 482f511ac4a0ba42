package records

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Calendar is when the centre is open.
type Calendar struct {
	Always   bool                   // round the clock, whatever the rest says
	Week     map[time.Weekday]Hours // a weekday that is not there is closed
	Holidays []Holiday              // by date
}

func (c Calendar) clone() Calendar {
	c.Week, c.Holidays = maps.Clone(c.Week), slices.Clone(c.Holidays)
	return c
}

// maxHolidays bounds a calendar: ten years of a holiday each second day.
const maxHolidays = 2000

// Faults tells what is wrong with a calendar.
func (c Calendar) Faults() []Fault {
	var i inspector
	for day, h := range c.Week {
		if day < time.Sunday || day > time.Saturday {
			i.add("weekday", FaultWeekday, fmt.Sprint(int(day)))
		}
		if !h.valid() {
			i.add("close", FaultTime, h.String())
		}
	}
	seen := map[string]bool{}
	for _, h := range c.Holidays {
		if seen[h.Date] {
			i.add("date", FaultDuplicate, h.Date)
		}
		seen[h.Date] = true
		i.faults = append(i.faults, h.Faults()...)
	}
	if len(c.Holidays) > maxHolidays {
		i.add("holidays", FaultTooMany, fmt.Sprint(len(c.Holidays)))
	}
	return i.faults
}

// Faults tells what is wrong with a holiday.
func (h Holiday) Faults() []Fault {
	var i inspector
	if t, err := time.Parse(time.DateOnly, h.Date); err != nil || t.Year() < 2000 || t.Year() > 2199 {
		i.add("date", FaultDate, h.Date)
	}
	if !h.Closed && !h.Hours.valid() {
		i.add("close", FaultTime, h.Hours.String())
	}
	i.text("note", h.Note, maxNote, false)
	return i.faults
}

// Calendar returns the hours of the week and every holiday.
func (r *Records) Calendar(ctx context.Context) (Calendar, error) {
	var c Calendar
	err := r.read(ctx, "calendar", func(tx *txn) error {
		var err error
		c, err = r.calendar(ctx, tx)
		return err
	})
	return c, err
}

func (r *Records) calendar(ctx context.Context, tx *txn) (Calendar, error) {
	c := Calendar{Week: map[time.Weekday]Hours{}}
	var always string
	err := tx.row(ctx, `SELECT value FROM settings WHERE centre = ? AND name = ?`, r.centre, roundTheClock).Scan(&always)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c, err
	}
	c.Always = always == "true"
	err = tx.each(ctx, func(rows *sql.Rows) error {
		var day time.Weekday
		var h Hours
		if err := rows.Scan(&day, &h.Open, &h.Close); err != nil {
			return err
		}
		c.Week[day] = h
		return nil
	}, `SELECT weekday, open_min, close_min FROM opening_hours WHERE centre = ?`, r.centre)
	if err != nil {
		return c, err
	}
	err = tx.each(ctx, func(rows *sql.Rows) error {
		var h Holiday
		if err := rows.Scan(&h.Date, &h.Closed, &h.Hours.Open, &h.Hours.Close, &h.Note); err != nil {
			return err
		}
		c.Holidays = append(c.Holidays, h)
		return nil
	}, `SELECT date, closed, open_min, close_min, note FROM holidays WHERE centre = ? ORDER BY date`, r.centre)
	return c, err
}

// SetCalendar replaces the whole calendar on behalf of actor, who saw the version
// seen: else ErrChanged.
func (r *Records) SetCalendar(ctx context.Context, c Calendar, actor string, seen Version) error {
	if err := first(c.Faults()); err != nil {
		return fmt.Errorf("records: set calendar: %w", err)
	}
	return r.write(ctx, "set calendar", func(tx *txn) error {
		old, err := r.calendar(ctx, tx)
		if err != nil {
			return err
		}
		if err := seen.meets(old.Version(), c.Version()); err != nil {
			return err
		}
		return r.storeCalendar(ctx, tx, old, c, actor)
	})
}

// storeCalendar writes what differs. The audit names the days that changed.
func (r *Records) storeCalendar(ctx context.Context, tx *txn, old, c Calendar, actor string) error {
	detail := changes(nil, "always", yes(old.Always), yes(c.Always))
	if old.Always != c.Always {
		if _, err := tx.exec(ctx, `INSERT INTO settings (centre, name, value) VALUES (?, ?, ?)
			ON CONFLICT (centre, name) DO UPDATE SET value = excluded.value`, r.centre, roundTheClock, yes(c.Always)); err != nil {
			return err
		}
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		was, had := old.Week[day]
		now, has := c.Week[day]
		if had == has && was == now {
			continue
		}
		changes(detail, "weekday_"+fmt.Sprint(int(day)), span(was, had), span(now, has))
		if _, err := tx.exec(ctx, `DELETE FROM opening_hours WHERE centre = ? AND weekday = ?`, r.centre, int(day)); err != nil {
			return err
		}
		if !has {
			continue
		}
		if _, err := tx.exec(ctx, `INSERT INTO opening_hours (centre, weekday, open_min, close_min) VALUES (?, ?, ?, ?)`,
			r.centre, int(day), now.Open, now.Close); err != nil {
			return err
		}
	}
	dates, err := r.storeHolidays(ctx, tx, old.Holidays, c.Holidays)
	if err != nil {
		return err
	}
	if len(dates) > 0 {
		const named = 50 // as many as a person reads
		detail["holidays"] = strings.Join(dates[:min(named, len(dates))], " ")
		detail["holidays_changed"] = fmt.Sprint(len(dates))
	}
	if len(detail) == 0 {
		return nil
	}
	return r.audit(ctx, tx, AuditRow{AtMS: time.Now().UnixMilli(), Actor: actor, Action: "hours.change", Object: r.centre, Detail: detail})
}

// storeHolidays writes the holidays that differ and returns their dates in order.
func (r *Records) storeHolidays(ctx context.Context, tx *txn, old, holidays []Holiday) ([]string, error) {
	before := map[string]Holiday{}
	for _, h := range old {
		before[h.Date] = h
	}
	var dates []string
	for _, h := range holidays {
		if h.Closed {
			h.Hours = Hours{}
		}
		was, had := before[h.Date]
		delete(before, h.Date)
		if had && was == h {
			continue
		}
		dates = append(dates, h.Date)
		if _, err := tx.exec(ctx, `INSERT INTO holidays (centre, date, closed, open_min, close_min, note) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (centre, date) DO UPDATE SET closed = excluded.closed, open_min = excluded.open_min,
			close_min = excluded.close_min, note = excluded.note`,
			r.centre, h.Date, flag(h.Closed), h.Hours.Open, h.Hours.Close, h.Note); err != nil {
			return nil, err
		}
	}
	for date := range before {
		dates = append(dates, date)
		if _, err := tx.exec(ctx, `DELETE FROM holidays WHERE centre = ? AND date = ?`, r.centre, date); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(dates, cmp.Compare[string])
	return dates, nil
}

// span is how the audit writes the hours of a day.
func span(h Hours, open bool) string {
	if !open {
		return "closed"
	}
	return h.String()
}
