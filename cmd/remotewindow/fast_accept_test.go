package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// fastCalls is how often a call is accepted before anything is connected.
const fastCalls = 50

// TestFastAccept: the agent accepts at the first sight of the offer, while both
// sides still negotiate. Each still makes one offer and gets one answer.
func TestFastAccept(t *testing.T) {
	ctx, cancel := context.WithTimeout(testContext(t), 4*patience)
	defer cancel()
	p := startProcess(t)
	var stations []*client.Station
	var agents []*client.Agent
	for i := range 5 { // in turn, or the bound on messages would be met
		s, a := station(t, p, fmt.Sprintf("s%02d", i+1)), agent(t, p, fmt.Sprintf("agent%d", i+1))
		must(t, a.Ready(ctx))
		stations, agents = append(stations, s), append(agents, a)
	}
	for n := range fastCalls {
		s, a := stations[n%len(stations)], agents[n%len(agents)]
		var atStation, atDesk *client.Media
		g, both := errgroup.WithContext(ctx)
		g.Go(func() (err error) {
			if _, err = s.Take(both); err == nil {
				atStation, err = s.Join(both, client.MediaOptions{LoopbackOnly: true})
			}
			return err
		})
		g.Go(func() (err error) {
			atDesk, err = a.Join(both, client.MediaOptions{LoopbackOnly: true})
			return err
		})
		g.Go(func() error {
			offer, err := a.WaitOffer(both)
			if err == nil {
				err = a.Accept(both, offer)
			}
			return err
		})
		if err := g.Wait(); err != nil {
			t.Fatalf("call %d: %v\n%s", n, err, p.output())
		}
		_, err := a.WaitFor(ctx, protocol.DeskCall)
		must(t, err)
		must(t, a.HangUp(ctx))
		_, err = a.WaitFor(ctx, protocol.DeskWrapUp)
		must(t, err)
		must(t, a.Finish(ctx, protocol.DispositionConsulted, protocol.NextClose, ""))
		must(t, s.Clear(ctx))
		must(t, atStation.Close())
		must(t, atDesk.Close())
		if got := offersOf(t, p); got["answered"] != 2*(n+1) || got["refused"]+got["stale"]+got["failed"] > 0 {
			t.Fatalf("after %d calls: offers by result %v, want two answered a call and no other", n+1, got)
		}
	}
}

// offersOf is the SFU's counter of offers, by result.
func offersOf(t *testing.T, p *process) map[string]int {
	t.Helper()
	r, err := http.Get(p.url + "/metrics")
	must(t, err)
	defer func() { _ = r.Body.Close() }()
	got := map[string]int{}
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), `remotewindow_sfu_offers_total{result="`)
		if !ok {
			continue
		}
		result, value, _ := strings.Cut(rest, `"} `)
		if got[result], err = strconv.Atoi(value); err != nil {
			t.Fatal(err)
		}
	}
	must(t, lines.Err())
	return got
}
