import type { Lang } from '@/lib/catalogue'

/**
 * The recorded sentences: message id and the key of the very text that stands on the screen then. A recording of
 * another text is a wrong recording; the test compares ids and texts.
 */
export const clipTexts = {
  'enrol': 'enrol.h',
  'idle.call': 'idle.call',
  'idle.held': 'idle.held',
  'closed': 'closed.h',
  'closed.ways': 'ways.h_closed',
  'idle.full': 'ways.h_full',
  'idle.nobody': 'ways.h_nobody',
  'noted.callback': 'ways.noted_callback',
  'noted.materials': 'ways.noted_materials',
  'ways.swap': 'ways.swap_h',
  'fault.insecure': 'fault.insecure.what',
  'fault.both_denied': 'fault.both_denied.what',
  'fault.both_missing': 'fault.both_missing.what',
  'fault.mic_missing': 'fault.mic_missing.what',
  'fault.camera_denied': 'fault.camera_denied.what',
  'fault.camera_missing': 'fault.camera_missing.what',
  'fault.camera_black': 'fault.camera_black.what',
  'fault.document_camera_missing': 'fault.document_camera_missing.what',
  'who': 'who.h',
  'theme': 'theme.h',
  'matter': 'matter.h',
  'waiting': 'waiting.h',
  'waiting.next': 'waiting.h_next',
  'waiting.nobody': 'waiting.h_nobody',
  'waiting.parked': 'waiting.parked',
  'waiting.broke': 'waiting.broke',
  'leave': 'leave.h',
  'ringing': 'call.ringing_tip',
  'call.lost': 'call.lost',
  'call.hold': 'call.hold',
  'capture.shoot': 'capture.sample',
  'capture.sharp': 'capture.sharp',
  'capture.blurred': 'capture.blurred',
  'capture.hint.blurred': 'capture.hint.blurred',
  'capture.hint.glare': 'capture.hint.glare',
  'capture.hint.cropped': 'capture.hint.cropped',
  'capture.hint.wrong': 'capture.hint.wrong',
  'capture.hint.other': 'capture.hint.other',
  'capture.missing': 'capture.missing',
  'summary.accepted': 'summary.h.accepted',
  'summary.pending': 'summary.h.pending',
  'summary.consulted': 'summary.h.consulted',
  'summary.other': 'summary.h.other',
  'summary.wait': 'summary.h.wait',
  'summary.lost': 'summary.h.lost',
  'summary.left': 'summary.h.left',
  'reset': 'reset.h',
  'offline': 'offline.h',
} as const
export type ClipID = keyof typeof clipTexts

export function isClip(id: string): id is ClipID {
  return id in clipTexts
}

/** Files by language and message id, as GET /clips/index.json tells them. */
type Index = Partial<Record<Lang, Record<string, string>>>

/** What we need of an HTMLAudioElement. */
export interface Sound {
  src: string
  volume: number
  currentTime: number
  play(): Promise<void>
  pause(): void
  addEventListener(type: 'ended' | 'error', listener: () => void): void
}

export interface ClipOptions {
  /** A clip begins or ends: what else sounds is ducked meanwhile. */
  onPlaying?: (playing: boolean) => void
  sound?: () => Sound
  fetch?: typeof fetch
}

/** Plays one recorded sentence at a time. Without a recording it is silent: the text stands on the screen. */
export class Clips {
  private index: Index = {}
  private sound: Sound | undefined
  private playing = false
  private volume = 1
  /** id and language of the sentence that came last */
  private last = ''

  constructor(private readonly options: ClipOptions = {}) {}

  /** Learns which recordings there are. A server without any is a silent one. */
  async load(): Promise<void> {
    try {
      const response = await (this.options.fetch ?? fetch)('/clips/index.json', { credentials: 'same-origin' })
      if (response.ok) this.index = (await response.json()) as Index
    } catch {
      // Silence: nobody waits for a voice.
    }
  }

  has(id: ClipID, lang: Lang): boolean {
    return typeof this.index[lang]?.[id] === 'string'
  }

