//go:build linux

package netns

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// Addresses of a fresh pair.
const (
	ServerIP  = "10.77.0.1"
	ClientIP  = "10.77.0.2"
	ServerIP6 = "fd77::1"
	ClientIP6 = "fd77::2"

	device = "rw0"
	inside = "REMOTEWINDOW_NETNS" // test name, server and client namespace
)

// Pair is the network of one test.
type Pair struct {
	Server, Client string // names of the namespaces
}

var built atomic.Int32 // pairs of this process; makes their names unique

// Enter returns the pair to a test that runs inside the server's namespace.
// Outside it returns nil: the test has run inside by then, and the caller
// returns.
func Enter(t *testing.T) *Pair {
	t.Helper()
	if fields := strings.Fields(os.Getenv(inside)); len(fields) == 3 && fields[0] == t.Name() {
		return &Pair{Server: fields[1], Client: fields[2]}
	}
	if os.Geteuid() != 0 {
		t.Fatal("network namespaces need root: run the tests as root, or inside `unshare --user --map-root-user --net --mount` with a tmpfs on /run")
	}
	sweep()
	name := fmt.Sprintf("rw-%d-%d", os.Getpid(), built.Add(1))
	p := &Pair{Server: name + "s", Client: name + "c"}
	t.Cleanup(func() {
		for _, ns := range []string{p.Server, p.Client} {
			remove(ns)
		}
	})
	p.build(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	args := []string{"-test.run=^" + regexp.QuoteMeta(t.Name()) + "$", "-test.v", "-test.count=1"}
	if deadline, ok := t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", p.Server, self}, args...)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", inside, t.Name(), p.Server, p.Client))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	t.Logf("inside %s:\n%s", p.Server, out.String())
	if err != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Fatalf("the test failed in its namespace: %v", err)
	}
	return nil
}

func (p *Pair) build(t *testing.T) {
	t.Helper()
	Run(t, "ip", "netns", "add", p.Server)
	Run(t, "ip", "netns", "add", p.Client)
	Run(t, "ip", "link", "add", device, "netns", p.Server, "type", "veth", "peer", "name", device, "netns", p.Client)
	for ns, addrs := range map[string][]string{p.Server: {ServerIP + "/24", ServerIP6 + "/64"}, p.Client: {ClientIP + "/24", ClientIP6 + "/64"}} {
		for _, addr := range addrs {
			p.address(t, ns, "add", addr)
		}
		Run(t, "ip", "-n", ns, "link", "set", "lo", "up")
		Run(t, "ip", "-n", ns, "link", "set", device, "up")
	}
}

// address adds or deletes one; nodad: an IPv6 address is usable at once.
func (p *Pair) address(t testing.TB, ns, verb, addr string) {
	t.Helper()
	args := []string{"-n", ns, "addr", verb, addr, "dev", device}
	if verb == "add" && strings.Contains(addr, ":") {
		args = append(args, "nodad")
	}
	Run(t, "ip", args...)
}

// Command is a process in the client's namespace, not yet started.
func (p *Pair) Command(name string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", p.Client, name}, args...)...)
}

// DropUDP lets no UDP packet into or out of the client's namespace.
func (p *Pair) DropUDP(t testing.TB) {
	t.Helper()
	cmd := p.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(`table inet remotewindow {
		chain out { type filter hook output priority 0; meta l4proto udp drop; }
		chain in { type filter hook input priority 0; meta l4proto udp drop; }
	}`)
	run(t, cmd)
}

// Readdress gives the client another IPv4 address and takes the old one away,
// and its IPv6 address with it.
func (p *Pair) Readdress(t testing.TB, ip string) {
	t.Helper()
	// The old one first: it is the primary one, and with it go all others.
	p.address(t, p.Client, "del", ClientIP+"/24")
	p.address(t, p.Client, "del", ClientIP6+"/64")
	p.address(t, p.Client, "add", ip+"/24")
}

// Link cuts the client's link or brings it back.
func (p *Pair) Link(t testing.TB, up bool) {
	t.Helper()
	state := "down"
	if up {
		state = "up"
	}
	Run(t, "ip", "-n", p.Client, "link", "set", device, state)
}

// Run runs a command that must succeed.
func Run(t testing.TB, name string, args ...string) {
	t.Helper()
	run(t, exec.Command(name, args...))
}

func run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}

// remove ends what still runs in a namespace and deletes it.
func remove(ns string) {
	pids, err := exec.Command("ip", "netns", "pids", ns).Output()
	if err != nil {
		return // not there
	}
	for _, field := range strings.Fields(string(pids)) {
		if pid, err := strconv.Atoi(field); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended meanwhile
		}
	}
	_ = exec.Command("ip", "netns", "del", ns).Run() // the sweep of the next test tries again
}

var ours = regexp.MustCompile(`^rw-(\d+)-\d+[sc]$`)

// sweep deletes namespaces whose test process is no more.
func sweep() {
	list, err := exec.Command("ip", "netns", "list").Output()
	if err != nil {
		return // building will say what is wrong
	}
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		match := ours.FindStringSubmatch(fields[0])
		if match == nil {
			continue
		}
		if pid, err := strconv.Atoi(match[1]); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			remove(fields[0])
		}
	}
}
