import type { Level, Part, PartCheck } from '@/lib/protocol.gen'

// The self-check of a station: what was read, and how good that is. Thresholds are the contract with board and desk.

/** Why a part gave no reading. */
export type Lack = 'missing' | 'denied' | 'insecure'

/** undefined: not looked at (no permission yet, no answer yet). */
export interface Readings {
  /** mean luminance 0–255 of the brightest frame seen */
  camera?: number | Lack
  /** width of the document camera's picture, px */
  document?: number | Lack
  /** loudest moment, dBFS */
  microphone?: number | Lack
  /** loudspeakers that the browser lists */
  outputs?: number
  /** round trip of the socket, ms */
  rttMS?: number
  /** path of the media connection: udp, tcp or relay */
  path?: string
  /** this clock against the server's, ms */
  offsetMS?: number
}

/** Below this a picture is black. */
export const blackBelow = 16
/** 5 MP lengthwise, and the least that is legible. */
export const documentGood = 2592
export const documentLegible = 1280
/** dBFS under which a microphone is silent. */
export const silentBelow = -60
const rttGoodMS = 200
const rttBadMS = 800
const clockGoodMS = 5_000
const clockBadMS = 60_000
/** What stands for "no sound at all", since JSON knows no −∞. */
const floor = -120

/** Parts in the order in which the page lists them. */
export const partsShown = ['camera', 'document', 'microphone', 'speaker', 'network', 'clock'] as const satisfies readonly Part[]
export type PartShown = (typeof partsShown)[number]

type Verdict = { level: Level; value: number; detail?: string }
const lacking = (why: Lack): Verdict => ({ level: 'red', value: 0, detail: why })

function ofCamera(read: number | Lack): Verdict {
  if (typeof read === 'string') return lacking(read)
  return read >= blackBelow ? { level: 'green', value: read } : { level: 'red', value: read, detail: 'black' }
}

function ofDocument(read: number | Lack): Verdict {
  if (typeof read === 'string' || read === 0) return lacking(typeof read === 'string' ? read : 'missing')
  if (read >= documentGood) return { level: 'green', value: read }
  return { level: read >= documentLegible ? 'amber' : 'red', value: read, detail: 'small' }
}

function ofMicrophone(read: number | Lack): Verdict {
  if (typeof read === 'string') return lacking(read)
  return read > silentBelow ? { level: 'green', value: read } : { level: 'amber', value: Math.max(floor, read), detail: 'silent' }
}

function ofNetwork(ms: number): Verdict {
  if (ms < rttGoodMS) return { level: 'green', value: ms }
  return { level: ms < rttBadMS ? 'amber' : 'red', value: ms, detail: 'slow' }
}

function ofClock(ms: number): Verdict {
  const off = Math.abs(ms)
  if (off < clockGoodMS) return { level: 'green', value: ms }
  return { level: off < clockBadMS ? 'amber' : 'red', value: ms, detail: 'off' }
}

/** One line for each part that was looked at. atMS: unix ms by the server's clock. */
export function verdicts(read: Readings, atMS: number): PartCheck[] {
  const out: PartCheck[] = []
  const add = (part: Part, v: Verdict) => {
    out.push({ part, level: v.level, value: Math.round(v.value * 10) / 10, ...(v.detail === undefined ? {} : { detail: v.detail }), at_ms: Math.round(atMS) })
  }
  if (read.camera !== undefined) add('camera', ofCamera(read.camera))
  if (read.document !== undefined) add('document', ofDocument(read.document))
  if (read.microphone !== undefined) add('microphone', ofMicrophone(read.microphone))
  // A browser that lists no loudspeaker at all may only not tell; one that lists others has none.
  if ('outputs' in read) add('speaker', read.outputs === 0 ? lacking('missing') : { level: 'green', value: read.outputs ?? 0 })
  if (read.rttMS !== undefined) add('network', ofNetwork(read.rttMS))
  if (read.path === 'udp') add('media', { level: 'green', value: 0, detail: 'udp' })
  else if (read.path === 'tcp' || read.path === 'relay') add('media', { level: 'amber', value: 0, detail: read.path })
  if (read.offsetMS !== undefined) add('clock', ofClock(read.offsetMS))
  return out
}

