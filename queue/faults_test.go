package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// world is the two servers of a run of the machine, the faults of the real one,
// and what has been counted over all histories.
type world struct {
	clients    []redis.UniversalClient // embedded, real
	admin      *redis.Client           // of the real server, spared by the faults
	wire       *wire
	scripts    map[string]string // hash to operation
	ran        map[string]int    // operations that the real server did with status ok
	operations int
	histories  int
	flushes    int
	kills      int
	resent     int // operations sent again by the caller
	jumps      int // steps of the clock back
	lives      int // of the store
}

func newWorld(t *testing.T) *world {
	w := &world{admin: queuetest.Redis(t), wire: &wire{}, ran: map[string]int{}}
	options := w.admin.Options()
	client := redis.NewClient(&redis.Options{
		Network: options.Network, Addr: options.Addr, Dialer: w.wire.dial,
		// One attempt more by the library itself: a second lost answer reaches the
		// caller.
		MaxRetries: 1, MinRetryBackoff: -1, MaxRetryBackoff: -1,
	})
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(w)
	w.clients = []redis.UniversalClient{queuetest.Miniredis(t), client}
	w.scripts = queue.Scripts(queue.New(queue.Options{Client: client, Centre: "names", Logger: quiet}))
	return w
}

func (w *world) faults() string {
	return fmt.Sprintf("%d script flushes, %d kills of all connections, %d lost answers, %d operations sent again by the caller, "+
		"%d steps of the clock back, %d new lives of the store", w.flushes, w.kills, w.wire.lost.Load(), w.resent, w.jumps, w.lives)
}

// missing lists the operations in lua/ that the machine has not done with success.
func (w *world) missing(t *testing.T) (missing []string) {
	t.Helper()
	files, err := os.ReadDir("lua")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(w.scripts)+len(queue.Prelude()) {
		t.Errorf("%d files in lua, %d operations", len(files), len(w.scripts))
	}
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), ".lua"); !slices.Contains(queue.Prelude(), name) && w.ran[name] == 0 {
			missing = append(missing, f.Name())
		}
	}
	return missing
}

// covered wants every operation in lua/ to have been done.
func (w *world) covered(t *testing.T) {
	t.Helper()
	if missing := w.missing(t); len(missing) > 0 {
		t.Errorf("the machine never did %v with success", missing)
	}
	var counts []string
	for name, n := range w.ran {
		counts = append(counts, fmt.Sprint(name, " ", n))
	}
	slices.Sort(counts)
	t.Logf("done with success on the real server: %s", strings.Join(counts, ", "))
}

// The hook counts what the real server did, by the hash in each command.

func (w *world) DialHook(next redis.DialHook) redis.DialHook { return next }

func (w *world) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (w *world) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if done, ok := cmd.(*redis.Cmd); ok && err == nil && len(cmd.Args()) > 1 {
			reply, _ := done.Slice()
			name := w.scripts[fmt.Sprint(cmd.Args()[1])]
			if cmd.Name() == "eval" { // the script itself, after NOSCRIPT
				name = w.scripts[redis.NewScript(fmt.Sprint(cmd.Args()[1])).Hash()]
			}
			if name != "" && len(reply) > 0 && reply[0] == "ok" {
				w.ran[name]++
			}
		}
		return err
	}
}

// insist does an operation until the server has answered it, as callers do, who
// carry the same key or epoch again.
func (w *world) insist(m *machine, what string, op func() (any, error)) (any, error) {
	m.Helper()
	defer w.wire.lose.Store(0)
	var err error
	for range 5 {
		var reply any
		reply, err = op()
		if err == nil || sentinel(err) != nil {
			return reply, err
		}
		w.resent++
		m.Logf("  %s: %v, again", what, err)
	}
	m.Fatalf("%s is never answered: %v", what, err)
	return nil, nil
}

// flushScripts makes the servers forget every script, as a restart does.
func (w *world) flushScripts(m *machine) {
	w.flushes++
	m.Logf("script flush")
	for _, client := range []redis.UniversalClient{w.clients[0], w.admin} {
		if err := client.ScriptFlush(m.ctx).Err(); err != nil {
			m.Fatalf("script flush: %v", err)
		}
	}
}

// killConnections breaks every connection of the machine to the real server.
func (w *world) killConnections(m *machine) {
	w.kills++
	m.Logf("kill")
	if err := w.admin.ClientKillByFilter(m.ctx, "TYPE", "normal", "SKIPME", "yes").Err(); err != nil {
		m.Fatalf("client kill: %v", err)
	}
}

// loseAnswers loses the answers to the next commands: the server has done them,
// and the caller is told that the connection broke. One is hidden by the library,
// which sends again; two reach the caller.
func (m *machine) loseAnswers(t *rapid.T) {
	n := rapid.IntRange(1, 2).Draw(t, "answers")
	m.Logf("lose %d", n)
	m.world.wire.lose.Store(int64(n))
}

// dump lists every key of a centre with its content in one order. The events are
// compared by themselves, because their ids are times of the server, and so is
// the token in the stamp of an extension left out.
const dump = `
local out, keys = {}, redis.call('KEYS', KEYS[1] .. '*')
table.sort(keys)
for _, key in ipairs(keys) do
  local kind = redis.call('TYPE', key)
  kind = kind.ok or kind
  local parts = {}
  if kind == 'string' then
    parts = { redis.call('GET', key) }
  elseif kind == 'zset' then
    parts = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 2, #parts, 2 do parts[i] = string.format('%.0f', tonumber(parts[i])) end
  elseif kind == 'list' then
    parts = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'set' then
    parts = redis.call('SMEMBERS', key)
    table.sort(parts)
  elseif kind == 'hash' then
    local flat = redis.call('HGETALL', key)
    for i = 1, #flat, 2 do
      if flat[i] == 'last' and string.sub(flat[i + 1], 1, 6) == 'extend' then flat[i + 1] = 'extend' end
      parts[#parts + 1] = flat[i] .. '=' .. flat[i + 1]
    end
    table.sort(parts)
  elseif kind == 'stream' then
    parts = { string.format('%.0f', redis.call('XLEN', key)) }
  end
  out[#out + 1] = key .. ' ' .. kind .. ' ' .. table.concat(parts, '|')
end
return out`

