package queuetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// slots is how many hash slots a Cluster has.
const slots = 16384

// Nodes are the servers of a Cluster: primaries, then a replica of each.
type Nodes []*Server

// Cluster starts a Cluster of three primaries, and of a replica of each where
// wanted, and waits until every one serves.
func Cluster(t testing.TB, replicated bool) Nodes {
	t.Helper()
	const primaries = 3
	count := primaries
	if replicated {
		count *= 2
	}
	var nodes Nodes
	var clients []*redis.Client
	for range count {
		// A bus on the port plus 10000, as by default, may be out of range.
		s := Start(t, "cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-node-timeout 2000",
			"cluster-port "+freePort(t), "cluster-announce-ip 127.0.0.1")
		nodes = append(nodes, s)
		client := s.Client()
		t.Cleanup(func() { _ = client.Close() })
		clients = append(clients, client)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("queuetest: cluster: %v", err)
		}
	}
	bus := func(i int) string {
		port, err := clients[i].ConfigGet(ctx, "cluster-port").Result()
		must(err)
		return port["cluster-port"]
	}
	for i, client := range clients {
		if i < primaries {
			must(client.ClusterAddSlotsRange(ctx, i*slots/primaries, (i+1)*slots/primaries-1).Err())
		}
		if i > 0 {
			must(clients[0].Do(ctx, "cluster", "meet", "127.0.0.1", nodes[i].port(), bus(i)).Err())
		}
	}
	if replicated {
		for i := range primaries {
			id, err := clients[i].ClusterMyID(ctx).Result()
			must(err)
			within(t, "the replica has heard of its primary", func(ctx context.Context) bool {
				return clients[primaries+i].ClusterReplicate(ctx, id).Err() == nil
			})
		}
	}
	for i, client := range clients {
		within(t, "the Cluster serves", func(ctx context.Context) bool {
			info, err := client.ClusterInfo(ctx).Result()
			if err != nil || !strings.Contains(info, "cluster_state:ok") {
				return false
			}
			replication, err := client.Info(ctx, "replication").Result()
			return err == nil && (!replicated || i >= primaries || strings.Contains(replication, "state=online"))
		})
	}
	return nodes
}

// URL is the address as an operator writes it.
func (n Nodes) URL() string { return "redis-cluster://" + strings.Join(n.addrs(), ",") }

func (n Nodes) addrs() (addrs []string) {
	for _, s := range n {
		addrs = append(addrs, s.Addr)
	}
	return addrs
}

// Client knows the whole Cluster. It is closed in Cleanup.
func (n Nodes) Client(t testing.TB) *redis.ClusterClient {
	t.Helper()
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: n.addrs(), ContextTimeoutEnabled: true, ClusterStateReloadInterval: 500 * time.Millisecond,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Of is the server that a key lies on, and the replica behind it if there is one.
func (n Nodes) Of(t testing.TB, client *redis.ClusterClient, key string) (primary, replica *Server) {
	t.Helper()
	master, err := client.MasterForKey(context.Background(), key)
	if err != nil {
		t.Fatalf("queuetest: %v", err)
	}
	for i, s := range n {
		if s.Addr == master.Options().Addr {
			if primary = s; i+3 < len(n) {
				replica = n[i+3]
			}
		}
	}
	if primary == nil {
		t.Fatalf("queuetest: %s is at no server of ours", key)
	}
	return primary, replica
}
