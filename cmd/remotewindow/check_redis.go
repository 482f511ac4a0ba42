package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// checkRedis asks Redis what it would lose (deploy/OPERATIONS.md tells why).
func checkRedis(ctx context.Context, cfg Config) []finding {
	at := cfg.redisAt
	if at.client == nil {
		return []finding{{"redis", good, "inside this process: one node only", ""}}
	}
	out := at.checkSentinels(ctx)
	primary, err := at.primary(ctx, cfg.Centre)
	if err != nil {
		return append(out, finding{"redis", bad, fmt.Sprintf("%s does not answer: %v", withoutPassword(cfg.Redis), cause(err)), at.whenSilent()})
	}
	before := time.Now()
	theirs, err := primary.Time(ctx).Result()
	if err != nil {
		return append(out, finding{"redis", bad, fmt.Sprintf("%s does not answer: %v", withoutPassword(cfg.Redis), cause(err)), at.whenSilent()})
	}
	after := time.Now()
	out = append(out, drift("redis clock", theirs, before, after))
	info, err := primary.Info(ctx, "server").Result()
	if err != nil {
		out = append(out, finding{"redis", poor, fmt.Sprintf("INFO is refused: %v", err), "Allow INFO to see what it would lose."})
		return append(out, redisDangers(ctx, primary)...)
	}
	fields := infoFields(info)
	f := finding{"redis", good, fmt.Sprintf("%s answers in %v", fields["redis_version"], after.Sub(before).Round(10*time.Microsecond)), ""}
	_, clustered := at.client.(*redis.ClusterClient)
	switch {
	case !atLeast(fields["redis_version"], 6, 2):
		f.Verdict, f.Advice = bad, "Redis 6.2 or newer is needed."
	case fields["redis_mode"] == "sentinel":
		f.Verdict, f.Advice = bad, "This is a Sentinel: write redis-sentinel://host:26379,host:26379/MASTER."
	case fields["redis_mode"] == "cluster" && !clustered:
		f.Verdict, f.Advice = bad, "This is a node of a Cluster: write redis-cluster://host:6379,host:6379."
	}
	out = append(out, f)
	if fields["redis_mode"] == "sentinel" {
		return out // it keeps nothing
	}
	return append(out, redisDangers(ctx, primary)...)
}

// primary is the client of the server that holds the centre.
func (a redisAddress) primary(ctx context.Context, centre string) (*redis.Client, error) {
	switch c := a.client.(type) {
	case *redis.Client:
		return c, nil
	case *redis.ClusterClient:
		return c.MasterForKey(ctx, "rw:{"+centre+"}:")
	}
	return nil, errors.New("no address")
}

// whenSilent is what to do when nobody answers.
func (a redisAddress) whenSilent() string {
	if _, clustered := a.client.(*redis.ClusterClient); clustered {
		return "Is each of the nodes running and a part of the Cluster, and is the password right?"
	}
	if len(a.sentinels) > 0 {
		return "Do the Sentinels name a primary that is reached from here, and is the password (before the @) right?"
	}
	return "Is it running, and is the password right?"
}

// checkSentinels asks each Sentinel whether it knows the master. Three of them,
// on three machines, can outvote one that is cut off.
func (a redisAddress) checkSentinels(ctx context.Context) (out []finding) {
	silent, unknown, told := 0, 0, map[string]bool{}
	for _, o := range a.sentinels {
		client := redis.NewSentinelClient(o)
		addr, err := client.GetMasterAddrByName(ctx, a.master).Result()
		_ = client.Close() // a connection
		name := "sentinel " + o.Addr
		switch {
		case errors.Is(err, redis.Nil):
			unknown++
			out = append(out, finding{name, bad, fmt.Sprintf("knows no master %q", a.master), "Name the master as in its line `sentinel monitor`."})
		case err != nil:
			silent++
			out = append(out, finding{name, poor, fmt.Sprintf("does not answer: %v", cause(err)), "Is it running, and is sentinel_password= right? While it is away there may be no majority for another primary."})
		default:
			addr := net.JoinHostPort(addr[0], addr[1])
			told[addr] = true
			out = append(out, finding{name, good, "primary is " + addr, ""})
		}
	}
	switch answered := len(a.sentinels) - silent - unknown; {
	case len(a.sentinels) == 0:
	case answered == 0:
		out = append(out, finding{"sentinels", bad, "none names a primary", "Nothing of the queue is found without one of them."})
	case len(told) > 1:
		out = append(out, finding{"sentinels", poor, "they name different primaries", "Another one is being chosen, or some of them are cut off: ask again in a minute."})
	case len(a.sentinels) < 3:
		out = append(out, finding{"sentinels", poor, fmt.Sprintf("%d named", len(a.sentinels)), "Run three on three machines and name them all: with fewer, one death can leave nobody to choose another primary."})
	}
	return out
}

