package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestScore(t *testing.T) {
	var s Score
	if share, n, left := s.Coverage(); share != 0 || n != 0 || left != 0 || s.Level() != 0.8 {
		t.Fatal("a new score knows something")
	}
	promise := func(id string, bound time.Duration) { s.Promise(Band{Ticket: id, P80: bound, Sure: true}, nowMS) }
	for _, id := range []string{"kept", "edge", "broken", "left early", "left late"} {
		promise(id, time.Minute)
	}
	promise("kept", time.Second) // what was said first counts
	s.Promise(Band{Ticket: "unsure", P80: time.Minute}, nowMS)
	s.Answered("kept", nowMS+30_000)
	s.Answered("edge", nowMS+60_000)
	s.Answered("broken", nowMS+60_001)
	s.Left("left early", nowMS+59_000)
	s.Left("left late", nowMS+61_000)
	s.Answered("unsure", nowMS)
	s.Answered("kept", nowMS+90_000) // a second end of the same ticket
	if share, n, left := s.Coverage(); share != 0.5 || n != 4 || left != 1 {
		t.Errorf("covers %v of %d, %d left; want 0.5 of 4, 1 left", share, n, left)
	}
	if want := 0.8 + 2*0.008 - 2*0.002; math.Abs(s.Level()-want) > 1e-9 {
		t.Errorf("level %v, want %v", s.Level(), want)
	}
}

func TestScoreIsBounded(t *testing.T) {
	var s Score
	for i := range maxPromises + 10 {
		s.Promise(Band{Ticket: fmt.Sprint(i), P80: time.Minute, Sure: true}, nowMS)
	}
	if len(s.promised) != maxPromises {
		t.Errorf("%d promises remembered", len(s.promised))
	}
	for i := range maxPromises {
		s.Answered(fmt.Sprint(i), nowMS+int64(i)*100)
	}
	if share, n, _ := s.Coverage(); share != 0 || n != scored || s.Level() != topLevel {
		t.Errorf("covers %v of %d at level %v", share, n, s.Level())
	}
}

// Whoever promises too little by a quarter comes back to 80 % by asking for more.
func TestLevelComesBackToEighty(t *testing.T) {
	var s Score
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 4000 {
		bound := 0.75 * -math.Log(1-s.Level()) * 600 // of an exponential wait
		id := fmt.Sprint(i)
		s.Promise(Band{Ticket: id, P80: seconds(float32(bound)), Sure: true}, nowMS)
		s.Answered(id, nowMS+int64(rng.ExpFloat64()*600_000))
	}
	if share, _, _ := s.Coverage(); math.Abs(share-0.8) > 0.03 {
		t.Errorf("covers %.3f", share)
	}
}
