/**
 * The ring of an offer: a tone, the title of the tab, its icon, and a notification of the system. A tab in the
 * background is heard and seen by at least one of them. Timers of a hidden tab may stand still, so all tones of a
 * ring are handed to the sound card at once.
 */
import { onScopeDispose, ref, type Ref } from 'vue'

/** on: a tone will be heard. blocked: the browser waits for a press. none: no sound on this machine. */
export type Sound = 'on' | 'blocked' | 'none'
export type Notices = NotificationPermission | 'none'

export interface Ring {
  sound: Ref<Sound>
  notices: Ref<Notices>
  /** Lets the browser sound; call it in a press. */
  unlock(): Promise<void>
  /** Asks for notifications; call it in a press, at a calm moment. */
  askNotices(): Promise<void>
  /** Rings until stop, at longest for forMS. A start while ringing is ignored. */
  start(title: string, words: string, forMS: number): void
  stop(): void
}

const betweenS = 2
const longestMS = 120_000
const icon = { calm: '/mark.svg', ringing: '/mark-call.svg' } as const

/** Two short tones at begin, on the clock of the context. */
function chime(context: AudioContext, out: AudioNode, begin: number): void {
  for (const [at, hertz] of [[0, 880], [0.22, 660]] as const) {
    const tone = context.createOscillator()
    const level = context.createGain()
    tone.frequency.value = hertz
    level.gain.setValueAtTime(0, begin + at)
    level.gain.linearRampToValueAtTime(0.25, begin + at + 0.02)
    level.gain.exponentialRampToValueAtTime(0.001, begin + at + 0.2)
    tone.connect(level).connect(out)
    tone.start(begin + at)
    tone.stop(begin + at + 0.21)
  }
}

function showIcon(href: string): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (link && !link.href.endsWith(href)) link.href = href
}

/** The ring of this page; dispose with the scope. Any press on the page opens its sound. */
export function useRing(): Ring {
  const sound = ref<Sound>('AudioContext' in globalThis ? 'blocked' : 'none')
  const notices = ref<Notices>('Notification' in globalThis ? Notification.permission : 'none')
  let context: AudioContext | undefined
  let out: GainNode | undefined
  let blink: ReturnType<typeof setInterval> | undefined
  let end: ReturnType<typeof setTimeout> | undefined
  let note: Notification | undefined
  let endMS = 0
  let title = ''

  function look(): void {
    if (context) sound.value = context.state === 'running' ? 'on' : 'blocked'
  }

  async function unlock(): Promise<void> {
    if (sound.value === 'none') return
    try {
      if (!context) {
        context = new AudioContext()
        context.onstatechange = () => {
          look()
          if (blink !== undefined) tones() // the press came while it rang
        }
      }
      if (context.state !== 'running') await context.resume()
      look()
    } catch {
      sound.value = 'none' // no sound card: title, icon and notification remain
    }
  }
  const pressed = (): void => {
    if (sound.value !== 'on') void unlock()
  }

  /** Hands what is left of the ring to the sound card. */
  function tones(): void {
    if (!context || context.state !== 'running' || out) return
    out = context.createGain()
    out.connect(context.destination)
    const left = Math.max(0, endMS - Date.now()) / 1000
    for (let at = 0; at < left; at += betweenS) chime(context, out, context.currentTime + 0.05 + at)
  }

  function stop(): void {
    if (blink === undefined) return
    clearInterval(blink)
    clearTimeout(end)
    blink = undefined
    out?.disconnect() // what was handed over falls silent with it
    out = undefined
    document.title = title
    showIcon(icon.calm)
    note?.close()
    note = undefined
  }

  function start(ringing: string, words: string, forMS: number): void {
    if (blink !== undefined) return
    title = document.title
    endMS = Date.now() + Math.min(longestMS, forMS)
    let beat = 0
    const step = (): void => {
      document.title = beat++ % 2 === 0 ? ringing : title
    }
    blink = setInterval(step, 1000)
    end = setTimeout(stop, Math.min(longestMS, forMS))
    step()
    showIcon(icon.ringing)
    tones()
    if (notices.value === 'granted' && (document.hidden || !document.hasFocus())) notify(ringing, words)
  }

  function notify(ringing: string, words: string): void {
    try {
      note = new Notification(ringing, { body: words, tag: 'remotewindow-offer', icon: icon.ringing, requireInteraction: true })
      note.onclick = () => {
        window.focus()
        note?.close()
      }
    } catch {
      note = undefined // some systems only let service workers notify
    }
  }

  async function askNotices(): Promise<void> {
    if (notices.value === 'default') notices.value = await Notification.requestPermission()
  }

  addEventListener('pointerdown', pressed, true)
  addEventListener('keydown', pressed, true)
  // A page that captures a microphone, or that is trusted, may sound without a press.
  void unlock()
  onScopeDispose(() => {
    removeEventListener('pointerdown', pressed, true)
    removeEventListener('keydown', pressed, true)
    stop()
    void context?.close().catch(() => undefined)
  })
  return { sound, notices, unlock, askNotices, start, stop }
}

/** One short tone for the device check; resolves false when the browser gives no sound. */
export async function testTone(): Promise<boolean> {
  try {
    const context = new AudioContext()
    await context.resume()
    chime(context, context.destination, context.currentTime)
    setTimeout(() => void context.close().catch(() => undefined), 800)
    return true
  } catch {
    return false
  }
}
