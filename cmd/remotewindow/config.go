package main

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// serveCommand holds every setting of a node. Each flag has an environment twin.
type serveCommand struct {
	Listen        string   `default:"127.0.0.1:8080" env:"REMOTEWINDOW_LISTEN" help:"Address of pages and sockets." placeholder:"HOST:PORT"`
	MediaPort     int      `default:"50000" env:"REMOTEWINDOW_MEDIA_PORT" help:"The one UDP port for the media of all peers; 0 takes a free one." placeholder:"PORT"`
	PublicIP      []string `env:"REMOTEWINDOW_PUBLIC_IP" help:"Addresses at which browsers reach the media port; none: those of the interfaces." placeholder:"IP"`
	Data          string   `default:"data" env:"REMOTEWINDOW_DATA" help:"Folder of database, documents and keys." placeholder:"DIR"`
	Redis         string   `env:"REMOTEWINDOW_REDIS" help:"redis://, rediss:// or unix:// address of the queue, redis-sentinel://HOST:PORT,HOST:PORT/MASTER or redis-cluster://HOST:PORT,HOST:PORT; none: inside this process, one node only." placeholder:"URL"`
	Database      string   `env:"REMOTEWINDOW_DATABASE" help:"postgres:// address of the records; none: SQLite in the data folder." placeholder:"URL"`
	Demo          bool     `env:"REMOTEWINDOW_DEMO" help:"Invented stations, people and matters, password 'demo'; on loopback only."`
	DemoStations  int      `default:"31" env:"REMOTEWINDOW_DEMO_STATIONS" help:"How many demo stations." placeholder:"N"`
	DemoAgents    int      `default:"35" env:"REMOTEWINDOW_DEMO_AGENTS" help:"How many demo agents." placeholder:"N"`
	DemoHours     string   `default:"always" enum:"always,office" env:"REMOTEWINDOW_DEMO_HOURS" help:"Opening hours of the demo: always or office."`
	TLSCert       string   `env:"REMOTEWINDOW_TLS_CERT" help:"Certificate chain, PEM." placeholder:"FILE"`
	TLSKey        string   `env:"REMOTEWINDOW_TLS_KEY" help:"Private key, PEM." placeholder:"FILE"`
	MetricsListen string   `env:"REMOTEWINDOW_METRICS_LISTEN" help:"Address of a listener of its own for /metrics; none: on the main one, to loopback only." placeholder:"HOST:PORT"`
	Origin        []string `env:"REMOTEWINDOW_ORIGIN" help:"The origins of the pages, as browsers show them; no other page may do anything. None: the host that is asked for." placeholder:"URL"`
	TrustedProxy  []string `env:"REMOTEWINDOW_TRUSTED_PROXY" help:"Networks of proxies that are believed whom they answer (X-Forwarded-For)." placeholder:"CIDR"`
	LoginFailures int      `default:"300" env:"REMOTEWINDOW_LOGIN_FAILURES" help:"How many log-ins of one address may fail in 15 minutes: all seats of a centre may stand behind one." placeholder:"N"`
	limits
	Centre     string        `default:"pj" env:"REMOTEWINDOW_CENTRE" help:"Short name of the centre, in every key." placeholder:"NAME"`
	Title      string        `default:"浦锦街道远程虚拟窗口" env:"REMOTEWINDOW_TITLE" help:"Name of the service, over every page." placeholder:"NAME"`
	Zone       string        `default:"Asia/Shanghai" env:"REMOTEWINDOW_ZONE" help:"IANA time zone of the centre." placeholder:"ZONE"`
	VideoCodec string        `default:"VP8" enum:"VP8,H264" env:"REMOTEWINDOW_VIDEO_CODEC" help:"The one video codec of the installation: VP8 or H264."`
	Clips      string        `env:"REMOTEWINDOW_CLIPS" help:"Folder of recorded sentences for the kiosk: index.json, zh/, en/." placeholder:"DIR"`
	Drain      time.Duration `default:"120s" env:"REMOTEWINDOW_DRAIN" help:"How long running calls may go on after SIGTERM before they move to another node; a second signal ends at once. Of no effect with the queue inside this process." placeholder:"TIME"`
	LogLevel   string        `default:"info" enum:"debug,info,warn,error" env:"REMOTEWINDOW_LOG_LEVEL" help:"Least level of log lines: debug, info, warn or error."`
}

// Config is a serveCommand after every value was checked.
type Config struct {
	serveCommand
	ListenAddr netip.AddrPort
	Loopback   bool // the pages' listener is reached from this machine only
	PublicIPs  []netip.Addr
	Location   *time.Location
	Proxies    []netip.Prefix
	Origins    []string     // as browsers write them
	redisAt    redisAddress // without a client: embedded
}

// maxDemo bounds --demo-stations and --demo-agents.
const maxDemo = 5000

// check turns the flags into a Config, or says in one sentence which value
// cannot be used.
func (c serveCommand) check() (Config, error) {
	cfg, err := c.settings()
	if err != nil {
		return cfg, err
	}
	return cfg, cfg.checkData()
}

