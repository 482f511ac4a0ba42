package queue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// waits counts the WAITs that a server was sent.
func (b *bench) waits(server *redis.Client) (calls int) {
	b.Helper()
	info, err := server.Info(b.ctx, "commandstats").Result()
	b.ok(err)
	for line := range strings.Lines(info) {
		if rest, ok := strings.CutPrefix(line, "cmdstat_wait:calls="); ok {
			for _, digit := range strings.Split(rest, ",")[0] {
				calls = calls*10 + int(digit-'0')
			}
		}
	}
	return calls
}

// counted is a bench whose queue tells its metrics.
func counted(t *testing.T, client redis.UniversalClient) (*bench, func() float64) {
	b, registry := newBench(t, client), prometheus.NewRegistry()
	b.Queue = queue.New(queue.Options{Client: client, Centre: b.centre, Logger: quiet, Registerer: registry})
	return b, func() float64 { return values(t, registry)["queue_unreplicated_total"] }
}

// owners makes an accept, a transfer, an accept, and a hand-over.
func (b *bench) owners() {
	b.Helper()
	t := b.bring(queue.Connecting)
	b.ready("a2")
	_, err := b.Transfer(b.ctx, "ts1", "a1", t.Epoch, queue.To{Agent: "a2", Reason: "department"})
	b.ok(err)
	t, err = b.Accept(b.ctx, "ts1", "a2", b.isState("ts1", queue.Offered, "a2").Epoch)
	b.ok(err)
	t, err = b.Invite(b.ctx, "ts1", "a2", t.Epoch, "a1", "consult")
	b.ok(err)
	_, err = b.ThirdAccept(b.ctx, "ts1", "a1", t.ThirdEpoch)
	b.ok(err)
	_, err = b.HandOver(b.ctx, "ts1", "a2", t.Epoch)
	b.ok(err)
	b.isState("ts1", queue.Connecting, "a1")
}

// TestNoReplicaNoWait: a Redis that stands alone is never asked to wait.
func TestNoReplicaNoWait(t *testing.T) {
	onBoth(t, func(b *bench) { b.owners() })
	client := queuetest.Redis(t)
	b, unreplicated := counted(t, client)
	b.owners()
	if n := b.waits(client); n != 0 || unreplicated() != 0 {
		t.Errorf("%d waits, %v counted", n, unreplicated())
	}
}

// TestOwnersReachTheReplica: what gives a call to another agent is on the replica
// before it is answered, and nothing else waits.
func TestOwnersReachTheReplica(t *testing.T) {
	primary := queuetest.Start(t)
	replica := primary.Replica(t)
	client := primary.Client()
	t.Cleanup(func() { _ = client.Close() })
	b, unreplicated := counted(t, client)
	b.owners()
	if n := b.waits(client); n != 4 {
		t.Errorf("%d waits, want one for each of 4 owners", n)
	}
	if n := unreplicated(); n > 3 { // a busy machine may be late for one
		t.Errorf("%v of 4 counted, and the replica was there", n)
	}
	copied := replica.Client()
	t.Cleanup(func() { _ = copied.Close() })
	b.eventually("the replica has the last owner", func() bool {
		return copied.HGet(b.ctx, queue.Prefix(b.Queue)+"ticket:ts1", "agent").Val() == "a1"
	})
}

// TestReplicaDoesNotAnswer: the accept stands and is counted. It is the write's own
// connection that waits: another would find the
// replica at what that one knows.
func TestReplicaDoesNotAnswer(t *testing.T) {
	primary := queuetest.Start(t)
	replica := primary.Replica(t)
	client := primary.Client()
	t.Cleanup(func() { _ = client.Close() })
	b, unreplicated := counted(t, client)
	offer := b.bring(queue.Offered)
	one, two := client.Conn(), client.Conn() // an idle connection that knows older writes only
	for _, conn := range []*redis.Conn{one, two} {
		b.ok(conn.Ping(b.ctx).Err())
		b.ok(conn.Wait(b.ctx, 1, 10*time.Second).Err())
	}
	b.ok(one.Close())
	b.ok(two.Close())
	replica.Pause(t)
	_, err := b.Accept(b.ctx, "ts1", "a1", offer.Epoch)
	b.ok(err)
	b.isState("ts1", queue.Connecting, "a1")
	if n := unreplicated(); n != 1 {
		t.Errorf("%v counted, want 1", n)
	}
	replica.Kill()
	for { // until the primary has seen it go
		info, err := client.Info(b.ctx, "replication").Result()
		b.ok(err)
		if strings.Contains(info, "connected_slaves:0") {
			break
		}
	}
	before := b.waits(client)
	_, err = b.Transfer(b.ctx, "ts1", "a1", b.ticket("ts1").Epoch, queue.To{Reason: "department"})
	b.ok(err)
	if n := b.waits(client); n != before || unreplicated() != 1 {
		t.Errorf("%d waits more without a replica, %v counted", n-before, unreplicated())
	}
}
