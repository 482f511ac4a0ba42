package main

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// safe are the settings of a Redis that loses nothing.
var safe = []string{"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"}

// settings runs check on an address and returns what it says of Redis, good
// findings left out.
func settings(t *testing.T, address string) map[string]finding {
	t.Helper()
	_, all := findings(t, "--listen", "127.0.0.1:0", "--media-port", "0", "--data", t.TempDir(), "--redis", address)
	maps.DeleteFunc(all, func(name string, f finding) bool {
		return f.Verdict == good || !strings.HasPrefix(name, "redis") && !strings.HasPrefix(name, "sentinel") || name == "redis clock"
	})
	return all
}

// warned starts a node's warnings on an address and returns the settings named.
func warned(t *testing.T, address string) (named []string) {
	t.Helper()
	at, err := readRedisAddress(address)
	must(t, err)
	defer at.close()
	var log bytes.Buffer
	warnDangers(testContext(t), slog.New(slog.NewTextHandler(&log, nil)), at, "pj")
	for line := range strings.Lines(log.String()) {
		_, rest, _ := strings.Cut(line, "setting=")
		name, _, _ := strings.Cut(rest, " ")
		named = append(named, strings.Trim(name, `"`))
	}
	return named
}

func wantNamed(t *testing.T, address string, want ...string) {
	t.Helper()
	found := settings(t, address)
	var names []string
	for name, f := range found {
		names = append(names, strings.TrimPrefix(name, "redis "))
		if f.Verdict != poor || f.Advice == "" || strings.ContainsAny(f.Seen+f.Advice, "\n") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	slices.Sort(names)
	slices.Sort(want)
	started := warned(t, address)
	slices.Sort(started)
	if !slices.Equal(names, want) || !slices.Equal(started, want) {
		t.Errorf("check names %v, a start %v, want %v", names, started, want)
	}
}

// TestDangerousSettings: each setting that can lose something is named, by check
// and at the start, and no other.
func TestDangerousSettings(t *testing.T) {
	for name, c := range map[string]struct{ lines, want []string }{
		"safe, alone":   {safe, []string{"replica"}},
		"as it comes":   {nil, []string{"appendonly", "replica"}},
		"every second":  {[]string{"appendonly yes", "appendfsync everysec"}, []string{"appendfsync", "replica"}},
		"evicting":      {append([]string{"maxmemory-policy allkeys-lru"}, safe[:2]...), []string{"maxmemory-policy", "replica"}},
		"all at once":   {[]string{"appendonly no", "maxmemory-policy volatile-ttl"}, []string{"appendonly", "maxmemory-policy", "replica"}},
		"nothing to be": {append([]string{`rename-command CONFIG ""`}, safe...), []string{"appendonly", "appendfsync", "maxmemory-policy", "replica"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantNamed(t, "redis://"+queuetest.Start(t, c.lines...).Addr, c.want...)
		})
	}
	t.Run("an account that may not ask", func(t *testing.T) {
		s := queuetest.Start(t, append([]string{"user remotewindow on >hidden ~rw:* +@all -@dangerous -@admin +info"}, safe...)...)
		wantNamed(t, "redis://remotewindow:hidden@"+s.Addr, "appendonly", "appendfsync", "maxmemory-policy", "replica")
	})
	t.Run("with a replica", func(t *testing.T) {
		s := queuetest.Start(t, safe...)
		r := s.Replica(t, safe...)
		wantNamed(t, "redis://"+s.Addr, "min-replicas-to-write")
		client := s.Client()
		t.Cleanup(func() { _ = client.Close() })
		must(t, client.ConfigSet(testContext(t), "min-replicas-to-write", "1").Err())
		wantNamed(t, "redis://"+s.Addr)
		if f := settings(t, "redis://"+r.Addr)["redis replica"]; f.Verdict != bad {
			t.Errorf("a replica for a primary: %+v", f)
		}
	})
}

// TestCheckOfSentinels: check asks each Sentinel, and through them the primary.
func TestCheckOfSentinels(t *testing.T) {
	g := queuetest.Sentinels(t, append([]string{"min-replicas-to-write 1"}, safe...)...)
	if found := settings(t, g.URL()); len(found) != 0 {
		t.Errorf("nothing is wrong: %+v", found)
	}
	other := strings.TrimSuffix(g.URL(), queuetest.Master) + "other"
	if found := settings(t, other); found["sentinels"].Verdict != bad || found["redis"].Verdict != bad || found["sentinel "+g.Sentinels[0].Addr].Verdict != bad {
		t.Errorf("another master: %+v", found)
	}
	if found := settings(t, "redis://"+g.Sentinels[0].Addr); found["redis"].Verdict != bad {
		t.Errorf("a Sentinel for a Redis: %+v", found)
	}
	g.Sentinels[2].Kill()
	if found := settings(t, g.URL()); found["sentinel "+g.Sentinels[2].Addr].Verdict != poor || len(found) != 1 {
		t.Errorf("one is dead: %+v", found)
	}
	if found := settings(t, "redis-sentinel://"+g.Sentinels[0].Addr+"/"+queuetest.Master); found["sentinels"].Verdict != poor {
		t.Errorf("one is named: %+v", found)
	}
}

// TestCheckOfACluster: what a centre would lose stands at the node that holds it.
func TestCheckOfACluster(t *testing.T) {
	nodes := queuetest.Cluster(t, false)
	wantNamed(t, nodes.URL(), "appendonly", "replica")
	if found := settings(t, "redis://"+nodes[0].Addr); found["redis"].Verdict != bad {
		t.Errorf("a node for the Cluster: %+v", found)
	}
	alone := queuetest.Start(t, safe...)
	if found := settings(t, "redis-cluster://"+alone.Addr); found["redis"].Verdict != bad {
		t.Errorf("a Redis alone for a Cluster: %+v", found)
	}
}
