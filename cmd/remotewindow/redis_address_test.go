package main

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// TestRedisAddresses: what an operator may write, and whom the program will ask.
func TestRedisAddresses(t *testing.T) {
	type want struct {
		kind      string // of client
		to        string // addresses
		user      string // user:password at Redis
		db        int
		tls       bool
		master    string
		sentinel  string // user:password at the Sentinels
		sentinels string
	}
	for address, want := range map[string]want{
		"redis://127.0.0.1":                                       {kind: "single", to: "127.0.0.1:6379"},
		"redis://u:p@redis:6380/3":                                {kind: "single", to: "redis:6380", user: "u:p", db: 3},
		"redis://:a%2Fb%40c@[::1]?db=2":                           {kind: "single", to: "[::1]:6379", user: ":a/b@c", db: 2},
		"rediss://redis:6380":                                     {kind: "single", to: "redis:6380", tls: true},
		"unix:///run/redis.sock?db=1":                             {kind: "single", to: "/run/redis.sock", db: 1},
		"redis-sentinel://a,b:26380,[::1]/m":                      {kind: "sentinel", to: "FailoverClient", master: "m", sentinels: "a:26379 b:26380 [::1]:26379"},
		"redis-sentinel://u:p@a:1,b:2/m?db=4&sentinel_password=s": {kind: "sentinel", to: "FailoverClient", user: "u:p", db: 4, master: "m", sentinel: ":s", sentinels: "a:1 b:2"},
		"rediss-sentinel://a:1/m":                                 {kind: "sentinel", to: "FailoverClient", tls: true, master: "m", sentinels: "a:1"},
		"redis://s:t@a:1?master_name=m&addr=b:2&password=p":       {kind: "sentinel", to: "FailoverClient", user: ":p", master: "m", sentinel: "s:t", sentinels: "a:1 b:2"},
		"redis-cluster://u:p@a,b:7001":                            {kind: "cluster", to: "a:6379 b:7001", user: "u:p"},
		"rediss-cluster://a/":                                     {kind: "cluster", to: "a:6379", tls: true},
		"redis://a:1?addr=b:2":                                    {kind: "cluster", to: "a:1 b:2"},
	} {
		a, err := readRedisAddress(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		got := want
		switch c := a.client.(type) {
		case *redis.Client:
			o := c.Options()
			got.kind, got.to, got.user, got.db, got.tls = "single", o.Addr, o.Username+":"+o.Password, o.DB, o.TLSConfig != nil
			if len(a.sentinels) > 0 {
				got.kind = "sentinel"
			}
			if !o.ContextTimeoutEnabled || o.DialTimeout != redisDial || o.ReadTimeout != redisRead || o.WriteTimeout != redisRead {
				t.Errorf("%s: times %+v", address, o)
			}
		case *redis.ClusterClient:
			o := c.Options()
			got.kind, got.to, got.user, got.tls = "cluster", strings.Join(o.Addrs, " "), o.Username+":"+o.Password, o.TLSConfig != nil
			if !o.ContextTimeoutEnabled || o.DialTimeout != redisDial {
				t.Errorf("%s: times %+v", address, o)
			}
		}
		got.user = strings.TrimSuffix(got.user, ":")
		got.master = a.master
		var sentinels []string
		for _, s := range a.sentinels {
			sentinels = append(sentinels, s.Addr)
			got.sentinel = strings.TrimSuffix(s.Username+":"+s.Password, ":")
		}
		got.sentinels = strings.Join(sentinels, " ")
		if got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
		a.close()
	}
}

// TestRedisAddressesRefused: each error is one sentence that says what to write,
// and no part of a password is in it.
func TestRedisAddressesRefused(t *testing.T) {
	for address, says := range map[string]string{
		"http://:hidden@a":                            "no known kind",
		"127.0.0.1:6379":                              "no known kind",
		"redis://:hid/den@a":                          "host:6379",
		"redis://:hid?den@a":                          "host:6379",
		"redis://:hidden%@a":                          "%XX",
		"redis://:hidden@a:70000":                     "host:6379",
		"redis://:hidden@":                            "host:6379",
		"redis://:hidden@::1":                         "host:6379",
		"redis://:hidden@a,b":                         "several hosts",
		"redis://:hidden@a/x":                         "database is a number",
		"redis://:hidden@a?read_timeout=soon":         "time like 3s",
		"redis://:hidden@a?fast=1":                    "fast",
		"unix://":                                     "value",
		"redis-sentinel://:hidden@a,b":                "name the master",
		"redis-sentinel://a/m/0":                      "name the master",
		"redis-sentinel://a,,b/m":                     "host:6379",
		"redis-sentinel://a/m?db=x":                   "database is a number",
		"redis-sentinel://a/m?password=hidden&fast=1": "fast",
		"redis-sentinel://a/m?replica_only=true":      "replicas",
		"redis-sentinel://a/m?sentinel_password=hidden&password=hidden&route_randomly=true": "replicas",
		"redis-cluster://:hidden@a,b/0":     "only one",
		"redis-cluster://a?db=1":            "only one",
		"redis-cluster://a?read_only=true":  "replicas",
		"redis-cluster://a:b":               "host:6379",
		"redis-cluster://:hidden@a?fast=1":  "fast",
		"redis-everywhere://:hidden@a:6379": "redis-cluster://",
	} {
		a, err := readRedisAddress(address)
		if err == nil {
			t.Errorf("%s: taken", address)
			a.close()
			continue
		}
		if !strings.Contains(err.Error(), says) || !strings.HasSuffix(err.Error(), ".") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a sentence with %q", address, err, says)
		}
		for _, secret := range []string{"hidden", "hid/", "hid?", "den@"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: shows a password: %v", address, err)
			}
		}
	}
}

func TestWithoutPassword(t *testing.T) {
	for address, want := range map[string]string{
		"redis://u:p@a,b:1/x?db=1":                 "redis://u:xxxxx@a,b:1/x?db=1",
		"redis://a":                                "redis://a",
		"redis://a?Password=p&sentinel_password=q": "redis://a?Password=xxxxx&sentinel_password=xxxxx",
		"redis://:p?q@a":                           "redis://…",
		"postgres://u:p@a/db?sslpassword=q":        "postgres://u:xxxxx@a/db?sslpassword=xxxxx",
		"secret":                                   "…",
	} {
		if got := withoutPassword(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
