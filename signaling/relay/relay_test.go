package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/remotewindow/remotewindow/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second // for anything that must happen

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// node runs a relay until the test ends, and returns once it hears.
func node(t *testing.T, client redis.UniversalClient, name string, handle Handler) *Relay {
	t.Helper()
	r := New(Options{Client: client, Node: name, Within: patience})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	heard := make(chan struct{})
	var once sync.Once
	go func() {
		defer close(done)
		if err := r.Run(ctx, func(ctx context.Context, from, kind string, body []byte) []byte {
			if kind == "hear" {
				once.Do(func() { close(heard) })
				return nil
			}
			return handle(ctx, from, kind, body)
		}); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	for {
		if err := r.Send(within(t), name, "hear", nil); err != nil {
			t.Fatal(err)
		}
		select {
		case <-heard:
			return r
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func echo(_ context.Context, from, kind string, body []byte) []byte {
	return []byte(from + " " + kind + " " + string(body))
}

func TestAskIsAnswered(t *testing.T) {
	client := queuetest.Redis(t)
	a := node(t, client, "a", echo)
	b := node(t, client, "b", echo)
	var asking sync.WaitGroup
	for i := range 32 {
		asking.Go(func() {
			body := fmt.Appendf(nil, "%d", i)
			for other, r := range map[string]*Relay{"b": a, "a": b} {
				got, err := r.Ask(within(t), other, "want", body)
				if want := fmt.Sprintf("%s want %d", r.node, i); err != nil || string(got) != want {
					t.Errorf("%q %v, want %q", got, err, want)
				}
			}
		})
	}
	asking.Wait()
}

func TestToldInOrder(t *testing.T) {
	client := queuetest.Redis(t)
	const n = 200
	told := make(chan string, n)
	node(t, client, "b", func(_ context.Context, _, _ string, body []byte) []byte {
		told <- string(body)
		return nil
	})
	a := New(Options{Client: client, Node: "a"})
	for i := range n {
		if err := a.Send(within(t), "b", "shows", fmt.Appendf(nil, "%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		select {
		case got := <-told:
			if got != fmt.Sprint(i) {
				t.Fatalf("message %d is %q", i, got)
			}
		case <-time.After(patience):
			t.Fatalf("message %d did not come", i)
		}
	}
}

// What was written before a node began is not for it: it may speak of a life
// that is over.
func TestBeginsAtTheEnd(t *testing.T) {
	client := queuetest.Redis(t)
	a := New(Options{Client: client, Node: "a"})
	if err := a.Send(within(t), "b", "old", nil); err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 2)
	node(t, client, "b", func(_ context.Context, _, kind string, _ []byte) []byte {
		told <- kind
		return nil
	})
	if err := a.Send(within(t), "b", "new", nil); err != nil {
		t.Fatal(err)
	}
	select {
	case kind := <-told:
		if kind != "new" {
			t.Errorf("first heard %q", kind)
		}
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
}

func TestNobodyAnswers(t *testing.T) {
	client := queuetest.Redis(t)
	a := node(t, client, "a", echo)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Ask(ctx, "nobody", "want", nil); !errors.Is(err, ErrAway) {
		t.Errorf("answered %v", err)
	}
	if left, err := client.PTTL(within(t), "rw:{pj}:node:nobody").Result(); err != nil || left <= 0 || left > forgotten {
		t.Errorf("the stream of nobody stays for %v, %v", left, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.asked) != 0 {
		t.Errorf("%d questions are kept", len(a.asked))
	}
}

// A node that works on as much as it may says so at once, and goes on reading.
func TestBusy(t *testing.T) {
	client := queuetest.Redis(t)
	working, free := make(chan struct{}, atWork), make(chan struct{})
	release := sync.OnceFunc(func() { close(free) })
	a := node(t, client, "a", echo)
	node(t, client, "b", func(ctx context.Context, _, kind string, body []byte) []byte {
		if kind == "slow" {
			working <- struct{}{}
			<-free
		}
		return body
	})
	t.Cleanup(release)
	var asking sync.WaitGroup
	for range atWork {
		asking.Go(func() {
			if _, err := a.Ask(within(t), "b", "slow", nil); err != nil {
				t.Errorf("slow: %v", err)
			}
		})
	}
	for range atWork {
		<-working
	}
	if _, err := a.Ask(within(t), "b", "one more", nil); !errors.Is(err, ErrAway) {
		t.Errorf("one more: %v", err)
	}
	release()
	asking.Wait()
}

func TestBounds(t *testing.T) {
	client := queuetest.Redis(t)
	a := node(t, client, "a", func(_ context.Context, _, _ string, body []byte) []byte { return body })
	whole := bytes.Repeat([]byte("x"), MaxBody)
	if got, err := a.Ask(within(t), "a", "large", whole); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("%d bytes back, %v", len(got), err)
	}
	if err := a.Send(within(t), "a", "larger", append(whole, 'x')); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more than that: %v", err)
	}
	// Junk of somebody who writes to the stream himself is dropped.
	for _, values := range [][]any{
		{"nothing", "at all"}, {"what", "dance", "from", "b"}, {"what", "answer", "id", "unknown", "from", "b"},
		{"what", "ask", "kind", "k", "from", "b", "body", string(whole) + "x"},
	} {
		if err := client.XAdd(within(t), &redis.XAddArgs{Stream: "rw:{pj}:node:a", Values: values}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := a.Ask(within(t), "a", "still there", []byte("yes")); err != nil || string(got) != "yes" {
		t.Errorf("after junk: %q %v", got, err)
	}
	for range 3 * maxLength {
		if err := a.Send(within(t), "nobody", "k", nil); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := client.XLen(within(t), "rw:{pj}:node:nobody").Result(); err != nil || n > 2*maxLength {
		t.Errorf("%d messages are kept, %v", n, err)
	}
}

// A flushed Redis costs messages, not the relay.
func TestGoesOnAfterFlush(t *testing.T) {
	client := queuetest.Redis(t)
	a := node(t, client, "a", echo)
	if err := client.FlushAll(within(t)).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Ask(within(t), "a", "want", nil); err != nil {
		t.Error(err)
	}
}
