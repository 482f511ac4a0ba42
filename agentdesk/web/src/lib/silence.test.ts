import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Silence } from './silence'

let silence: Silence
let media: number
let bytes: number
let asked: number
let doubts: number
let heard: number[]

beforeEach(() => {
  vi.useFakeTimers()
  media = bytes = asked = doubts = 0
  heard = []
  silence = new Silence({
    media: () => media,
    transport: () => {
      asked++
      return Promise.resolve(bytes)
    },
    onDoubt: () => doubts++,
    onSilence: () => heard.push(performance.now()),
  })
  silence.start()
})
afterEach(() => {
  silence.stop()
  vi.useRealTimers()
})

/** Lets ms pass in steps of 20; in each step what comes in comes in. */
async function pass(ms: number, comes: { media?: boolean; control?: boolean }): Promise<void> {
  for (let at = 0; at < ms; at += 20) {
    if (comes.media) media++
    if (comes.media || comes.control) bytes += 100
    await vi.advanceTimersByTimeAsync(20)
  }
}

describe('silence', () => {
  it('is heard within 0.6 s after a steady flow, once', async () => {
    await pass(3_000, { media: true })
    expect([asked, doubts, heard]).toEqual([0, 0, []])
    const stopped = performance.now()
    await pass(60_000, {})
    expect(heard).toHaveLength(1)
    expect(heard[0]! - stopped).toBeGreaterThanOrEqual(400)
    expect(heard[0]! - stopped).toBeLessThanOrEqual(600)
    expect([asked, doubts], 'looks at the transport, doubts').toEqual([2, 1])
  })

  it('is heard again only after media flowed steadily again', async () => {
    await pass(3_000, { media: true })
    await pass(1_000, {})
    await pass(200, { media: true })
    await pass(5_000, {})
    expect(heard).toHaveLength(1)
    await pass(1_500, { media: true })
    await pass(1_000, {})
    expect(heard).toHaveLength(2)
  })

  it.each([
    ['nothing ever flowed', async () => pass(10_000, {})],
    ['only control packets ever came', async () => pass(10_000, { control: true })],
    ['media came only now and then', async () => {
      for (let i = 0; i < 20; i++) {
        await pass(100, { media: true })
        await pass(500, {})
      }
    }],
    ['the other one left: control packets go on, then stop too', async () => {
      await pass(3_000, { media: true })
      await pass(1_000, { control: true })
      await pass(10_000, {})
    }],
    ['the gaps are short', async () => {
      for (let i = 0; i < 20; i++) {
        await pass(1_000, { media: true })
        await pass(300, {})
      }
    }],
    ['it was stopped in the doubt', async () => {
      await pass(3_000, { media: true })
      await pass(400, {})
      silence.stop()
      await pass(5_000, {})
    }],
  ])('is none when %s', async (_name, course) => {
    await course()
    expect(heard).toEqual([])
  })

  it('is none once the transport cannot be asked any more', async () => {
    const refuse = vi.fn(() => Promise.reject(new Error('closed')))
    const closing = new Silence({ media: () => media, transport: refuse, onDoubt: () => undefined, onSilence: () => heard.push(0) })
    silence.stop()
    closing.start()
    await pass(3_000, { media: true })
    await pass(5_000, {})
    closing.stop()
    expect(heard).toEqual([])
    expect(refuse).toHaveBeenCalled()
  })

  it('is none where looks are late but media came (a hidden page looks once a second)', async () => {
    const late = new Silence({ media: () => media, transport: () => Promise.resolve(bytes), onDoubt: () => undefined, onSilence: () => heard.push(0) })
    silence.stop()
    const timers = vi.spyOn(globalThis, 'setInterval').mockImplementationOnce(((f: () => void) => setInterval(f, 1_000)) as typeof setInterval)
    late.start()
    timers.mockRestore()
    await pass(20_000, { media: true })
    expect(heard).toEqual([])
    await pass(5_000, {})
    late.stop()
    expect(heard).toHaveLength(1)
  })
})
