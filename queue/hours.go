package queue

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// maxIntervals bounds the openings of SetHours.
const maxIntervals = 64

// Interval is one opening of the centre, unix ms: open from OpenMS until before
// CloseMS.
type Interval struct{ OpenMS, CloseMS int64 }

// SetHours tells the openings of the next days, in order and apart; none means
// always open, and after the last one it is closed. Outside them a call is refused
// with ErrClosed, and call-backs and bookings do not start and are not offered;
// what was admitted inside is still served. Any node may call it, again and again:
// the same list changes nothing. The caller tells the list anew before its end and
// after Redis was flushed (see Snapshot.Hours).
func (q *Queue) SetHours(ctx context.Context, list []Interval) error {
	if len(list) > maxIntervals {
		return fmt.Errorf("queue: set hours: %w: %d openings, at most %d", ErrInvalid, len(list), maxIntervals)
	}
	encoded, last := make([]string, 0, len(list)), int64(0)
	for _, i := range list {
		if i.OpenMS <= last || i.CloseMS <= i.OpenMS || i.CloseMS > maxMS {
			return fmt.Errorf("queue: set hours: %w: open from %d to %d", ErrInvalid, i.OpenMS, i.CloseMS)
		}
		last = i.CloseMS
		encoded = append(encoded, strconv.FormatInt(i.OpenMS, 10)+":"+strconv.FormatInt(i.CloseMS, 10))
	}
	_, err := q.call(ctx, "set_hours", strings.Join(encoded, " "))
	return err
}

// intervals reads what SetHours wrote.
func intervals(s string) (list []Interval) {
	for field := range strings.FieldsSeq(s) {
		from, to, _ := strings.Cut(field, ":")
		var i Interval
		i.OpenMS, _ = strconv.ParseInt(from, 10, 64)
		i.CloseMS, _ = strconv.ParseInt(to, 10, 64)
		list = append(list, i)
	}
	return list
}
