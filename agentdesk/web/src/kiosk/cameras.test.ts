import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cameras } from './cameras'

class Track extends EventTarget {
  static all: Track[] = []
  readyState: MediaStreamTrackState = 'live'
  constructor(
    readonly kind: string,
    readonly deviceId: string,
  ) {
    super()
    Track.all.push(this)
  }
  stop(): void {
    this.readyState = 'ended'
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId, width: 4096, height: 3072 }
  }
}

class Stream {
  constructor(private readonly tracks: Track[]) {}
  getTracks(): Track[] {
    return this.tracks
  }
  getVideoTracks(): Track[] {
    return this.tracks.filter((t) => t.kind === 'video')
  }
}

/** Questions to the browser that wait for the test: 'face' or 'document'. */
let asked: { camera: 'face' | 'document'; grant: () => void }[]

function getUserMedia(want: MediaStreamConstraints): Promise<Stream> {
  const document = want.audio === undefined && typeof want.video === 'object' && want.video.deviceId !== undefined
  return new Promise((resolve) => {
    asked.push({
      camera: document ? 'document' : 'face',
      grant: () => resolve(new Stream(document ? [new Track('video', 'd')] : [new Track('video', 'f'), new Track('audio', 'm')])),
    })
  })
}

const input = (deviceId: string) => ({ kind: 'videoinput', deviceId, label: deviceId })
const live = () => Track.all.filter((t) => t.readyState === 'live').map((t) => t.deviceId)
const settle = () => new Promise((done) => setTimeout(done))

/** Grants what is asked next. */
async function granted(camera: 'face' | 'document'): Promise<void> {
  await vi.waitFor(() => expect(asked[0]?.camera).toBe(camera))
  asked.shift()?.grant()
  await settle()
}

/** Cameras with the resident in front of them and the document camera looked at. */
async function ready(): Promise<Cameras> {
  const cameras = new Cameras(() => undefined, () => false)
  const open = cameras.open()
  await granted('face')
  await granted('document')
  await open
  expect(live()).toEqual(['f', 'm'])
  return cameras
}

beforeEach(() => {
  asked = []
  Track.all = []
  vi.stubGlobal('MediaStream', Stream)
  vi.stubGlobal('navigator', {
    mediaDevices: { getUserMedia, enumerateDevices: () => Promise.resolve([input('f'), input('d')]), addEventListener: () => undefined },
    permissions: { query: () => Promise.resolve({ state: 'granted' }) },
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

describe('after close no camera is on', () => {
  it('when it was open', async () => {
    const cameras = await ready()
    cameras.close()
    expect(live()).toEqual([])
    expect(cameras.devices).toMatchObject({ faults: [], docWidth: 4096 })
  })

  it('when the face camera was still opening', async () => {
    const cameras = new Cameras(() => undefined, () => false)
    const open = cameras.open()
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    cameras.close()
    await granted('face')
    await open
    expect(live()).toEqual([])
    expect(cameras.face).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('when the document camera was still being looked at', async () => {
    const cameras = new Cameras(() => undefined, () => false)
    const open = cameras.open()
    await granted('face')
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    cameras.close()
    await granted('document')
    await open
    expect(live()).toEqual([])
  })

  it('when the document camera was still opening for a page', async () => {
    const cameras = await ready()
    const opening = cameras.openDocument()
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    cameras.close()
    await granted('document')
    expect(await opening).toBeUndefined()
    expect(live()).toEqual([])
  })

  it('when only the self-check opened it', async () => {
    const cameras = new Cameras(() => undefined, () => false)
    const check = cameras.selfCheck()
    await granted('face')
    cameras.close()
    await granted('document')
    await check
    expect(live()).toEqual([])
    expect(cameras.devices).toMatchObject({ faults: [], docWidth: 4096 })
  })
})

it('a press during the self-check keeps the camera', async () => {
  const cameras = new Cameras(() => undefined, () => false)
  const check = cameras.selfCheck()
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  const open = cameras.open()
  await granted('face')
  await granted('document')
  await Promise.all([check, open])
  expect(live()).toEqual(['f', 'm'])
})

it('a press after a close that came too early keeps the camera', async () => {
  const cameras = new Cameras(() => undefined, () => false)
  void cameras.open()
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  cameras.close()
  const again = cameras.open()
  await granted('face')
  await granted('document')
  await again
  expect(live()).toEqual(['f', 'm'])
})

it('a press after a close during the look at the document camera opens the face camera anew', async () => {
  const cameras = new Cameras(() => undefined, () => false)
  void cameras.open()
  await granted('face')
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  cameras.close()
  const again = cameras.open()
  await granted('document')
  await granted('face')
  await again
  expect(live()).toEqual(['f', 'm'])
})

describe('document camera', () => {
  it('opens once for many states', async () => {
    const cameras = await ready()
    const all = Promise.all([cameras.openDocument(), cameras.openDocument(), cameras.openDocument()])
    await granted('document')
    const [a, b, c] = await all
    expect(a).toBe(b)
    expect(b).toBe(c)
    expect(live()).toEqual(['f', 'm', 'd'])
    expect(asked).toEqual([])
    cameras.closeDocument()
    expect(live()).toEqual(['f', 'm'])
  })

  it('withdrawn while it opens is stopped, asked again meanwhile it stays', async () => {
    const cameras = await ready()
    const first = cameras.openDocument()
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    cameras.closeDocument()
    const second = cameras.openDocument()
    await granted('document')
    expect(await first).toBe(await second)
    expect(live()).toEqual(['f', 'm', 'd'])

    cameras.closeDocument()
    const third = cameras.openDocument()
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    cameras.closeDocument()
    await granted('document')
    expect(await third).toBeUndefined()
    expect(live()).toEqual(['f', 'm'])
  })
})
