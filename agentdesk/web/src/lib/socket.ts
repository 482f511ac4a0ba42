import * as api from './api'
import { backoff } from './backoff'
import { ServerClock } from './clock'
import { Failure, type ErrorCode } from './failure'
import { mediaLayout, protocolVersion } from './protocol.gen'
import type { BodyOf, Code, Face, Hello, Message, MessageType, Welcome } from './protocol.gen'

/** connecting: a try runs. open: welcomed. waiting: until the next try. stopped: only start() or takeOver() goes on. */
export type Phase = 'connecting' | 'open' | 'waiting' | 'stopped'

export interface SocketStatus {
  phase: Phase
  /** tries since the last welcome; 0 while open */
  attempt: number
  /** local unix ms of the next try, 0 unless waiting */
  nextTryMS: number
  /** local unix ms since when there is no socket, 0 while open */
  lostSinceMS: number
  /** why it stopped (elsewhere, replaced, login, protocol …) or why the last try failed; '' */
  code: ErrorCode | ''
  /** round trip of the last ping, ms; 0 before the first */
  rttMS: number
}

export interface SocketOptions {
  face: Face
  /** of a kiosk */
  station?: string
  /** Additions to Hello at every try: presence, features. */
  hello?: () => Partial<Hello>
  /** Pushes and whatever answers no command. */
  onMessage?: (message: Message) => void
  onWelcome?: (welcome: Welcome) => void
  onStatus?: (status: SocketStatus) => void
  /** A held command waits because of this code; '' when it goes on. */
  onHold?: (type: MessageType, code: ErrorCode | '') => void
  clock?: ServerClock
  /** of this page, for Hello */
  build?: string
  // Tests put their own in.
  url?: string
  ticket?: () => Promise<string>
  random?: () => number
  open?: (url: string) => WebSocket
}

export interface SendOptions {
  /** Keep the command over a loss of the socket and send it again under the same id. */
  hold?: boolean
  /** ms until Failure timeout; held commands have none. Default 10 s. */
  timeoutMS?: number
}

interface Pending {
  frame: string
  type: MessageType
  hold: boolean
  resolve: (answer: Message) => void
  reject: (failure: Failure) => void
  timer?: ReturnType<typeof setTimeout>
}

/** Codes after which another try cannot help. */
const final = new Set<ErrorCode>(['elsewhere', 'replaced', 'login', 'not_enrolled', 'forbidden', 'protocol'])
/** Codes that a held command outlives: the server takes it once its store is back. */
const passing = new Set<ErrorCode>(['records_away', 'queue_away', 'rate', 'shutdown', 'slow'])

const holdRetryMS = 2_000
/** ms for a ticket: a request into a dead network would hang for minutes */
const ticketBoundMS = 8_000
/**
 * ms for the ticket, and again for the welcome, of a try soon after the network may have changed: a request may sit on
 * a connection as dead as the socket was, and a SYN that was lost meanwhile is sent again too late
 */
const hurriedBoundMS = 2_000
/** ms after such a change in which tries have that bound, and one that exceeds it is followed by the next at once */
const hurryMS = 10_000
/** ms in which the server must be heard after the network may have changed: four round trips, within these */
const leastProbeMS = 600
const mostProbeMS = 1_500
/** A try that is younger may still succeed when the network comes back. */
const youngTryMS = 1_000

/** One socket of a page that comes back by itself. Commands are answered by promise, state comes by onMessage. */
export class Socket {
  readonly clock: ServerClock
  status: SocketStatus = { phase: 'stopped', attempt: 0, nextTryMS: 0, lostSinceMS: 0, code: '', rttMS: 0 }
  welcome: Welcome | undefined

  private socket: WebSocket | undefined
  private generation = 0
  private pending = new Map<string, Pending>()
  private takingOver = false
  /** A welcomed desk whose socket broke by itself comes back as the owner it was: its own dead socket must not hold it off. */
  private owner = false
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private pingTimer: ReturnType<typeof setInterval> | undefined
  private lastFrameMS = 0
  private probing: Promise<boolean> | undefined
  private endProbe: ((heard: boolean) => void) | undefined
  private probeTimer: ReturnType<typeof setTimeout> | undefined
  private triedMS = 0
  private openTimer: ReturnType<typeof setTimeout> | undefined
  private hurryUntilMS = 0

  constructor(private readonly options: SocketOptions) {
    this.clock = options.clock ?? new ServerClock()
  }

  start(): void {
    if (this.status.phase !== 'stopped') return
    if (typeof window !== 'undefined') window.addEventListener('online', this.onOnline)
    this.set({ attempt: 0, lostSinceMS: Date.now(), code: '' })
    void this.connect()
  }

