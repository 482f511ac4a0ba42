import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Failure } from './failure'
import type { Message } from './protocol.gen'
import { Socket, type SocketOptions, type SocketStatus } from './socket'

/** The server's end of one socket. */
class Server {
  static all: Server[] = []
  readyState = 1
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  readonly got: Message[] = []

  constructor() {
    Server.all.push(this)
    queueMicrotask(() => this.onopen?.())
  }
  send(data: string): void {
    this.got.push(JSON.parse(data) as Message)
  }
  close(): void {
    this.readyState = 3
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  async welcome(): Promise<void> {
    await vi.waitFor(() => expect(this.got.some((m) => m.type === 'hello')).toBe(true))
    this.say({ type: 'welcome', re: this.got[0]?.id, body: { protocol: 1, build: 'b', role: 'station', id: 's01', name: '', centre: 'pj', now_ms: Date.now(), ping_ms: 5000, dead_ms: 12000, demo: true } })
  }
  of(type: Message['type']): Message[] {
    return this.got.filter((m) => m.type === type)
  }
}

let statuses: SocketStatus[]
const made: Socket[] = []

function socket(options: Partial<SocketOptions> = {}): Socket {
  statuses = []
  const s = new Socket({
    face: 'station', url: 'ws://x', ticket: () => Promise.resolve('t'), random: () => 0.5, onStatus: (s) => statuses.push(s),
    open: () => new Server() as unknown as WebSocket, ...options,
  })
  made.push(s)
  return s
}

async function opened(options: Partial<SocketOptions> = {}): Promise<[Socket, Server]> {
  const s = socket(options)
  s.start()
  await vi.waitFor(() => expect(Server.all).toHaveLength(1))
  const server = Server.all[0]!
  await server.welcome()
  expect(s.status.phase).toBe('open')
  return [s, server]
}

beforeEach(() => {
  Server.all = []
  vi.useFakeTimers({ shouldAdvanceTime: true })
})
afterEach(() => {
  for (const s of made.splice(0)) s.stop() // else it hears the events of the next test
  vi.useRealTimers()
})

describe('socket', () => {
  it('says hello with the ticket first', async () => {
    const [, server] = await opened({ hello: () => ({ presence: 'away' }) })
    expect(server.got[0]).toMatchObject({ type: 'hello', body: { protocol: 1, layout: 1, ticket: 't', presence: 'away' } })
  })

  it('answers a command by its id, once', async () => {
    const [s, server] = await opened()
    const offer = s.send('media.offer', { token: 'x', sdp: 'v=0' })
    const refused = s.send('ticket.leave', {})
    server.say({ type: 'media.answer', re: server.of('media.offer')[0]?.id, body: { sdp: 'a' } })
    server.say({ type: 'error', re: server.of('ticket.leave')[0]?.id, body: { code: 'wrong_state' } })
    await expect(offer).resolves.toMatchObject({ type: 'media.answer', body: { sdp: 'a' } })
    await expect(refused).rejects.toMatchObject({ code: 'wrong_state' })
  })

  it('pushes what answers nothing', async () => {
    const pushed: string[] = []
    const [, server] = await opened({ onMessage: (m) => pushed.push(m.type) })
    server.say({ type: 'station.state', body: {} })
    server.onmessage?.({ data: '{broken' })
    server.say({ type: 'pong', body: { at_ms: Date.now(), now_ms: Date.now() } })
    expect(pushed).toEqual(['station.state'])
  })

  it('rejects a command while offline unless it is held', async () => {
    const s = socket()
    await expect(s.send('ticket.leave', {})).rejects.toMatchObject({ code: 'offline' })
  })

  it('sends a held command again under the same id after a loss, and after records_away', async () => {
    const [s, server] = await opened()
    const press = s.send('ticket.take', { consent_text: '1', lang: 'zh' }, { hold: true })
    const other = s.send('ticket.leave', {})
    const id = server.of('ticket.take')[0]?.id
    server.onclose?.()
    await expect(other).rejects.toMatchObject({ code: 'offline' })
    expect(s.status).toMatchObject({ phase: 'waiting', attempt: 0 })
    await vi.waitFor(() => expect(Server.all).toHaveLength(2))
    const next = Server.all[1]!
    await next.welcome()
    expect(next.of('ticket.take').map((m) => m.id)).toEqual([id])
    next.say({ type: 'error', re: id, body: { code: 'records_away' } })
    await vi.advanceTimersByTimeAsync(2_100)
    expect(next.of('ticket.take').map((m) => m.id)).toEqual([id, id])
    next.say({ type: 'ok', re: id, body: {} })
    await expect(press).resolves.toMatchObject({ type: 'ok' })
  })

  it('takes 12 s of silence for death and tries again', async () => {
    const [s] = await opened()
    await vi.advanceTimersByTimeAsync(16_000)
    expect(statuses.some((x) => x.phase === 'waiting')).toBe(true)
    expect(Server.all.length).toBeGreaterThan(1)
    s.stop()
  })

  it('pings each 5 s', async () => {
    const [s, server] = await opened()
    await vi.advanceTimersByTimeAsync(5_100)
    expect(server.of('ping').length).toBe(2)
    s.stop()
  })

  it.each(['elsewhere', 'replaced'] as const)('stops on %s and comes back only by take-over', async (code) => {
    const [s, server] = await opened()
    server.say({ type: 'bye', body: { code } })
    expect(s.status).toMatchObject({ phase: 'stopped', code })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(Server.all).toHaveLength(1)
    s.takeOver()
    await vi.waitFor(() => expect(Server.all[1]?.of('hello')).toHaveLength(1))
    expect(Server.all[1]?.got[0]?.body).toMatchObject({ take_over: true })
  })

  it('a desk comes back as the owner it was after its socket broke, not when the page is new or was replaced', async () => {
    const [s, server] = await opened({ face: 'desk' })
    expect(server.got[0]?.body).not.toHaveProperty('take_over')
    server.onclose?.()
    await vi.waitFor(() => expect(Server.all[1]?.of('hello')).toHaveLength(1))
    expect(Server.all[1]?.got[0]?.body).toMatchObject({ take_over: true })
    // Broken again before the welcome: it is still the owner.
    Server.all[1]?.onclose?.()
    await vi.waitFor(() => expect(Server.all[2]?.of('hello')).toHaveLength(1))
    expect(Server.all[2]?.got[0]?.body).toMatchObject({ take_over: true })
    await Server.all[2]?.welcome()
    Server.all[2]?.say({ type: 'bye', body: { code: 'replaced' } })
    expect(s.status).toMatchObject({ phase: 'stopped', code: 'replaced' })
    s.start()
    await vi.waitFor(() => expect(Server.all[3]?.of('hello')).toHaveLength(1))
    expect(Server.all[3]?.got[0]?.body).not.toHaveProperty('take_over')
    s.stop()
  })

  it('a desk that broke before its first welcome claims nothing, nor does a kiosk', async () => {
    const s = socket({ face: 'desk' })
    s.start()
    await vi.waitFor(() => expect(Server.all[0]?.of('hello')).toHaveLength(1))
    Server.all[0]?.onclose?.()
    await vi.waitFor(() => expect(Server.all[1]?.of('hello')).toHaveLength(1))
    expect(Server.all[1]?.got[0]?.body).not.toHaveProperty('take_over')
    s.stop()
    Server.all = []
    const [kiosk, server] = await opened()
    server.onclose?.()
    await vi.waitFor(() => expect(Server.all[1]?.of('hello')).toHaveLength(1))
    expect(Server.all[1]?.got[0]?.body).not.toHaveProperty('take_over')
    kiosk.stop()
  })

  it('a hello refused as elsewhere surfaces', async () => {
    const s = socket()
    s.start()
    await vi.waitFor(() => expect(Server.all[0]?.got).toHaveLength(1))
    Server.all[0]?.say({ type: 'error', re: Server.all[0].got[0]?.id, body: { code: 'elsewhere' } })
    expect(s.status).toMatchObject({ phase: 'stopped', code: 'elsewhere' })
  })

  it('comes back after shutdown, counting its tries', async () => {
    const [s, server] = await opened()
    server.say({ type: 'bye', body: { code: 'shutdown' } })
    expect(s.status.phase).toBe('waiting')
    expect(s.status.nextTryMS - Date.now()).toBeLessThanOrEqual(250)
    await vi.waitFor(() => expect(Server.all).toHaveLength(2))
    expect(s.status.attempt).toBe(1)
  })

  it('a server that is not heard soon after the network came back counts as lost, one that answers stays', async () => {
    const [s, server] = await opened()
    window.dispatchEvent(new Event('online'))
    server.say({ type: 'pong', body: { at_ms: Date.now(), now_ms: Date.now() } })
    await vi.advanceTimersByTimeAsync(2_000)
    expect([s.status.phase, Server.all.length]).toEqual(['open', 1])
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(700)
    expect(s.status.phase).not.toBe('open')
    await vi.waitFor(() => expect(Server.all).toHaveLength(2))
    s.stop()
  })

  it('a probe says whether the server was heard, and two share one answer', async () => {
    const [s, server] = await opened()
    const pings = server.of('ping').length
    const both = [s.probe(), s.probe()]
    server.say({ type: 'station.state', body: {} })
    expect(await Promise.all(both)).toEqual([true, true])
    expect(server.of('ping')).toHaveLength(pings + 1)
    const silent = s.probe()
    await vi.advanceTimersByTimeAsync(700)
    expect(await silent).toBe(false)
    const s2 = socket()
    expect(await s2.probe(), 'without a socket').toBe(false)
  })

  it('a probe that fails tries again without a delay, and backs off from there', async () => {
    const tickets: (() => void)[] = []
    let calls = 0
    const [s] = await opened({ random: () => 1, ticket: () => (++calls === 1 ? Promise.resolve('t') : new Promise((_, reject) => tickets.push(() => reject(new Failure('network'))))) })
    void s.probe()
    await vi.advanceTimersByTimeAsync(650)
    expect([s.status.phase, calls]).toEqual(['connecting', 2])
    tickets[0]!()
    await vi.advanceTimersByTimeAsync(100)
    expect(s.status.phase).toBe('waiting')
    expect(s.status.nextTryMS - Date.now()).toBeGreaterThan(300)
  })

  it('a probe gives a slow line four of its round trips, at most 1.5 s', async () => {
    const [s, server] = await opened()
    server.say({ type: 'pong', body: { at_ms: Date.now() - 300, now_ms: Date.now() } })
    void s.probe()
    await vi.advanceTimersByTimeAsync(1_100)
    expect(s.status.phase).toBe('open')
    await vi.advanceTimersByTimeAsync(200)
    expect(s.status.phase).not.toBe('open')
  })

  it('comes back at once when the network does, also from a try that hangs', async () => {
    let hang = true
    const s = socket({ ticket: () => (hang ? new Promise(() => undefined) : Promise.resolve('t')) })
    s.start()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(Server.all).toHaveLength(0)
    hang = false
    window.dispatchEvent(new Event('online'))
    await vi.waitFor(() => expect(Server.all).toHaveLength(1))
    s.stop()
  })

  it('after a probe that fails, a socket or a ticket that does not come is given up after 2 s, for 10 s', async () => {
    let ticket: () => Promise<string> = () => Promise.resolve('t')
    const [s] = await opened({ random: () => 1, ticket: () => ticket() })
    const silent: Server[] = []
    const before = Server.all.length
    const mute = () => { // nothing comes of it
      for (const server of Server.all.slice(before + silent.length)) {
        server.onopen = null
        silent.push(server)
      }
      return silent.length
    }
    void s.probe()
    await vi.advanceTimersByTimeAsync(650)
    expect([s.status.phase, mute()]).toEqual(['connecting', 1])
    await vi.advanceTimersByTimeAsync(2_000)
    expect([s.status.phase, mute()], 'a second try, at once').toEqual(['connecting', 2])
    expect(silent[0]!.readyState, 'the first is closed').toBe(3)
    ticket = () => new Promise(() => undefined)
    await vi.advanceTimersByTimeAsync(2_000)
    expect([s.status.phase, s.status.attempt, mute()], 'a third, which waits for its ticket').toEqual(['connecting', 3, 2])
    ticket = () => Promise.resolve('t')
    await vi.advanceTimersByTimeAsync(2_050)
    expect([s.status.phase, s.status.attempt, mute()], 'a fourth').toEqual(['connecting', 4, 3])
    await vi.advanceTimersByTimeAsync(2_000)
    expect([s.status.attempt, mute()], 'a fifth').toEqual([5, 4])
    await vi.advanceTimersByTimeAsync(2_000)
    expect([s.status.attempt, mute()], 'a sixth, after 10 s').toEqual([6, 5])
    await vi.advanceTimersByTimeAsync(8_000)
    expect([s.status.phase, s.status.attempt], 'has the time of a slow server').toEqual(['connecting', 6])
  })

  it('a hurried try that is welcomed stays', async () => {
    const [s] = await opened()
    void s.probe()
    await vi.advanceTimersByTimeAsync(650)
    expect(Server.all).toHaveLength(2)
    await Server.all[1]!.welcome()
    await vi.advanceTimersByTimeAsync(3_000)
    expect([s.status.phase, Server.all.length]).toEqual(['open', 2])
  })

  it('a socket that breaks by itself backs off, and its tries are hurried all the same', async () => {
    const [s, server] = await opened({ random: () => 1 })
    server.onclose?.()
    expect(s.status.phase).toBe('waiting')
    expect(s.status.nextTryMS - Date.now(), 'full jitter').toBeGreaterThan(400)
    await vi.advanceTimersByTimeAsync(550)
    Server.all[1]!.onopen = null
    await vi.advanceTimersByTimeAsync(2_000)
    expect([s.status.phase, Server.all.length]).toEqual(['connecting', 3])
  })

  it('gives a ticket up that does not come', async () => {
    const s = socket({ ticket: () => new Promise(() => undefined) })
    s.start()
    await vi.advanceTimersByTimeAsync(8_100)
    expect(s.status).toMatchObject({ phase: 'waiting', code: 'timeout' })
    s.stop()
  })

  it('a key that is no longer known ends the tries', async () => {
    const s = socket({ ticket: () => Promise.reject(new Failure('not_enrolled')) })
    s.start()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(s.status).toMatchObject({ phase: 'stopped', code: 'not_enrolled', attempt: 1 })
  })
})