  /** Says the sentence from its beginning, in the place of the one before. */
  say(id: ClipID, lang: Lang): void {
    this.stop()
    const file = this.index[lang]?.[id]
    if (typeof file !== 'string' || this.volume === 0) return
    const sound = this.sound ?? this.fresh()
    this.sound = sound
    this.last = `${lang}/${id}`
    sound.src = `/clips/${lang}/${encodeURIComponent(file)}`
    sound.volume = this.volume
    this.set(true)
    // Refused only before any touch on a browser that is not set up as a kiosk.
    sound.play().catch(() => this.set(false))
  }

  /** 0–1, also of the one that plays. */
  loud(volume: number): void {
    this.volume = volume
    if (this.sound !== undefined) this.sound.volume = volume
  }

  stop(): void {
    if (!this.playing) return
    this.sound?.pause()
    this.set(false)
  }

  /** "zh/waiting" of the sentence that plays, '' in silence. */
  get now(): string {
    return this.playing ? this.last : ''
  }

  private fresh(): Sound {
    const sound = (this.options.sound ?? (() => new Audio()))()
    sound.addEventListener('ended', () => this.set(false))
    sound.addEventListener('error', () => this.set(false))
    return sound
  }

  private set(playing: boolean): void {
    if (this.playing === playing) return
    this.playing = playing
    this.options.onPlaying?.(playing)
  }
}

/** What the screen says now, as far as a recording may say it. */
export interface Screen {
  state: string
  /** the question on top of waiting or of the first page */
  step?: string
  leaving: boolean
  /** a question over the page, which has a sentence of its own */
  asked?: 'swap' | 'cancel' | ''
  /** what was just written down */
  noted?: string
  /** what lacks, with ways beside it */
  lack?: string
  /** the agent holds the call */
  onHold?: boolean
  /** what of the equipment is off */
  trouble?: string
  /** press kept while the network or the queue is away */
  held: boolean
  ahead: number
  parked: boolean
  /** no agent is on duty */
  nobody?: boolean
  broke: boolean
  agentLost: boolean
  /** capture: verdict of the last shot, the agent's hint, and whether the camera is missing */
  verdict: string
  hint: string
  paperMissing: boolean
  /** key of summary.h */
  summary: string
}

/** The sentence for a screen; undefined says nothing. In a call only capture speaks, and a lost agent. */
export function clipOf(screen: Screen): ClipID | undefined {
  const pick = (id: string) => (isClip(id) ? id : undefined)
  if (screen.asked === 'swap') return 'ways.swap'
  if (screen.asked === 'cancel') return undefined
  switch (screen.state) {
    case 'waiting':
      if (screen.leaving) return 'leave'
      if (screen.step !== undefined) return pick(screen.step)
      if (screen.parked) return 'waiting.parked'
      if (screen.broke) return 'waiting.broke'
      if (screen.nobody) return 'waiting.nobody'
      return screen.ahead === 0 ? 'waiting.next' : 'waiting'
    case 'idle':
    case 'closed':
    case 'fault':
      if (screen.step !== undefined) return pick(screen.step)
      if (screen.held) return 'idle.held'
      if (screen.noted) return pick(`noted.${screen.noted}`)
      if (screen.state === 'closed') return screen.lack ? 'closed.ways' : 'closed'
      if (screen.lack && screen.trouble === undefined) return pick(`idle.${screen.lack}`)
      return screen.trouble === undefined ? 'idle.call' : pick(`fault.${screen.trouble}`)
    case 'call':
      if (screen.agentLost) return 'call.lost'
      return screen.onHold ? 'call.hold' : undefined
    case 'capture':
      if (screen.paperMissing) return 'capture.missing'
      if (screen.verdict === 'sharp' || screen.verdict === 'blurred') return pick(`capture.${screen.verdict}`)
      if (screen.verdict === 'taking' || screen.verdict === 'failed') return undefined
      return screen.hint === '' ? 'capture.shoot' : pick(`capture.hint.${screen.hint}`)
    case 'summary':
      return pick(`summary.${screen.summary}`)
    default:
      return pick(screen.state)
  }
}
