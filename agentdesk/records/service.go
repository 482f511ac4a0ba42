package records

import (
	"context"
	"database/sql"
	"fmt"
)

// Service is how long one finished ticket held its seat.
type Service struct {
	Matter     string
	AnswerMS   int64 // from accept to connected
	TalkMS     int64
	WrapUpMS   int64
	FinishedMS int64
}

// Services returns those of tickets that were finished after sinceMS and had been
// connected, the newest limit, oldest first. A clock that was set back between
// two moments of a ticket makes the time between them 0.
func (r *Records) Services(ctx context.Context, sinceMS int64, limit int) ([]Service, error) {
	if limit <= 0 {
		return nil, fmt.Errorf("records: services: %w: limit %d", ErrInvalid, limit)
	}
	var list []Service
	err := r.read(ctx, "services", func(tx *txn) error {
		list = nil
		return tx.each(ctx, func(rows *sql.Rows) error {
			var s Service
			var accepted, connected, ended int64
			if err := rows.Scan(&s.Matter, &accepted, &connected, &ended, &s.FinishedMS); err != nil {
				return err
			}
			s.AnswerMS, s.TalkMS, s.WrapUpMS = max(connected-accepted, 0), max(ended-connected, 0), max(s.FinishedMS-ended, 0)
			list = append(list, s)
			return nil
		}, `SELECT matter, accepted_ms, connect_ms, ended_ms, finished_ms FROM (
			SELECT id, matter, accepted_ms, connect_ms, ended_ms, finished_ms FROM tickets
			WHERE centre = ? AND state = 'closed' AND finished_ms > ? AND connect_ms > 0 AND ended_ms > 0
			ORDER BY finished_ms DESC, id DESC LIMIT ?) AS newest ORDER BY finished_ms, id`, r.centre, sinceMS, limit)
	})
	return list, err
}
