import { describe, expect, it, vi } from 'vitest'
import type { Texts } from '@/i18n'
import en from '@/i18n/kiosk.en'
import zh from '@/i18n/kiosk.zh'
import { clipOf, Clips, clipTexts, type ClipID, type Screen, type Sound } from './clips'

const textOf = (texts: Texts, key: string) => key.split('.').reduce<string | Texts | undefined>((at, part) => (typeof at === 'object' ? at[part] : undefined), texts)

describe('table', () => {
  it.each(Object.entries(clipTexts))('%s says the text of %s, the same for everyone', (_id, key) => {
    for (const texts of [zh, en]) {
      const text = textOf(texts, key)
      expect(typeof text).toBe('string')
      // A recording cannot say what changes.
      expect(text).not.toMatch(/\{\w+\}/)
    }
  })
})

class Fake implements Sound {
  static made: Fake[] = []
  src = ''
  volume = 1
  currentTime = 0
  playing = false
  private readonly listeners: Record<string, () => void> = {}
  constructor() {
    Fake.made.push(this)
  }
  play(): Promise<void> {
    this.playing = true
    return Promise.resolve()
  }
  pause(): void {
    this.playing = false
  }
  addEventListener(type: 'ended' | 'error', listener: () => void): void {
    this.listeners[type] = listener
  }
  end(type = 'ended'): void {
    this.playing = false
    this.listeners[type]?.()
  }
}

async function loaded(index: unknown, status = 200): Promise<{ clips: Clips; playing: boolean[] }> {
  Fake.made = []
  const playing: boolean[] = []
  const clips = new Clips({
    sound: () => new Fake(), onPlaying: (on) => playing.push(on),
    fetch: vi.fn(() => Promise.resolve({ ok: status === 200, json: () => Promise.resolve(index) } as Response)) as unknown as typeof fetch,
  })
  await clips.load()
  return { clips, playing }
}
const index = { zh: { waiting: 'waiting.mp3', reset: 're set.ogg' }, en: { waiting: 'waiting.mp3' } }

describe('player', () => {
  it('plays the recording of the language, one at a time', async () => {
    const { clips, playing } = await loaded(index)
    clips.say('waiting', 'zh')
    expect(Fake.made[0]).toMatchObject({ src: '/clips/zh/waiting.mp3', playing: true })
    clips.say('reset', 'zh')
    expect(Fake.made).toHaveLength(1)
    expect(Fake.made[0]?.src).toBe('/clips/zh/re%20set.ogg')
    expect(clips.now).toBe('zh/reset')
    Fake.made[0]?.end()
    expect(clips.now).toBe('')
    expect(playing).toEqual([true, false, true, false])
  })

  it('is silent without a recording, and then nothing else goes on', async () => {
    const { clips } = await loaded(index)
    clips.say('waiting', 'zh')
    clips.say('offline', 'zh')
    expect(Fake.made[0]?.playing).toBe(false)
    clips.say('reset', 'en')
    expect(clips.now).toBe('')
  })

  it.each([[{}, 404], [{ zh: {} }, 200]])('a server without clips is a silent one', async (body, status) => {
    const { clips } = await loaded(body, status)
    clips.say('waiting', 'zh')
    expect(Fake.made).toHaveLength(0)
  })

  it('honours the volume, none is silence', async () => {
    const { clips } = await loaded(index)
    clips.loud(0.4)
    clips.say('waiting', 'zh')
    expect(Fake.made[0]?.volume).toBe(0.4)
    clips.loud(1)
    expect(Fake.made[0]?.volume).toBe(1)
    clips.stop()
    clips.loud(0)
    clips.say('waiting', 'zh')
    expect(clips.now).toBe('')
  })

  it('stops, and a broken file ends', async () => {
    const { clips, playing } = await loaded(index)
    clips.say('waiting', 'zh')
    clips.stop()
    expect(Fake.made[0]?.playing).toBe(false)
    clips.say('waiting', 'zh')
    Fake.made[0]?.end('error')
    expect(playing).toEqual([true, false, true, false])
  })
})

describe('sentence of a screen', () => {
  const screen = (more: Partial<Screen>): Screen => ({
    state: 'idle', leaving: false, held: false, ahead: 2, parked: false, broke: false, agentLost: false, verdict: 'none', hint: '', paperMissing: false, summary: '', ...more,
  })
  it.each<[Partial<Screen>, ClipID | undefined]>([
    [{}, 'idle.call'],
    [{ held: true }, 'idle.held'],
    [{ state: 'fault', trouble: 'mic_missing' }, 'fault.mic_missing'],
    [{ state: 'fault', trouble: 'speaker_missing' }, undefined],
    [{ state: 'closed' }, 'closed'],
    [{ state: 'closed', lack: 'closed' }, 'closed.ways'],
    [{ state: 'closed', lack: 'closed', noted: 'callback' }, 'noted.callback'],
    [{ lack: 'full' }, 'idle.full'],
    [{ lack: 'nobody' }, 'idle.nobody'],
    [{ state: 'waiting', asked: 'swap' }, 'ways.swap'],
    [{ state: 'closed', asked: 'cancel' }, undefined],
    [{ state: 'idle', step: 'theme' }, 'theme'],
    [{ state: 'waiting', step: 'who' }, 'who'],
    [{ state: 'waiting', step: 'materials' }, undefined],
    [{ state: 'waiting' }, 'waiting'],
    [{ state: 'waiting', ahead: 0 }, 'waiting.next'],
    [{ state: 'waiting', parked: true, ahead: 0 }, 'waiting.parked'],
    [{ state: 'waiting', broke: true }, 'waiting.broke'],
    [{ state: 'waiting', ahead: 0, nobody: true }, 'waiting.nobody'],
    [{ state: 'waiting', leaving: true }, 'leave'],
    [{ state: 'ringing' }, 'ringing'],
    [{ state: 'call' }, undefined],
    [{ state: 'call', agentLost: true }, 'call.lost'],
    [{ state: 'call', onHold: true }, 'call.hold'],
    [{ state: 'capture' }, 'capture.shoot'],
    [{ state: 'capture', hint: 'glare' }, 'capture.hint.glare'],
    [{ state: 'capture', hint: 'glare', verdict: 'sharp' }, 'capture.sharp'],
    [{ state: 'capture', verdict: 'taking' }, undefined],
    [{ state: 'capture', paperMissing: true }, 'capture.missing'],
    [{ state: 'summary', summary: 'accepted' }, 'summary.accepted'],
    [{ state: 'reset' }, 'reset'],
    [{ state: 'offline' }, 'offline'],
    [{ state: 'boot' }, undefined],
  ])('%j', (more, want) => expect(clipOf(screen(more))).toBe(want))
})
