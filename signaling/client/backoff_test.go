package client

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	tests := []struct {
		attempt int
		chance  float64
		want    time.Duration
	}{
		{0, 0, 0},
		{0, 1, 500 * time.Millisecond},
		{1, 1, time.Second},
		{3, 0.5, 2 * time.Second},
		{4, 1, 8 * time.Second},
		{5, 1, 8 * time.Second},
		{1000, 1, 8 * time.Second},
	}
	for _, tt := range tests {
		if got := backoff(tt.attempt, tt.chance); got != tt.want {
			t.Errorf("backoff(%d, %v) = %v, want %v", tt.attempt, tt.chance, got, tt.want)
		}
	}
}
