package sfu_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// jpeg is noise that begins like a JPEG.
func jpeg(size int, seed uint64) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = r.Read(b)
	copy(b, []byte{0xff, 0xd8, 0xff, 0xe0})
	return b
}

func newPage(size int, seed byte) capture.Page {
	return capture.NewPage(capture.Offer{Document: capture.ID{seed, 1, 2}, Slot: "id_card", Side: "front", Request: "r1"}, jpeg(size, uint64(seed)), jpeg(30_000, 99))
}

// line is a participant's document channel as capture wants it.
type line struct {
	*webrtc.DataChannel
	frames chan capture.Frame
	low    chan struct{}
}

func (l *line) Buffered() uint64 { return l.BufferedAmount() }

// sending prepares the station's end and waits until it is open.
func sending(t *testing.T, c *sfutest.Client) *line {
	t.Helper()
	l := &line{DataChannel: c.Document, frames: make(chan capture.Frame, 1024), low: make(chan struct{}, 1)}
	c.Document.SetBufferedAmountLowThreshold(capture.LowBuffered)
	c.Document.OnBufferedAmountLow(func() {
		select {
		case l.low <- struct{}{}:
		default:
		}
	})
	c.Document.OnMessage(func(m webrtc.DataChannelMessage) {
		f, err := capture.Parse(m.Data)
		if err != nil {
			t.Errorf("from the SFU: %v", err)
			return
		}
		l.frames <- f
	})
	isOpen(t, c)
	return l
}

func isOpen(t *testing.T, c *sfutest.Client) {
	t.Helper()
	sfutest.Until(t, patience, "document channel opens", func() bool {
		return c.Document.ReadyState() == webrtc.DataChannelStateOpen
	})
}

// desk collects what an agent is shown.
type desk struct {
	mu     sync.Mutex
	course []string // thumb and page in the order they came
	pages  map[string][]byte
	failed []error
}

func receiving(t *testing.T, c *sfutest.Client) *desk {
	t.Helper()
	d := &desk{pages: map[string][]byte{}}
	inbox := &capture.Inbox{
		OnThumb: func(capture.Offer, []byte) { d.note("thumb") },
		OnPage: func(o capture.Offer, b []byte) {
			d.note("page")
			d.mu.Lock()
			defer d.mu.Unlock()
			d.pages[o.SHA256] = b
		},
		OnFailure: func(_ capture.Offer, err error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.failed = append(d.failed, err)
		},
	}
	l := &line{DataChannel: c.Document}
	c.Document.OnMessage(func(m webrtc.DataChannelMessage) {
		_ = inbox.Take(l, m.Data)
	})
	isOpen(t, c)
	return d
}

func (d *desk) note(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.course = append(d.course, s)
}

func (d *desk) page(sum string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pages[sum]
}

func (d *desk) failures() []error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]error(nil), d.failed...)
}

// watch records events.
type watch struct {
	mu     sync.Mutex
	events []sfu.Event
}

func (w *watch) on(e sfu.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *watch) kinds(kind sfu.EventKind) (out []sfu.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

var (
	theStation = sfu.Participant{ID: "s01", Role: sfu.Station, Epoch: 1}
	theAgent   = sfu.Participant{ID: "agent1", Role: sfu.Agent, Epoch: 1}
)

// call starts an SFU over a store with both sides connected and the gate open.
func call(t *testing.T, store *memory) (s *sfu.SFU, station, agent *sfutest.Client, events *watch) {
	t.Helper()
	events = &watch{}
	s = start(t, func(o *sfu.Options) { o.Pages, o.OnEvent = store, events.on })
	station, agent = join(t, s, "r", theStation), join(t, s, "r", theAgent)
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	return s, station, agent, events
}

func send(t *testing.T, l *line, p capture.Page) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return capture.NewSender(p).Run(ctx, l, l.frames, l.low)
}

