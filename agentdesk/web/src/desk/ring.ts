/**
 * The ring of an offer: a tone, the title of the page and, where allowed, a notification of the
 * system. A page in the background is heard and seen by at least one of them.
 */

export interface Ring {
  start(title: string, notice: string): void
  stop(): void
}

/** Two short tones every 2 s, as long as the ring lasts. */
function chime(context: AudioContext): void {
  for (const [at, hertz] of [[0, 880], [0.22, 660]] as const) {
    const tone = context.createOscillator()
    const level = context.createGain()
    const begin = context.currentTime + at
    tone.frequency.value = hertz
    level.gain.setValueAtTime(0, begin)
    level.gain.linearRampToValueAtTime(0.25, begin + 0.02)
    level.gain.exponentialRampToValueAtTime(0.001, begin + 0.2)
    tone.connect(level).connect(context.destination)
    tone.start(begin)
    tone.stop(begin + 0.21)
  }
}

/** A ring for this page. One at a time; start while ringing is ignored. */
export function createRing(): Ring {
  let timer: ReturnType<typeof setInterval> | undefined
  let context: AudioContext | undefined
  let note: Notification | undefined
  let title = ''

  const stop = (): void => {
    if (timer === undefined) return
    clearInterval(timer)
    timer = undefined
    document.title = title
    note?.close()
    note = undefined
    void context?.close().catch(() => undefined)
    context = undefined
  }

  return {
    start(blink, notice) {
      if (timer !== undefined) return
      title = document.title
      let beat = 0
      const step = (): void => {
        document.title = beat % 2 === 0 ? blink : title
        if (beat % 2 === 0 && context?.state === 'running') chime(context)
        beat++
      }
      timer = setInterval(step, 1000)
      try {
        context = new AudioContext()
        void context.resume().catch(() => undefined)
      } catch {
        context = undefined // no sound card: title and notification remain
      }
      step()
      if (document.hidden && 'Notification' in globalThis && Notification.permission === 'granted') {
        try {
          note = new Notification(blink, { body: notice, tag: 'remotewindow-offer', requireInteraction: true })
          note.onclick = () => {
            window.focus()
            note?.close()
          }
        } catch {
          note = undefined // some systems only let service workers notify
        }
      }
    },
    stop,
  }
}

/** One short tone for the device check; resolves false when the browser gives no sound. */
export async function testTone(): Promise<boolean> {
  try {
    const context = new AudioContext()
    await context.resume()
    chime(context)
    setTimeout(() => void context.close().catch(() => undefined), 800)
    return true
  } catch {
    return false
  }
}
