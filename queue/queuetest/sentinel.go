package queuetest

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Master is the name under which the Sentinels of a test know their primary.
const Master = "rw"

// Guarded is a primary with a replica, watched by three Sentinels that make the
// replica primary when the primary has been silent for a second.
type Guarded struct {
	Servers   []*Server // primary and replica at first
	Sentinels []*Server
	// Line leads to the first primary: for the replica, the Sentinels, and every
	// client but that of Inside.
	Line *Cut
}

// Sentinels starts five servers and waits until they know of each other.
func Sentinels(t testing.TB, lines ...string) *Guarded {
	t.Helper()
	g := &Guarded{Line: NewCut(t)}
	_, port, _ := net.SplitHostPort(g.Line.Addr)
	primary := Start(t, append([]string{"replica-announce-ip 127.0.0.1", "replica-announce-port " + port}, lines...)...)
	g.Line.To(primary.Addr)
	primary.front = g.Line.Addr
	g.Servers = []*Server{primary, primary.Replica(t, lines...)}
	for range 3 {
		g.Sentinels = append(g.Sentinels, start(t, []string{"--sentinel"}, []string{
			"sentinel announce-ip 127.0.0.1", "sentinel announce-port PORT",
			"sentinel monitor " + Master + " 127.0.0.1 " + port + " 2",
			"sentinel down-after-milliseconds " + Master + " 1000",
			"sentinel failover-timeout " + Master + " 3000",
		}))
	}
	for _, s := range g.Sentinels {
		client := redis.NewSentinelClient(&redis.Options{Addr: s.Addr})
		within(t, "the Sentinels know of each other", func(ctx context.Context) bool {
			m, err := client.Master(ctx, Master).Result()
			return err == nil && m["num-slaves"] == "1" && m["num-other-sentinels"] == "2"
		})
		_ = client.Close() // a connection
	}
	return g
}

// URL is the address as an operator writes it.
func (g *Guarded) URL() string {
	return "redis-sentinel://" + strings.Join(g.addrs(), ",") + "/" + Master
}

func (g *Guarded) addrs() (addrs []string) {
	for _, s := range g.Sentinels {
		addrs = append(addrs, s.Addr)
	}
	return addrs
}

// Client follows the primary. It is closed in Cleanup.
func (g *Guarded) Client(t testing.TB) *redis.Client {
	t.Helper()
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: Master, SentinelAddrs: g.addrs(), ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Inside is a client on the first primary's side of Line: while that is cut it
// reaches this one server and nobody else, no Sentinel either. It is closed in
// Cleanup.
func (g *Guarded) Inside(t testing.TB) *redis.Client {
	t.Helper()
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: Master, SentinelAddrs: g.addrs(), ContextTimeoutEnabled: true, MinIdleConns: 8,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr != g.Line.Addr {
				return g.Line.Dial(ctx, network, addr)
			}
			var d net.Dialer
			return d.DialContext(ctx, network, g.Servers[0].Addr)
		},
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Primary is the server that most Sentinels name now.
func (g *Guarded) Primary(t testing.TB) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	votes := map[string]int{}
	for _, s := range g.Sentinels {
		client := redis.NewSentinelClient(&redis.Options{Addr: s.Addr})
		if addr, err := client.GetMasterAddrByName(ctx, Master).Result(); err == nil && len(addr) == 2 {
			votes[net.JoinHostPort(addr[0], addr[1])]++
		}
		_ = client.Close() // a connection
	}
	for _, s := range g.Servers {
		if votes[s.known()] >= 2 {
			return s
		}
	}
	t.Fatalf("queuetest: the Sentinels name no server of ours: %v", votes)
	return nil
}

// Moved waits until the Sentinels name another server than old, and that one
// takes writes.
func (g *Guarded) Moved(t testing.TB, old *Server) *Server {
	t.Helper()
	var now *Server
	within(t, "another primary", func(ctx context.Context) bool {
		if now = g.Primary(t); now == old {
			return false
		}
		client := now.Client()
		defer func() { _ = client.Close() }() // a connection
		info, err := client.Info(ctx, "replication").Result()
		return err == nil && strings.Contains(info, "role:master")
	})
	return now
}