func TestPageIsCutThroughAndStored(t *testing.T) {
	store := newMemory()
	_, station, agent, events := call(t, store)
	l, d := sending(t, station), receiving(t, agent)
	p := newPage(3<<20, 1)
	if err := send(t, l, p); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(store.page("r", p.Offer.SHA256), p.Bytes) {
		t.Error("what is stored is not what was sent")
	}
	sfutest.Until(t, patience, "the agent has the page", func() bool { return d.page(p.Offer.SHA256) != nil })
	if !bytes.Equal(d.page(p.Offer.SHA256), p.Bytes) {
		t.Error("the agent's page is not what was sent")
	}
	if len(d.course) != 2 || d.course[0] != "thumb" || d.course[1] != "page" {
		t.Errorf("the agent was shown %v, want thumb, page", d.course)
	}
	sfutest.Until(t, patience, "events of the page", func() bool { return len(events.kinds(sfu.PageStored)) == 1 })
	if e := events.kinds(sfu.PageOffered); len(e) != 1 || e[0].Page == nil || e[0].Page.SHA256 != p.Offer.SHA256 || e[0].Page.Document != p.Offer.Document {
		t.Errorf("page_offered: %+v", e)
	}
}

func TestPageBeforeAcceptDoesNotReachTheAgent(t *testing.T) {
	store := newMemory()
	s := start(t, func(o *sfu.Options) { o.Pages = store })
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	l, d := sending(t, station), receiving(t, agent)
	p := newPage(100_000, 2)
	if err := send(t, l, p); err != nil {
		t.Fatal(err)
	}
	if store.page("r", p.Offer.SHA256) == nil {
		t.Error("the page is not stored")
	}
	if d.page(p.Offer.SHA256) != nil || len(d.course) != 0 {
		t.Errorf("the agent was shown %v through the shut gate", d.course)
	}
}

func TestPageResumesAfterDisconnect(t *testing.T) {
	store := newMemory()
	store.segment = 64 << 10
	s, station, agent, _ := call(t, store)
	l, d := sending(t, station), receiving(t, agent)
	p := newPage(3<<20, 3)
	sender := capture.NewSender(p)
	if err := sender.Start(l); err != nil {
		t.Fatal(err)
	}
	for acked := uint32(0); acked < 60; {
		select {
		case f := <-l.frames:
			if err := sender.Take(f); err != nil {
				t.Fatal(err)
			}
			if f.Kind == capture.KindAck {
				acked = f.Number
			}
		case <-l.low:
			if err := sender.Pump(); err != nil {
				t.Fatal(err)
			}
		case <-time.After(patience):
			t.Fatal("no acknowledgement")
		}
	}
	s.Leave("r", theStation.ID)
	sfutest.Until(t, patience, "the partial page is kept", func() bool {
		store.mu.Lock()
		defer store.mu.Unlock()
		return len(store.partial) == 1
	})
	station.Close()

	l = sending(t, join(t, s, "r", theStation))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := sender.Run(ctx, l, l.frames, l.low); err != nil {
		t.Fatal(err)
	}
	if got := store.resumed; len(got) != 2 || got[1] < 60*capture.ChunkSize/store.segment*store.segment {
		t.Errorf("resumed at %v", got)
	}
	if !bytes.Equal(store.page("r", p.Offer.SHA256), p.Bytes) {
		t.Error("what is stored is not what was sent")
	}
	sfutest.Until(t, patience, "the agent has the page or was told", func() bool {
		return d.page(p.Offer.SHA256) != nil || len(d.failures()) > 0
	})
	if !bytes.Equal(d.page(p.Offer.SHA256), p.Bytes) {
		t.Errorf("the agent's page is not what was sent: %v, resumed at %v", d.failures(), store.resumed)
	}
}

