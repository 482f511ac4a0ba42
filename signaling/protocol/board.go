package protocol

// SeatView is one signed-in agent on the board.
type SeatView struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Seat    string        `json:"seat"`
	State   DeskStateName `json:"state"`
	Reason  string        `json:"reason"`
	SinceMS int64         `json:"since_ms"`
	Station string        `json:"station"` // id, in a call
	Ticket  string        `json:"ticket"`
	// Third is set when this agent is the third person of Ticket.
	Third Purpose `json:"third,omitempty"`
}

// Minute is one point of the chart of the day.
type Minute struct {
	AtMS    int64 `json:"at_ms"` // begin of the minute
	Waiting int   `json:"waiting"`
	InCall  int   `json:"in_call"`
}

// Today holds the day's counts; each rate's raw numbers stand beside it.
// Service level = in-time answered / (answered + abandoned − short abandoned),
// in time meaning within ServiceMS (queue-and-desk.md 2.2).
type Today struct {
	AsOfMS         int64 `json:"as_of_ms"`
	Offered        int   `json:"offered"` // tickets that entered waiting
	Answered       int   `json:"answered"`
	InTime         int   `json:"in_time"`
	Abandoned      int   `json:"abandoned"`
	ShortAbandoned int   `json:"short_abandoned"`
	ServiceMS      int64 `json:"service_ms"`
	TargetPct      int   `json:"target_pct"`
	P90WaitMS      int64 `json:"p90_wait_ms"`
	Accepted       int   `json:"accepted"` // disposition 已受理
	Finished       int   `json:"finished"` // wrapped up
	Relayed        int   `json:"relayed"`
	PagesPassed    int   `json:"pages_passed"`
	PagesFirst     int   `json:"pages_first"` // passed at the first shot
	Pages          int   `json:"pages"`
}

// Board is the whole of the supervisor's page.
type Board struct {
	Version int64      `json:"version"`
	NowMS   int64      `json:"now_ms"`
	QueueMS int64      `json:"queue_ms"` // age base of queue, seats and stations
	Open    bool       `json:"open"`
	OpenMS  int64      `json:"open_ms"` // when today opened, for the chart's left end
	Waiting []QueueRow `json:"waiting"` // waiting and offered, in match order
	// WaitingTotal counts them all: Waiting lists the first 500.
	WaitingTotal int           `json:"waiting_total,omitempty"`
	Calls        int           `json:"calls"` // accepted and not yet ended
	Seats        []SeatView    `json:"seats"` // signed in
	Stations     []StationLive `json:"stations"`
	Minutes      []Minute      `json:"minutes"`
	Today        Today         `json:"today"`
	// Scheduled are the call-backs and appointments to come, the next 500 by due time.
	Scheduled []ScheduledRow `json:"scheduled,omitempty"`
	// Forecast is absent until a promised wait has ended.
	Forecast *ForecastView `json:"forecast,omitempty"`
}

// Type names the message.
func (Board) Type() string { return "board" }
