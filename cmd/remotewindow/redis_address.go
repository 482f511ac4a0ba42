package main

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisAddress is where the queue lies, as --redis names it.
type redisAddress struct {
	client    redis.UniversalClient
	sentinels []*redis.Options // how to ask each Sentinel; none for the other kinds
	master    string           // its name, with Sentinel
}

// close ends the pool of connections; a zero address has none.
func (a redisAddress) close() {
	if a.client != nil {
		_ = a.client.Close() // only connections
	}
}

// Times of a connection that the address does not set itself. The library's own
// (5 s to dial, 3 s to read) are longer than a failover may last.
const (
	redisDial = time.Second
	redisRead = 2 * time.Second
	// redisReload is how soon a Cluster's new primary is found. The library asks
	// every minute only, and never because the old one is gone.
	redisReload = time.Second
)

// redisKinds is what each scheme stands for: the scheme that the library reads
// and the kind of client.
var redisKinds = map[string]struct{ scheme, kind string }{
	"redis": {"redis", ""}, "rediss": {"rediss", ""}, "unix": {"unix", ""},
	"redis-sentinel": {"redis", "sentinel"}, "rediss-sentinel": {"rediss", "sentinel"},
	"redis-cluster": {"redis", "cluster"}, "rediss-cluster": {"rediss", "cluster"},
}

const redisForms = "write redis://host:6379, rediss:// for TLS, unix:///path, redis-sentinel://host:26379,host:26379/MASTER or redis-cluster://host:6379,host:6379"