  /** Replaces the other desk that hello met (status.code elsewhere), or the one that replaced this one. */
  takeOver(): void {
    this.takingOver = true
    this.start()
  }

  /** Ends for good; commands not answered are rejected. */
  stop(): void {
    this.halt('')
  }

  /** Skips the rest of the waiting time. */
  readonly tryNow = (): void => {
    if (this.status.phase === 'waiting') void this.connect()
  }

  /**
   * The network may have changed: a server that is not heard soon counts as lost, instead of after dead_ms, and is
   * tried again at once. @returns whether it was heard
   */
  probe(): Promise<boolean> {
    if (this.status.phase !== 'open') return Promise.resolve(false)
    return (this.probing ??= new Promise((resolve) => {
      this.endProbe = (heard) => {
        clearTimeout(this.probeTimer)
        this.probing = this.endProbe = undefined
        resolve(heard)
      }
      this.probeTimer = setTimeout(() => this.lost('network', 0), Math.min(mostProbeMS, Math.max(leastProbeMS, 4 * this.status.rttMS)))
      this.ping()
    }))
  }

  private readonly onOnline = (): void => {
    if (this.status.phase === 'open') void this.probe()
    else if (this.status.phase === 'waiting' || (this.status.phase === 'connecting' && Date.now() - this.triedMS > youngTryMS)) {
      this.hurryUntilMS = Date.now() + hurryMS
      void this.connect()
    }
  }

  /** Sends a command. @returns ok or the typed answer @throws Failure with the server's code, or offline, timeout */
  send<T extends MessageType>(type: T, body: BodyOf<T>, options: SendOptions = {}): Promise<Message> {
    const hold = options.hold ?? false
    if (this.status.phase !== 'open' && !hold) return Promise.reject(new Failure('offline', type))
    const id = crypto.randomUUID()
    const frame = JSON.stringify({ id, type, body })
    return new Promise<Message>((resolve, reject) => {
      const pending: Pending = { frame, type, hold, resolve, reject }
      if (!hold) {
        pending.timer = setTimeout(() => {
          this.pending.delete(id)
          reject(new Failure('timeout', type))
        }, options.timeoutMS ?? 10_000)
      }
      this.pending.set(id, pending)
      if (this.status.phase === 'open') this.write(frame)
      else this.options.onHold?.(type, 'offline')
    })
  }

  private set(change: Partial<SocketStatus>): void {
    this.status = { ...this.status, ...change }
    this.options.onStatus?.(this.status)
  }

  private write(frame: string): void {
    if (this.socket?.readyState === 1) this.socket.send(frame)
  }

  private async connect(): Promise<void> {
    this.drop() // also an earlier try that hangs
    const generation = ++this.generation
    this.triedMS = Date.now()
    const hurried = this.triedMS < this.hurryUntilMS
    this.set({ phase: 'connecting', attempt: this.status.attempt + 1, nextTryMS: 0 })
    let ticket: string
    try {
      ticket = await within(hurried ? hurriedBoundMS : ticketBoundMS, (this.options.ticket ?? (() => api.socketTicket(this.options.face, this.options.station)))())
    } catch (error) {
      const { code } = Failure.from(error)
      if (generation === this.generation) this.lost(code, hurried && code === 'timeout' ? 0 : undefined)
      return
    }
    if (generation !== this.generation) return
    const socket = (this.options.open ?? ((url: string) => new WebSocket(url)))(this.options.url ?? socketURL())
    this.socket = socket
    const helloID = crypto.randomUUID()
    this.lastFrameMS = Date.now()
    // A server that accepts and says nothing is as dead as one that goes silent later.
    this.watch(generation, 5_000, 12_000)
    if (hurried) this.openTimer = setTimeout(() => this.lost('network', 0), hurriedBoundMS)
    socket.onopen = () => {
      const hello: Hello = {
        protocol: protocolVersion, build: this.options.build ?? '', features: [], layout: mediaLayout, ticket,
        ...this.options.hello?.(),
        ...(this.takingOver || this.owner ? { take_over: true } : {}),
      }
      socket.send(JSON.stringify({ id: helloID, type: 'hello', body: hello }))
    }
    socket.onmessage = (event: MessageEvent) => {
      if (generation === this.generation) this.receive(String(event.data), helloID, generation)
    }
    socket.onclose = () => {
      if (generation === this.generation) this.lost('network')
    }
  }