/** What a resident is told of: the function that is off, worst first. */
export type Trouble = 'insecure' | 'both_denied' | 'both_missing' | 'mic_missing' | 'camera_denied' | 'camera_missing' | 'camera_black' | 'speaker_missing' | 'document_camera_missing'

/** Whether a resident would be neither seen nor heard. */
export function mutes(trouble: Trouble | undefined): boolean {
  return trouble === 'insecure' || trouble === 'both_denied' || trouble === 'both_missing'
}

/** The worst trouble of faults and checks: one page says one thing. */
export function worst(faults: readonly string[], checks: readonly PartCheck[], insecure: boolean): Trouble | undefined {
  if (insecure) return 'insecure'
  if (faults.includes('mic_missing') && faults.includes('camera_denied')) return 'both_denied'
  if (faults.includes('mic_missing') && faults.includes('camera_missing')) return 'both_missing'
  for (const fault of ['mic_missing', 'camera_denied', 'camera_missing'] as const) if (faults.includes(fault)) return fault
  if (checks.some((c) => c.part === 'camera' && c.detail === 'black')) return 'camera_black'
  if (checks.some((c) => c.part === 'speaker' && c.level === 'red')) return 'speaker_missing'
  return faults.includes('document_camera_missing') ? 'document_camera_missing' : undefined
}

const sightMS = 2_000
const soundMS = 1_000

/** Mean luminance of the brightest frame in 2 s: a camera just opened is black for a moment. */
export async function luminance(stream: MediaStream): Promise<number | Lack> {
  const track = stream.getVideoTracks().find((t) => t.readyState === 'live')
  if (track === undefined) return 'missing'
  const video = document.createElement('video')
  video.muted = true
  video.srcObject = new MediaStream([track])
  const canvas = document.createElement('canvas')
  canvas.width = 32
  canvas.height = 24
  const context = canvas.getContext('2d', { willReadFrequently: true })
  let best = 0
  try {
    void video.play().catch(() => undefined)
    const end = performance.now() + sightMS
    while (best < blackBelow && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 60))
      if (context === null || video.videoWidth === 0) continue
      context.drawImage(video, 0, 0, canvas.width, canvas.height)
      best = Math.max(best, meanLuminance(context.getImageData(0, 0, canvas.width, canvas.height).data))
    }
  } finally {
    video.srcObject = null
  }
  return best
}

/** Rec. 709 luminance of RGBA pixels, 0–255. */
export function meanLuminance(rgba: Uint8ClampedArray): number {
  let sum = 0
  for (let i = 0; i < rgba.length; i += 4) sum += 0.2126 * (rgba[i] ?? 0) + 0.7152 * (rgba[i + 1] ?? 0) + 0.0722 * (rgba[i + 2] ?? 0)
  return rgba.length === 0 ? 0 : sum / (rgba.length / 4)
}

/** Loudest moment of a second, dBFS. */
export async function loudness(stream: MediaStream): Promise<number | Lack> {
  const track = stream.getAudioTracks().find((t) => t.readyState === 'live')
  if (track === undefined) return 'missing'
  const context = new AudioContext()
  let best = floor
  try {
    void context.resume().catch(() => undefined)
    const analyser = context.createAnalyser()
    analyser.fftSize = 4096
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    const end = performance.now() + soundMS
    while (best <= silentBelow && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      analyser.getFloatTimeDomainData(samples)
      let sum = 0
      for (const s of samples) sum += s * s
      if (sum > 0) best = Math.max(best, 10 * Math.log10(sum / samples.length))
    }
  } finally {
    void context.close()
  }
  return best
}

/** Loudspeakers, undefined where the browser does not tell. */
export async function outputs(): Promise<number | undefined> {
  try {
    const all = await navigator.mediaDevices.enumerateDevices()
    const named = all.some((d) => d.label !== '')
    return named ? all.filter((d) => d.kind === 'audiooutput').length : undefined
  } catch {
    return undefined
  }
}
