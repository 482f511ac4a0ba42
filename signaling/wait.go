package signaling

import "github.com/remotewindow/remotewindow/signaling/protocol"

const (
	sureAnswers = 5         // answered calls of today before a wait is promised
	longestMS   = 60 * 60e3 // beyond an hour a band says nothing
	minuteMS    = int64(60e3)
	wrapUpMS    = int64(60e3) // added to the talk: a seat is taken until wrap-up ends
)

// handleTime estimates the mean time in ms that one call holds a seat, from the
// day's minutes by Little's law: calls in progress summed over minutes are the
// minutes talked. 0 when there is too little to go by.
func handleTime(today protocol.Today, minutes []protocol.Minute) int64 {
	if today.Answered < sureAnswers {
		return 0
	}
	var talked int64
	for _, m := range minutes {
		talked += int64(m.InCall) * minuteMS
	}
	if talked == 0 {
		return 0
	}
	return talked/int64(today.Answered) + wrapUpMS
}

// waitBand returns a band of the wait in whole minutes (as ms) for a ticket
// with ahead others before it and on seats at work; 0, 0 when unsure: then the
// page shows the place alone.
func waitBand(ahead, on int, handleMS int64) (lowMS, highMS int64) {
	if ahead < 0 || on <= 0 || handleMS <= 0 {
		return 0, 0
	}
	rounds := float64(ahead+1) / float64(on)
	mean := rounds * float64(handleMS)
	if mean > longestMS {
		return 0, 0
	}
	low := int64(mean*0.5) / minuteMS * minuteMS
	high := (int64(mean*1.2) + minuteMS - 1) / minuteMS * minuteMS
	if low < minuteMS {
		low = minuteMS
	}
	if high <= low {
		high = low + minuteMS
	}
	return low, high
}