// readRedisAddress opens nothing yet. Its error says what to do, and repeats no
// part of the address in which a password may stand.
func readRedisAddress(address string) (redisAddress, error) {
	scheme, rest, found := strings.Cut(address, "://")
	is, known := redisKinds[scheme]
	if !found || !known {
		return redisAddress{}, usagef("--redis %q is of no known kind: %s.", withoutPassword(address), redisForms)
	}
	p, ok := splitAddress(rest)
	if !ok {
		return redisAddress{}, usagef("--redis cannot be read as an address: %s, and special characters of a password as %%XX.", redisForms)
	}
	p.shown, p.scheme = withoutPassword(address), is.scheme
	switch { // the two forms of the library itself
	case is.kind == "" && p.query.Has("master_name"):
		is.kind = "sentinel"
		p.user, p.sentinel = "", p.user // there it is the user of the Sentinels
		p.hosts = append(p.hosts, p.query["addr"]...)
	case is.kind == "" && p.query.Has("addr"):
		is.kind = "cluster"
		p.hosts = append(p.hosts, p.query["addr"]...)
	}
	if is.kind != "" {
		p.query.Del("addr")
	}
	if is.scheme != "unix" && !p.setPorts(is.kind) {
		return redisAddress{}, usagef("--redis %q names a host that is not like host:6379 or [::1]:6379.", p.shown)
	}
	switch is.kind {
	case "sentinel":
		return p.sentinels()
	case "cluster":
		return p.cluster()
	}
	if len(p.hosts) > 1 {
		return redisAddress{}, usagef("--redis %q names several hosts: with redis-sentinel:// or redis-cluster:// it may.", p.shown)
	}
	o, err := redis.ParseURL(p.String())
	if err != nil {
		return redisAddress{}, p.unreadable(err)
	}
	// Without ContextTimeoutEnabled go-redis ignores deadlines of contexts.
	o.ContextTimeoutEnabled = true
	soon(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	return redisAddress{client: redis.NewClient(o)}, nil
}

// addressParts is an address taken apart.
type addressParts struct {
	shown    string // the address without its passwords
	scheme   string // as the library writes it
	user     string // user:password, escaped
	sentinel string // the same of the Sentinels, where the address has both
	hosts    []string
	path     string
	query    url.Values
}

// sentinels reads the rest of an address of Sentinels. The user before the @ is
// Redis' own, as with the other kinds; sentinel_username and sentinel_password
// are the Sentinels'.
func (p addressParts) sentinels() (redisAddress, error) {
	master := p.query.Get("master_name")
	if named := strings.Trim(p.path, "/"); master == "" && named != "" {
		master, p.path = named, ""
	}
	if master == "" || strings.Contains(master, "/") {
		return redisAddress{}, usagef("--redis %q does not name the master: end it like redis-sentinel://host:26379,host:26379/mymaster.", p.shown)
	}
	user := p.user
	p.user = p.sentinel
	if name, password := p.query.Get("sentinel_username"), p.query.Get("sentinel_password"); name != "" || password != "" {
		p.user = url.UserPassword(name, password).String()
	}
	p.query.Del("sentinel_username")
	p.query.Del("sentinel_password")
	p.query.Set("master_name", master)
	p.query["addr"] = p.hosts[1:]
	p.hosts = p.hosts[:1]
	o, err := redis.ParseFailoverURL(p.String())
	if err != nil {
		return redisAddress{}, p.unreadable(err)
	}
	if u, err := url.Parse("redis://" + user + "@x"); user != "" && err == nil {
		o.Username = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	if o.RouteByLatency || o.RouteRandomly || o.ReplicaOnly {
		return redisAddress{}, usagef("--redis %q may send nothing to replicas: leave route_by_latency, route_randomly and replica_only out.", p.shown)
	}
	o.ContextTimeoutEnabled = true
	soon(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	a := redisAddress{client: redis.NewFailoverClient(o), master: master}
	for _, host := range o.SentinelAddrs {
		a.sentinels = append(a.sentinels, &redis.Options{
			Addr: host, Username: o.SentinelUsername, Password: o.SentinelPassword, TLSConfig: o.TLSConfig,
			DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, ContextTimeoutEnabled: true,
		})
	}
	return a, nil
}

// cluster reads the rest of an address of a Cluster.
func (p addressParts) cluster() (redisAddress, error) {
	if strings.Trim(p.path, "/") != "" || p.query.Has("db") {
		return redisAddress{}, usagef("--redis %q names a database: a Cluster has only one, leave it out.", p.shown)
	}
	p.path = ""
	p.query["addr"] = p.hosts[1:]
	p.hosts = p.hosts[:1]
	o, err := redis.ParseClusterURL(p.String())
	if err != nil {
		return redisAddress{}, p.unreadable(err)
	}
	if o.ReadOnly || o.RouteByLatency || o.RouteRandomly {
		return redisAddress{}, usagef("--redis %q may send nothing to replicas: leave read_only, route_by_latency and route_randomly out.", p.shown)
	}
	o.ContextTimeoutEnabled = true
	soon(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	o.ClusterStateReloadInterval = redisReload
	return redisAddress{client: redis.NewClusterClient(o)}, nil
}

// soon sets the times that the address left to us.
func soon(dial, read, write *time.Duration) {
	for t, is := range map[*time.Duration]time.Duration{dial: redisDial, read: redisRead, write: redisRead} {
		if *t == 0 {
			*t = is
		}
	}
}

// splitAddress takes what follows :// apart. url.Parse knows one host only.
func splitAddress(rest string) (p addressParts, ok bool) {
	rest, asked, _ := strings.Cut(rest, "?")
	var err error
	if p.query, err = url.ParseQuery(asked); err != nil {
		return p, false
	}
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, p.path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		p.user, authority = authority[:i], authority[i+1:]
	}
	p.hosts = strings.Split(authority, ",")
	_, err = url.Parse("redis://" + p.user + "@x" + p.path)
	return p, err == nil
}

// setPorts gives each host the port of its kind when it has none; false when one
// of them cannot be a host.
func (p *addressParts) setPorts(kind string) bool {
	standard := "6379"
	if kind == "sentinel" {
		standard = "26379"
	}
	for i, h := range p.hosts {
		host, port, err := net.SplitHostPort(h)
		if err != nil { // no port
			host, port = strings.TrimSuffix(strings.TrimPrefix(h, "["), "]"), standard
			if strings.Contains(host, ":") != strings.HasPrefix(h, "[") {
				return false
			}
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsAny(host, "@/? ") {
			return false
		}
		p.hosts[i] = net.JoinHostPort(host, port)
	}
	return true
}

// String is the address as the library reads it.
func (p addressParts) String() string {
	user := p.user
	if user != "" {
		user += "@"
	}
	return p.scheme + "://" + user + strings.Join(p.hosts, ",") + p.path + "?" + p.query.Encode()
}

// unreadable words the library's error, which may repeat parts of a password,
// except where it names an option.
func (p addressParts) unreadable(err error) error {
	if _, option, ok := strings.Cut(err.Error(), "unexpected option: "); ok {
		return usagef("--redis %q has an option that is none: %s.", p.shown, option)
	}
	return usagef("--redis %q has a value that cannot be read: a database is a number, a time like 3s, a switch true or false.", p.shown)
}

// withoutPassword hides the passwords of an address that is shown to a person:
// the one before the @ and those among the options.
func withoutPassword(address string) string {
	const hidden = "xxxxx"
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return "…"
	}
	rest, asked, options := strings.Cut(rest, "?")
	if strings.Contains(asked, "@") { // a password with a ? in it
		return scheme + "://…"
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, _, secret := strings.Cut(rest[:i], ":")
		if secret {
			user += ":" + hidden
		}
		rest = user + rest[i:]
	}
	if !options {
		return scheme + "://" + rest
	}
	parts := strings.Split(asked, "&")
	for i, p := range parts {
		if name, _, ok := strings.Cut(p, "="); ok && strings.Contains(strings.ToLower(name), "pass") {
			parts[i] = name + "=" + hidden
		}
	}
	return scheme + "://" + rest + "?" + strings.Join(parts, "&")
}