var dumpScript = redis.NewScript(dump)

// keys dumps the centre on both servers.
func (w *world) keys(m *machine) (keys [2][]string) {
	m.Helper()
	for i, client := range []redis.UniversalClient{w.clients[0], w.admin} {
		var err error
		if keys[i], err = dumpScript.Run(m.ctx, client, []string{queue.Prefix(m.queues[i])}).StringSlice(); err != nil {
			m.Fatalf("keys: %v", err)
		}
	}
	return keys
}

// wire makes the connections to the real server and loses answers to scripts.
type wire struct {
	lose atomic.Int64 // answers still to be lost
	lost atomic.Int64
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &lossyConn{Conn: conn, wire: w}, nil
}

// lossyConn is one connection. It is used by one command at a time.
type lossyConn struct {
	net.Conn
	wire   *wire
	script bool // the last command written was an operation
}

func (c *lossyConn) Write(p []byte) (int, error) {
	c.script = bytes.Contains(p, []byte("\r\nevalsha\r\n")) || bytes.Contains(p, []byte("\r\neval\r\n"))
	return c.Conn.Write(p)
}

// Read waits for the answer, so the command has been done when it is lost.
func (c *lossyConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil || !c.script || c.wire.lose.Load() == 0 {
		return n, err
	}
	c.wire.lose.Add(-1)
	c.wire.lost.Add(1)
	_ = c.Close() // the library closes it again
	return 0, io.EOF
}

// The clock of the machine.

// setClocks gives both servers the machine's time and learns what the scripts
// make of it: a small step back is held still.
func (m *machine) setClocks() {
	for i := range m.clocks {
		m.clocks[i].Freeze(m.T, m.raw)
	}
	m.swept = false
	m.look("setting the clock")
	want := m.raw
	if before := m.history.at; m.raw < before && before-m.raw < 5000 {
		want = before
	}
	if m.now != want {
		m.Fatalf("C1: the clock is set to %d, the last event was at %d, the scripts take it for %d", m.raw, m.history.at, m.now)
	}
}

func (m *machine) move(d time.Duration) {
	m.raw += d.Milliseconds()
	m.Logf("move the clock by %v", d)
	m.setClocks()
}

// advance moves the clock and lets what is due be late.
func (m *machine) advance(t *rapid.T) {
	m.move(rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, 16 * time.Second, 21 * time.Second, 31 * time.Second,
		61 * time.Second, 91 * time.Second, 10 * time.Minute}).Draw(t, "d"))
}

// jumpBack sets the clock back, as an administrator or a time server does.
func (m *machine) jumpBack(t *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Second, 4 * time.Second, 20 * time.Second, time.Hour}).Draw(t, "d")
	m.back += d
	m.world.jumps++
	m.move(-d)
}

func (m *machine) pass(t *rapid.T) {
	if rapid.Bool().Draw(t, "advance too") {
		m.advance(t)
	}
	m.sweep()
}

func (m *machine) sweep() {
	for more := true; more; {
		_ = m.do("tick", func(q *queue.Queue) (any, error) {
			next, err := q.Tick(m.ctx)
			more = next == 0
			return next, err
		})
	}
	m.swept = true
}

// newLife rebuilds the store under a higher epoch: from the next operation on the
// old node is fenced.
func (m *machine) newLife(t *rapid.T) {
	for _, q := range m.fenced {
		q.SetStoreEpoch(m.store)
	}
	m.store++
	m.world.lives++
	for _, q := range slices.Concat(m.queues, m.second) {
		q.SetStoreEpoch(m.store)
	}
	m.sweep() // announces it
}

// oldNode does something on a node that has not heard of the store's present
// life: nothing may change. There has been a life before.
func (m *machine) oldNode(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Waiting, queue.Offered, queue.Connecting, queue.Active, queue.WrapUp)
	ops := map[string]func(q *queue.Queue) error{
		"accept":  func(q *queue.Queue) error { _, err := q.Accept(m.ctx, id, agent, epoch); return err },
		"hang up": func(q *queue.Queue) error { _, err := q.HangUp(m.ctx, id, epoch, "done"); return err },
		"abandon": func(q *queue.Queue) error { return q.Abandon(m.ctx, id, "left") },
		"drop":    func(q *queue.Queue) error { return q.Drop(m.ctx, id) },
		"tick":    func(q *queue.Queue) error { _, err := q.Tick(m.ctx); return err },
	}
	what := rapid.SampledFrom([]string{"accept", "hang up", "abandon", "drop", "tick"}).Draw(t, "op")
	version := m.last.Version
	for i, q := range m.fenced {
		_, err := m.world.insist(m, what, func() (any, error) { return nil, ops[what](q) })
		if !errors.Is(err, queue.ErrFenced) {
			m.Fatalf("H2: %s by a node of an older life, on server %d: %v", what, i, err)
		}
	}
	m.world.operations++
	m.look("an old node's " + what)
	if m.last.Version != version {
		m.Fatalf("H2: %s by a node of an older life had an effect", what)
	}
}