// danger is a setting of Redis with what it should be and what is lost without.
type danger struct{ name, want, loss string }

var redisDangerous = []danger{
	{"appendonly", "yes", "a restart of Redis empties the queue, and it is filled again from the database"},
	{"appendfsync", "always", "a power failure loses the queue's last second or more, and the database fills it again"},
	{"maxmemory-policy", "noeviction", "Redis may throw tickets away when its memory is full"},
}

// redisDangers names each setting that can lose something. What Redis does not
// let us read is named too, except in an empty answer.
func redisDangers(ctx context.Context, client *redis.Client) (out []finding) {
	setting := func(name string) (string, error) {
		values, err := client.ConfigGet(ctx, name).Result()
		return values[name], err
	}
	appends := true
	for _, d := range redisDangerous {
		got, err := setting(d.name)
		name := "redis " + d.name
		switch {
		case err != nil:
			out = append(out, finding{name, poor, fmt.Sprintf("CONFIG GET is refused: %v", cause(err)), "See by hand that it is " + d.want + ": otherwise " + d.loss + "."})
		case d.name == "appendfsync" && !appends: // says nothing then
		case got != d.want:
			out = append(out, finding{name, poor, fmt.Sprintf("is %q: %s", got, d.loss), "Set " + d.name + " " + d.want + "."})
		default:
			out = append(out, finding{name, good, d.want, ""})
		}
		if d.name == "appendonly" && err == nil {
			appends = got == d.want
		}
	}
	info, err := client.Info(ctx, "replication").Result()
	if err != nil {
		return append(out, finding{"redis replica", poor, fmt.Sprintf("INFO is refused: %v", cause(err)), "See by hand that a replica is connected: otherwise the queue stands still when this server dies."})
	}
	if role := infoFields(info)["role"]; role != "" && role != "master" {
		return append(out, finding{"redis replica", bad, "this server is a replica itself", "Name the primary, or its Sentinels: redis-sentinel://host:26379,host:26379/MASTER."})
	}
	online := strings.Count(info, "state=online")
	if online == 0 {
		return append(out, finding{"redis replica", poor, "none connected: when this server dies the queue stands still until it is back, and with its disk it loses what the database does not hold",
			"Run a replica with Sentinel or as a Cluster, or be content that calls go on and presses are kept meanwhile."})
	}
	out = append(out, finding{"redis replica", good, fmt.Sprintf("%d connected", online), ""})
	writes := finding{"redis min-replicas-to-write", good, "1", ""}
	switch got, err := setting("min-replicas-to-write"); {
	case err != nil:
		writes.Verdict, writes.Seen, writes.Advice = poor, fmt.Sprintf("CONFIG GET is refused: %v", cause(err)), "See by hand that it is at least 1."
	case got == "0":
		writes.Verdict = poor
		writes.Seen = `is "0": a primary that is cut off from its replicas goes on taking changes, and all of them are lost when it comes back`
		writes.Advice = "Set min-replicas-to-write 1 and min-replicas-max-lag 2 on each server, if a second replica can take the place of one that is away."
	default:
		writes.Seen = got
	}
	return append(out, writes)
}

// warnDangers says at a node's start what Redis may lose, a line each.
func warnDangers(ctx context.Context, log *slog.Logger, at redisAddress, centre string) {
	primary, err := at.primary(ctx, centre)
	if err != nil {
		return // that it is away is said elsewhere
	}
	for _, f := range redisDangers(ctx, primary) {
		if f.Verdict != good {
			log.Warn("redis may lose something", "setting", strings.TrimPrefix(f.Name, "redis "), "seen", f.Seen, "advice", f.Advice)
		}
	}
}

// infoFields reads the lines of INFO.
func infoFields(info string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}
