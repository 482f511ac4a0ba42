package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// figures are what all calls measure together.
type figures struct {
	enqueueToOffer samples
	firstRTP       samples
	firstKeyframe  samples
	document       samples
	forwarding     histogram // µs

	received atomic.Int64 // packets, distinct, from the first one on
	wrong    atomic.Int64 // packets of another call, stream or shape
	early    atomic.Int64 // packets that passed before accept
	unsent   atomic.Int64 // packets that never left

	placed    atomic.Int64
	answered  atomic.Int64
	pagesOut  atomic.Int64
	pagesIn   atomic.Int64
	pagesSame atomic.Int64
	pagesHTTP atomic.Int64 // of pagesIn, those that came by HTTP

	mu       sync.Mutex // guards the following fields
	failures []string   // one sentence a failed call
	packets  tally
	gaps     []string // where packets are missing, one sentence a flow
}

// report is what a run says. With --json it is printed as it stands here.
type report struct {
	Calls struct {
		Placed   int64 `json:"placed"`
		Answered int64 `json:"answered"`
		Failed   int64 `json:"failed"`
	} `json:"calls"`
	EnqueueToOffer       quantiles `json:"enqueue_to_offer_ms"`
	AcceptToFirstRTP     quantiles `json:"accept_to_first_rtp_ms"`
	AcceptToFirstKey     quantiles `json:"accept_to_first_keyframe_ms"`
	Document             quantiles `json:"document_ms"`
	ForwardingLatency    quantiles `json:"forwarding_latency_us"`
	Packets              tally     `json:"packets"`
	Documents            documents `json:"documents"`
	Server               server    `json:"server"`
	Generator            generator `json:"generator"`
	wrong, early, unsent int64
	byHTTP               int64
	failures, gaps       []string
}

type documents struct {
	Sent      int64 `json:"sent"`
	Received  int64 `json:"received"`
	HashEqual int64 `json:"hash_equal"`
}

// server is zero without --server-pid.
type server struct {
	CPUPerPacket float64 `json:"cpu_us_per_packet"`
	CPUPercent   float64 `json:"cpu_percent"` // of one core
	RSS          int64   `json:"rss_bytes"`
}

// generator tells whether the machine had room: near a full core, or with much
// time stolen by the hypervisor, the other figures say little about the server.
type generator struct {
	CPUPercent   float64 `json:"cpu_percent"`   // of one core
	StealPercent float64 `json:"steal_percent"` // of one core
}

func (f *figures) fail(who string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = append(f.failures, who+": "+err.Error())
}

func (f *figures) account(who string, t tally) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.packets.add(t)
	if t.Lost > 0 {
		f.gaps = append(f.gaps, fmt.Sprintf("%s: %d of %d packets lost, the first %d after %d", who, t.Lost, t.Sent, t.gap.length, t.gap.after))
	}
}

// report sums up; w may be nil when no window was measured.
func (f *figures) report(w *window) report {
	f.mu.Lock()
	defer f.mu.Unlock()
	var r report
	r.Calls.Placed, r.Calls.Answered, r.Calls.Failed = f.placed.Load(), f.answered.Load(), int64(len(f.failures))
	r.EnqueueToOffer = f.enqueueToOffer.quantiles()
	r.AcceptToFirstRTP = f.firstRTP.quantiles()
	r.AcceptToFirstKey = f.firstKeyframe.quantiles()
	r.Document = f.document.quantiles()
	r.ForwardingLatency = f.forwarding.quantiles()
	r.Packets = f.packets
	r.Documents = documents{Sent: f.pagesOut.Load(), Received: f.pagesIn.Load(), HashEqual: f.pagesSame.Load()}
	if w != nil {
		r.Server, r.Generator = w.server(), w.generator()
	}
	r.wrong, r.early, r.unsent, r.byHTTP = f.wrong.Load(), f.early.Load(), f.unsent.Load(), f.pagesHTTP.Load()
	r.failures, r.gaps = slices.Clone(f.failures), slices.Clone(f.gaps)
	return r
}