// settings is check without the data folder, which it does not touch.
func (c serveCommand) settings() (Config, error) {
	cfg := Config{serveCommand: c}
	addr, err := net.ResolveTCPAddr("tcp", c.Listen)
	if err != nil {
		return cfg, usagef("--listen %q is not HOST:PORT.", c.Listen)
	}
	cfg.ListenAddr = addr.AddrPort()
	cfg.Loopback = addr.IP.IsLoopback()
	if c.MediaPort < 0 || c.MediaPort > 65535 {
		return cfg, usagef("--media-port %d is not between 0 and 65535.", c.MediaPort)
	}
	for _, s := range c.PublicIP {
		ip, err := netip.ParseAddr(s)
		if err != nil {
			return cfg, usagef("--public-ip %q is not an IP address.", s)
		}
		cfg.PublicIPs = append(cfg.PublicIPs, ip)
	}
	if cfg.Location, err = time.LoadLocation(c.Zone); err != nil {
		return cfg, usagef("--zone %q is not a known time zone.", c.Zone)
	}
	if !validName(c.Centre) {
		return cfg, usagef("--centre %q must be 1 to 16 letters or digits.", c.Centre)
	}
	if n := len([]rune(c.Title)); n < 1 || n > 24 || strings.TrimSpace(c.Title) == "" {
		return cfg, usagef("--title %q must have 1 to 24 characters.", c.Title)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return cfg, usagef("--tls-cert and --tls-key go together: give both or neither.")
	}
	if c.Demo && !cfg.Loopback {
		return cfg, usagef("--demo listens on loopback only, because its passwords are known: --listen %s is not loopback.", c.Listen)
	}
	if c.DemoStations < 1 || c.DemoStations > maxDemo || c.DemoAgents < 1 || c.DemoAgents > maxDemo {
		return cfg, usagef("--demo-stations and --demo-agents must be between 1 and %d.", maxDemo)
	}
	for _, o := range c.Origin {
		origin, ok := asBrowsersWrite(o)
		if !ok {
			return cfg, usagef("--origin %q is not like https://window.example.", o)
		}
		cfg.Origins = append(cfg.Origins, origin)
	}
	for _, p := range c.TrustedProxy {
		network, err := netip.ParsePrefix(p)
		if addr, single := netip.ParseAddr(p); err != nil && single == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return cfg, usagef("--trusted-proxy %q is not like 10.0.0.0/24.", p)
		}
		cfg.Proxies = append(cfg.Proxies, network.Masked())
	}
	if c.LoginFailures < 1 {
		return cfg, usagef("--login-failures %d must be at least 1.", c.LoginFailures)
	}
	if err := c.limits.check(); err != nil {
		return cfg, err
	}
	if c.Drain < 0 {
		return cfg, usagef("--drain %v must not be negative.", c.Drain)
	}
	if c.Clips != "" {
		if info, err := os.Stat(filepath.Join(c.Clips, "index.json")); err != nil || info.IsDir() {
			return cfg, usagef("--clips %q holds no index.json.", c.Clips)
		}
	}
	if c.MetricsListen != "" {
		if _, err := net.ResolveTCPAddr("tcp", c.MetricsListen); err != nil {
			return cfg, usagef("--metrics-listen %q is not HOST:PORT.", c.MetricsListen)
		}
	}
	if err := cfg.checkStores(); err != nil {
		return cfg, err
	}
	return cfg, nil
}

// asBrowsersWrite gives an origin the form of the header (RFC 6454 6.2): in lower
// case, without the scheme's own port and the last slash.
func asBrowsersWrite(origin string) (string, bool) {
	u, err := url.Parse(strings.ToLower(origin))
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	port := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(u.Host, port), true
}

func (cfg *Config) checkStores() error {
	switch scheme, _, _ := strings.Cut(cfg.Database, "://"); {
	case cfg.Database == "":
	case scheme == "postgres" || scheme == "postgresql":
		if _, err := url.Parse(cfg.Database); err != nil {
			return usagef("--database cannot be read as an address: it is like postgres://user@host/database.")
		}
	default:
		return usagef("--database %q is not postgres://.", withoutPassword(cfg.Database))
	}
	if cfg.Redis == "" {
		return nil
	}
	var err error
	cfg.redisAt, err = readRedisAddress(cfg.Redis)
	return err
}

// clips are the kiosk's recorded sentences; nil when there are none.
func (cfg Config) clips() fs.FS {
	if cfg.Clips == "" {
		return nil
	}
	return os.DirFS(cfg.Clips)
}

// secure tells that browsers reach the pages by TLS: ended here, or by a proxy
// whose origins are all https.
func (cfg Config) secure() bool {
	for _, o := range cfg.Origins {
		if !strings.HasPrefix(o, "https://") {
			return cfg.TLSCert != ""
		}
	}
	return cfg.TLSCert != "" || len(cfg.Origins) > 0
}

// checkData makes the data folder and proves that it can be written.
func (cfg *Config) checkData() error {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return usagef("--data %q cannot be made: %v.", cfg.Data, unwrapPath(err))
	}
	f, err := os.CreateTemp(cfg.Data, ".writable-*")
	if err != nil {
		return usagef("--data %q cannot be written: %v.", cfg.Data, unwrapPath(err))
	}
	name := f.Name()
	_ = f.Close()
	if err := os.Remove(name); err != nil {
		return usagef("--data %q cannot be written: %v.", cfg.Data, unwrapPath(err))
	}
	return nil
}

func unwrapPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func validName(s string) bool {
	if s == "" || len(s) > 16 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}