  private receive(data: string, helloID: string, generation: number): void {
    this.lastFrameMS = Date.now()
    this.endProbe?.(true)
    let message: Message
    try {
      message = JSON.parse(data) as Message
    } catch {
      return // not ours; the server closes on its own errors
    }
    const re = message.re ?? ''
    switch (message.type) {
      case 'welcome':
        clearTimeout(this.openTimer)
        this.takingOver = false
        this.owner = this.options.face === 'desk'
        this.welcome = message.body
        this.clock.sync(message.body.now_ms)
        this.watch(generation, message.body.ping_ms || 5_000, message.body.dead_ms || 12_000)
        this.set({ phase: 'open', attempt: 0, nextTryMS: 0, lostSinceMS: 0, code: '' })
        this.options.onWelcome?.(message.body)
        this.ping()
        for (const pending of this.pending.values()) {
          if (pending.hold) {
            this.options.onHold?.(pending.type, '')
            this.write(pending.frame)
          }
        }
        return
      case 'pong': {
        const rtt = Math.max(0, Date.now() - message.body.at_ms)
        this.clock.sync(message.body.now_ms, rtt)
        this.set({ rttMS: rtt })
        return
      }
      case 'bye':
        this.lost(message.body.code)
        return
      case 'error':
        if (re === helloID) {
          this.lost(message.body.code)
          return
        }
        this.refuse(re, message.body.code, message.body.detail ?? '', message.body.because ?? '')
        return
      default: {
        const pending = this.pending.get(re)
        if (pending === undefined) {
          if (message.type !== 'ok') this.options.onMessage?.(message)
          return
        }
        this.settle(re, pending)
        pending.resolve(message)
      }
    }
  }

  private refuse(id: string, code: Code, detail: string, because: string): void {
    const pending = this.pending.get(id)
    if (pending === undefined) return
    if (pending.hold && passing.has(code)) {
      this.options.onHold?.(pending.type, code)
      setTimeout(() => {
        if (this.pending.has(id) && this.status.phase === 'open') this.write(pending.frame)
      }, holdRetryMS)
      return
    }
    this.settle(id, pending)
    pending.reject(new Failure(code, detail, 0, because))
  }

  private settle(id: string, pending: Pending): void {
    clearTimeout(pending.timer)
    this.pending.delete(id)
    if (pending.hold) this.options.onHold?.(pending.type, '')
  }

  private ping(): void {
    this.write(JSON.stringify({ type: 'ping', body: { at_ms: Date.now() } }))
  }

  private watch(generation: number, everyMS: number, deadMS: number): void {
    clearInterval(this.pingTimer)
    this.pingTimer = setInterval(() => {
      if (generation !== this.generation) return
      if (Date.now() - this.lastFrameMS > deadMS) this.lost('network')
      else if (this.status.phase === 'open') this.ping()
    }, Math.min(everyMS, deadMS / 2))
  }

  private drop(): void {
    this.generation++
    clearInterval(this.pingTimer)
    clearTimeout(this.retryTimer)
    clearTimeout(this.openTimer)
    this.endProbe?.(false)
    const socket = this.socket
    this.socket = undefined
    if (socket !== undefined) {
      socket.onopen = socket.onmessage = socket.onclose = null
      try {
        socket.close()
      } catch {
        // already closed
      }
    }
  }

  /** delayMS: until the next try; by default it backs off */
  private lost(code: ErrorCode, delayMS?: number): void {
    if (final.has(code)) {
      this.halt(code)
      return
    }
    if (this.status.phase === 'open' && code === 'network') this.hurryUntilMS = Date.now() + hurryMS
    this.drop()
    for (const [id, pending] of this.pending) {
      if (pending.hold) {
        this.options.onHold?.(pending.type, 'offline')
        continue
      }
      this.settle(id, pending)
      pending.reject(new Failure('offline', pending.type))
    }
    const delay = delayMS ?? backoff(Math.max(1, this.status.attempt), this.options.random)
    this.set({
      phase: 'waiting', code, nextTryMS: Date.now() + delay,
      lostSinceMS: this.status.lostSinceMS || Date.now(),
    })
    this.retryTimer = setTimeout(() => void this.connect(), delay)
  }

  private halt(code: ErrorCode | ''): void {
    this.drop()
    this.takingOver = this.owner = false
    if (typeof window !== 'undefined') window.removeEventListener('online', this.onOnline)
    for (const [id, pending] of this.pending) {
      this.settle(id, pending)
      pending.reject(new Failure(code === '' ? 'offline' : code, pending.type))
    }
    this.set({ phase: 'stopped', nextTryMS: 0, code })
  }
}

/** @throws Failure timeout after ms */
function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Failure('timeout', 'ticket')), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function socketURL(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`
}