// maxComplaints bounds how many failed calls and lossy streams are named.
const maxComplaints = 10

// complaints says what was lost, wrong or unanswered; none means exit 0.
func (r report) complaints(o options) []string {
	var out []string
	complain := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	list := func(sentences []string, more string) {
		out = append(out, sentences[:min(len(sentences), maxComplaints)]...)
		if rest := len(sentences) - maxComplaints; rest > 0 {
			complain("and %d more %s", rest, more)
		}
	}
	list(r.failures, "failed")
	calls := int64(o.Calls)
	if r.Calls.Answered != calls {
		complain("%d of %d calls answered", r.Calls.Answered, calls)
	}
	if r.Packets.Sent == 0 {
		complain("no media was sent through an open gate")
	}
	if r.Packets.Lost > 0 {
		complain("%d of %d packets lost", r.Packets.Lost, r.Packets.Sent)
		list(r.gaps, "streams with loss")
	}
	if r.wrong > 0 {
		complain("%d packets wrong: of another call or stream, or damaged", r.wrong)
	}
	if r.unsent > 0 {
		complain("%d packets could not be sent", r.unsent)
	}
	if r.early > 0 {
		complain("%d packets passed before accept", r.early)
	}
	want := calls * int64(o.Documents)
	if r.Documents.Sent != want || r.Documents.Received != want {
		complain("%d documents sent and %d received of %d", r.Documents.Sent, r.Documents.Received, want)
	}
	if r.Documents.HashEqual != r.Documents.Received {
		complain("%d documents differ from what was sent", r.Documents.Received-r.Documents.HashEqual)
	}
	return out
}

// say prints; who no longer listens misses it.
func say(w io.Writer, format string, a ...any) { _, _ = fmt.Fprintf(w, format, a...) }

// table prints the report for people.
func (r report) table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say(t, "calls\tplaced %d\tanswered %d\tfailed %d\n", r.Calls.Placed, r.Calls.Answered, r.Calls.Failed)
	say(t, "packets\tsent %d\treceived %d\tlost %d\n", r.Packets.Sent, r.Packets.Received, r.Packets.Lost)
	say(t, "documents\tsent %d\treceived %d\thash equal %d\tby HTTP %d\n", r.Documents.Sent, r.Documents.Received, r.Documents.HashEqual, r.byHTTP)
	say(t, "\tp50\tp95\tp99\tmax\n")
	for _, row := range []struct {
		name string
		q    quantiles
	}{
		{"enqueue to offer, ms", r.EnqueueToOffer},
		{"accept to first RTP, ms", r.AcceptToFirstRTP},
		{"accept to first keyframe, ms", r.AcceptToFirstKey},
		{"document, ms", r.Document},
		{"forwarding, µs", r.ForwardingLatency},
	} {
		say(t, "%s\t%.4g\t%.4g\t%.4g\t%.4g\n", row.name, row.q.P50, row.q.P95, row.q.P99, row.q.Max)
	}
	if r.Server != (server{}) {
		say(t, "server\t%.1f µs/packet\t%.1f %% CPU\t%.1f MB\n", r.Server.CPUPerPacket, r.Server.CPUPercent, float64(r.Server.RSS)/1e6)
	}
	say(t, "generator\t%.1f %% CPU\tstolen %.1f %%\n", r.Generator.CPUPercent, r.Generator.StealPercent)
	_ = t.Flush()
}

// progress shows one line that replaces itself, once a second.
type progress struct {
	to    io.Writer
	begin time.Time
}

func (p progress) line(step string, f *figures) {
	text := fmt.Sprintf("%4.0f s  %-22s calls %d  packets %d  documents %d  wrong %d",
		time.Since(p.begin).Seconds(), step, f.answered.Load(), f.received.Load(), f.pagesIn.Load(), f.wrong.Load())
	say(p.to, "\r%-100s", text)
}

func (p progress) end() { say(p.to, "\r%s\r", strings.Repeat(" ", 100)) }
