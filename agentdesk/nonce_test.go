package agentdesk

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestNonceOnce: of many who show one proof at once exactly one gets in.
func TestNonceOnce(t *testing.T) {
	d, _, k := enrolled(t, nil)
	p := d.proof(k)
	var mu sync.Mutex
	var wg sync.WaitGroup
	in := 0
	for range 20 {
		wg.Go(func() {
			if d.post("/api/station/socket", p).status == 200 {
				mu.Lock()
				in++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d got in", in)
	}
}

func TestNoncesBounded(t *testing.T) {
	n, now := newNonces(make([]byte, 32)), time.Now()
	for i := range maxNonces {
		if !n.use(fmt.Sprint(i), now.Add(nonceLife), now) {
			t.Fatal("refused early")
		}
	}
	if n.use("one more", now.Add(nonceLife), now) {
		t.Error("more are remembered than may be")
	}
	if later := now.Add(nonceLife); !n.use("one more", later.Add(nonceLife), later) || len(n.used) != 1 {
		t.Errorf("%d are kept after their end", len(n.used))
	}
}
