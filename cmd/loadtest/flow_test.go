package main

import "testing"

func TestLossAccounting(t *testing.T) {
	type packets = []uint64
	span := func(from, to uint64) packets {
		var p packets
		for ; from < to; from++ {
			p = append(p, from)
		}
		return p
	}
	without := func(all packets, gone ...uint64) packets {
		var p packets
	next:
		for _, n := range all {
			for _, g := range gone {
				if n == g {
					continue next
				}
			}
			p = append(p, n)
		}
		return p
	}
	tests := []struct {
		name      string
		kind      kind
		sent      uint64
		gate      int64 // counter when both gates were open, -1 = never
		keyframes packets
		received  packets
		want      tally
	}{
		{"everything passed", audio, 100, 0, nil, span(0, 100), tally{Sent: 100, Received: 100}},
		{"dropped before the gate", audio, 100, 40, nil, span(40, 100), tally{Sent: 60, Received: 60}},
		{"dropped while the gate opened", audio, 100, 40, nil, span(44, 100), tally{Sent: 56, Received: 56}},
		{"passed before both pages saw the gate", audio, 100, 40, nil, span(30, 100), tally{Sent: 60, Received: 60}},
		{"lost in the middle", audio, 100, 0, nil, without(span(0, 100), 50, 51, 70), tally{Sent: 100, Received: 97, Lost: 3, gap: gap{50, 2}}},
		{"lost before both pages saw the gate", audio, 100, 40, nil, without(span(30, 100), 35), tally{Sent: 60, Received: 60}},
		{"lost at the end", audio, 100, 0, nil, span(0, 90), tally{Sent: 100, Received: 90, Lost: 10, gap: gap{90, 10}}},
		{"nothing came", audio, 100, 40, nil, nil, tally{Sent: 60, Lost: 60, gap: gap{0, 60}}},
		{"twice and out of order", audio, 5, 0, nil, packets{0, 2, 1, 1, 4, 3, 3}, tally{Sent: 5, Received: 5}},
		{"never sent", audio, 5, 0, nil, packets{0, 1, 2, 3, 4, 9}, tally{Sent: 5, Received: 5}},
		{"gate never seen", audio, 100, -1, nil, span(0, 100), tally{}},
		{"picture begins with a keyframe", video, 100, 10, packets{20}, span(20, 100), tally{Sent: 80, Received: 80}},
		{"picture before the keyframe counts not", video, 100, 10, packets{20}, without(span(15, 100), 17), tally{Sent: 80, Received: 80}},
		{"picture without keyframe is lost", video, 100, 10, nil, span(20, 100), tally{Sent: 90, Received: 80, Lost: 10, gap: gap{0, 10}}},
		{"a later keyframe excuses nothing", video, 100, 10, packets{20, 60}, without(span(20, 100), 59), tally{Sent: 80, Received: 79, Lost: 1, gap: gap{39, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := flow{kind: tt.kind}
			for n := uint64(0); n < tt.sent; n++ {
				if tt.gate == int64(n) {
					f.opened()
				}
				if got := f.next(); got != n {
					t.Fatalf("counter %d, want %d", got, n)
				}
			}
			keyframe := map[uint64]bool{}
			for _, n := range tt.keyframes {
				keyframe[n] = true
			}
			seen := map[uint64]bool{}
			for _, n := range tt.received {
				a := f.take(n, keyframe[n])
				if a.known != (n < tt.sent) || a.again != seen[n] {
					t.Errorf("packet %d: %+v", n, a)
				}
				seen[n] = true
			}
			if got := f.account(); got != tt.want {
				t.Errorf("account %+v, want %+v", got, tt.want)
			}
		})
	}
}
