package main

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestSamples(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   quantiles
	}{
		{"none", nil, quantiles{}},
		{"one", []float64{7}, quantiles{7, 7, 7, 7}},
		{"two", []float64{9, 1}, quantiles{1, 9, 9, 9}},
		{"hundred", upTo(100), quantiles{50, 95, 99, 100}},
		{"thousand", upTo(1000), quantiles{500, 950, 990, 1000}},
	}
	for _, tt := range tests {
		var s samples
		for _, v := range tt.values {
			s.add(v)
		}
		if got := s.quantiles(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func upTo(n int) []float64 {
	values := make([]float64, n)
	for i, v := range rand.Perm(n) {
		values[i] = float64(v + 1)
	}
	return values
}

func TestHistogramBuckets(t *testing.T) {
	last := -1
	for _, v := range []int64{0, 1, 63, 64, 65, 66, 127, 128, 1000, 1 << 20, 1<<20 + 1<<15, 1<<40 - 1, 1 << 40, 1 << 62} {
		b := bucketOf(v)
		if b < last || b >= buckets {
			t.Errorf("value %d falls into bucket %d after %d of %d", v, b, last, buckets)
		}
		last = b
		if v < 1<<topPower && (ceilingOf(b) < v || float64(ceilingOf(b)) > float64(v)*1.032+1) {
			t.Errorf("bucket of %d reaches to %d", v, ceilingOf(b))
		}
	}
	if bucketOf(-5) != 0 {
		t.Error("a clock that went back must not break the run")
	}
}

func TestHistogramAgreesWithExactQuantiles(t *testing.T) {
	var h histogram
	random := rand.New(rand.NewPCG(1, 2))
	var exact []float64
	for range 20_000 {
		v := int64(random.ExpFloat64() * 500)
		h.add(v)
		exact = append(exact, float64(v))
	}
	slices.Sort(exact)
	got := h.quantiles()
	for _, q := range []struct{ got, want float64 }{
		{got.P50, rank(exact, 0.5)}, {got.P95, rank(exact, 0.95)}, {got.P99, rank(exact, 0.99)},
	} {
		if q.got < q.want || q.got > q.want*1.04+1 {
			t.Errorf("quantile %v, exactly %v", q.got, q.want)
		}
	}
	if got.Max != exact[len(exact)-1] {
		t.Errorf("max %v, want %v", got.Max, exact[len(exact)-1])
	}
	if (&histogram{}).quantiles() != (quantiles{}) {
		t.Error("an empty histogram has quantiles")
	}
}

func TestProcessFigures(t *testing.T) {
	cpu, err := parseCPU("4711 (a (bad) name) S 1 1 1 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 9 0 100 200 300")
	if err != nil || cpu != 3*time.Second {
		t.Errorf("parseCPU = %v, %v; want 3s", cpu, err)
	}
	steal, err := parseSteal("cpu  1 2 3 4 5 6 7 150 0 0\ncpu0 1 2 3\n")
	if err != nil || steal != 1500*time.Millisecond {
		t.Errorf("parseSteal = %v, %v; want 1.5s", steal, err)
	}
	rss, err := parseRSS("100 25 3 4 5 6 7", 4096)
	if err != nil || rss != 25*4096 {
		t.Errorf("parseRSS = %v, %v; want 102400", rss, err)
	}
	for _, text := range []string{"", "1 (x) S 1", "1 (x) S 1 1 1 0 -1 0 1 2 3 4 a b c"} {
		if _, err := parseCPU(text); err == nil {
			t.Errorf("parseCPU took %q", text)
		}
		if _, err := parseSteal(text); err == nil {
			t.Errorf("parseSteal took %q", text)
		}
	}
	w := window{pid: 1, elapsed: 10 * time.Second, cpu: 5 * time.Second, packets: 100_000, rss: 7}
	if got, want := w.server(), (server{CPUPerPacket: 50, CPUPercent: 50, RSS: 7}); got != want {
		t.Errorf("server %+v, want %+v", got, want)
	}
}