// A desk that was reloaded meanwhile does not hold the page's beginning: it
// gets a cancel and fetches the page by HTTP; storing goes on.
func TestResumedPageIsNotPassedToAnAgentWithoutItsBeginning(t *testing.T) {
	store := newMemory()
	p := newPage(500_000, 4)
	store.partial["r"+p.Offer.SHA256] = p.Bytes[:200_000]
	_, station, agent, _ := call(t, store)
	l, d := sending(t, station), receiving(t, agent)
	if err := send(t, l, p); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(store.page("r", p.Offer.SHA256), p.Bytes) {
		t.Error("what is stored is not what was sent")
	}
	sfutest.Until(t, patience, "the agent is told", func() bool { return len(d.failures()) == 1 })
	if err := d.failures()[0]; !errors.Is(err, capture.ErrCancelled) {
		t.Errorf("the agent was told %v", err)
	}
}

func TestPagesRefused(t *testing.T) {
	tests := map[string]struct {
		spoil func(*capture.Page)
		full  bool
		want  capture.Refusal
	}{
		"other bytes than offered": {spoil: func(p *capture.Page) { p.Bytes[90_000]++ }, want: capture.BadHash},
		"20 MiB and a byte":        {spoil: func(p *capture.Page) { p.Offer.Size = capture.MaxPageSize + 1 }, want: capture.TooLarge},
		"thumbnail too large":      {spoil: func(p *capture.Page) { p.Offer.ThumbSize = capture.MaxThumbSize + 1 }, want: capture.TooLarge},
		"not a picture":            {spoil: func(p *capture.Page) { copy(p.Bytes, "%PDF") }, want: capture.BadType},
		"a type we do not take":    {spoil: func(p *capture.Page) { p.Offer.MIME = "image/gif" }, want: capture.BadType},
		"no hash":                  {spoil: func(p *capture.Page) { p.Offer.SHA256 = "" }, want: capture.BadFrame},
		"disk full":                {spoil: func(*capture.Page) {}, full: true, want: capture.DiskFull},
	}
	store := newMemory()
	_, station, agent, _ := call(t, store)
	l, d := sending(t, station), receiving(t, agent)
	seed := byte(10)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			seed++
			p := newPage(100_000, seed)
			p.Thumb = nil
			p.Offer.ThumbSize = 0
			tt.spoil(&p)
			store.mu.Lock()
			store.full = tt.full
			store.mu.Unlock()
			if err := send(t, l, p); !errors.Is(err, tt.want) {
				t.Errorf("refused with %v, want %v", err, tt.want)
			}
			if store.page("r", p.Offer.SHA256) != nil {
				t.Error("the page is stored")
			}
			if d.page(p.Offer.SHA256) != nil {
				t.Error("the page was shown")
			}
		})
	}
	store.mu.Lock()
	store.full = false
	store.mu.Unlock()
	if err := send(t, l, newPage(100_000, 50)); err != nil {
		t.Errorf("a good page after the bad ones: %v", err)
	}
}

func TestOnlyTheStationSendsPages(t *testing.T) {
	store := newMemory()
	_, _, agent, _ := call(t, store)
	l := sending(t, agent)
	p := newPage(50_000, 5)
	if err := send(t, l, p); !errors.Is(err, capture.NotAsked) {
		t.Errorf("an agent's page: %v, want not_asked", err)
	}
}

func TestJunkIsNotAnsweredForEver(t *testing.T) {
	const sent, answered = 400, 256
	_, station, _, _ := call(t, newMemory())
	l := sending(t, station)
	for range sent {
		if err := l.Send([]byte{9, 9, 9}); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.After(20 * time.Second)
	for n := range answered {
		select {
		case <-l.frames:
		case <-deadline:
			t.Fatalf("%d answers to junk, want %d", n, answered)
		}
	}
	// A page after that finds nobody who listens, and no further refusal.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	p := newPage(50_000, 7)
	f, err := p.Offer.Frame()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Send(f.Marshal()); err != nil {
		t.Fatal(err)
	}
	select {
	case f := <-l.frames:
		t.Errorf("still answered: kind %d", f.Kind)
	case <-ctx.Done():
	}
}
