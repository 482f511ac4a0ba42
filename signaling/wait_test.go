package signaling

import (
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestWaitBand(t *testing.T) {
	const min = int64(60_000)
	tests := []struct {
		name      string
		ahead, on int
		handle    int64
		low, high int64
	}{
		{"nobody at work promises nothing", 0, 0, 10 * min, 0, 0},
		{"too few calls today promise nothing", 3, 5, 0, 0, 0},
		{"next in line with one seat", 0, 1, 10 * min, 5 * min, 12 * min},
		{"many seats: at least a minute, and a band", 0, 10, 10 * min, 1 * min, 2 * min},
		{"four ahead of five seats", 4, 5, 10 * min, 5 * min, 12 * min},
		{"beyond an hour says nothing", 30, 2, 10 * min, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			low, high := waitBand(tt.ahead, tt.on, tt.handle)
			if low != tt.low || high != tt.high {
				t.Errorf("%d–%d min, want %d–%d", low/min, high/min, tt.low/min, tt.high/min)
			}
		})
	}
}

func TestHandleTime(t *testing.T) {
	minutes := []protocol.Minute{{InCall: 2}, {InCall: 3}, {InCall: 5}}
	if got := handleTime(protocol.Today{Answered: 4}, minutes); got != 0 {
		t.Errorf("four answers are too few, got %d", got)
	}
	if got := handleTime(protocol.Today{Answered: 5}, minutes); got != 180_000 {
		t.Errorf("ten talked minutes over five calls and a wrap-up: %d ms", got)
	}
	if got := handleTime(protocol.Today{Answered: 5}, nil); got != 0 {
		t.Errorf("no minutes known, got %d", got)
	}
}
