import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cameras } from './cameras'

class Track extends EventTarget {
  static all: Track[] = []
  readyState: MediaStreamTrackState = 'live'
  constructor(
    readonly kind: string,
    readonly deviceId: string,
    readonly label = '',
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

describe('a part that was pulled', () => {
  /** What is plugged in now: label to id. */
  let plugged: Map<string, { kind: MediaDeviceKind; id: string }>
  let change: () => void
  let opened: string[]

  async function here(): Promise<Cameras> {
    plugged = new Map([
      ['脸', { kind: 'videoinput' as const, id: 'f1' }], ['高拍仪', { kind: 'videoinput' as const, id: 'd1' }],
      ['话筒', { kind: 'audioinput' as const, id: 'm1' }], ['耳机', { kind: 'audioinput' as const, id: 'm9' }],
    ])
    opened = []
    const open = (kind: MediaDeviceKind, want: MediaTrackConstraints): Track => {
      const id = (want.deviceId as { exact?: string } | undefined)?.exact
      const found = [...plugged].find(([, d]) => d.kind === kind && (id === undefined || d.id === id))
      if (found === undefined) throw new DOMException('', 'NotFoundError')
      opened.push(found[1].id)
      return new Track(kind === 'videoinput' ? 'video' : 'audio', found[1].id, found[0])
    }
    vi.stubGlobal('navigator', {
      mediaDevices: {
        getUserMedia: (want: MediaStreamConstraints) => new Promise((resolve) => {
          resolve(new Stream([
            ...(want.video ? [open('videoinput', want.video as MediaTrackConstraints)] : []),
            ...(want.audio ? [open('audioinput', want.audio as MediaTrackConstraints)] : []),
          ]))
        }),
        enumerateDevices: () => Promise.resolve([...plugged].map(([label, d]) => ({ kind: d.kind, deviceId: d.id, label }))),
        addEventListener: (_type: string, listener: () => void) => {
          change = listener
        },
      },
      permissions: { query: () => Promise.resolve({ state: 'granted' }) },
    })
    vi.useFakeTimers()
    const cameras = new Cameras(() => undefined, () => false)
    await cameras.open()
    expect(cameras.devices.faults).toEqual([])
    expect(live()).toEqual(['f1', 'm1'])
    return cameras
  }
  const pull = (label: string) => {
    const id = plugged.get(label)!.id
    plugged.delete(label)
    const track = Track.all.find((t) => t.deviceId === id && t.readyState === 'live')
    if (track !== undefined) {
      track.readyState = 'ended'
      track.dispatchEvent(new Event('ended'))
    }
    change()
  }
  const plug = (label: string, kind: MediaDeviceKind, id: string) => {
    plugged.set(label, { kind, id })
    change()
  }
  afterEach(() => vi.useRealTimers())

  it('takes its function away and comes back under another id, while the microphone runs on', async () => {
    const cameras = await here()
    pull('脸')
    expect(cameras.devices.faults).toEqual(['camera_missing'])
    expect(cameras.face?.getTracks()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(cameras.devices.faults).toEqual(['camera_missing'])
    expect(live()).toEqual(['m1'])
    plug('脸', 'videoinput', 'f2')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(cameras.devices.faults).toEqual([])
    expect(live()).toEqual(['m1', 'f2'])
  })

  it('is never replaced by the document camera', async () => {
    await here()
    pull('脸')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(opened.filter((id) => id === 'd1')).not.toContain(live()[0])
    expect(live()).toEqual(['m1'])
  })

  it('a microphone gives way to another one and comes back itself', async () => {
    const cameras = await here()
    pull('话筒')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(live()).toEqual(['f1', 'm9'])
    expect(cameras.devices.faults).toEqual([])
  })

  it('a document camera comes back while a page is asked for', async () => {
    const cameras = await here()
    await cameras.openDocument()
    expect(live()).toEqual(['f1', 'm1', 'd1'])
    pull('高拍仪')
    expect(cameras.document).toBeUndefined()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(cameras.devices.faults).toEqual(['document_camera_missing'])
    plug('高拍仪', 'videoinput', 'd2')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(live()).toEqual(['f1', 'm1', 'd2'])
    expect(cameras.devices.faults).toEqual([])
  })

  it('while nobody is here is only told', async () => {
    const cameras = await here()
    cameras.close()
    const before = opened.length
    pull('脸')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(opened).toHaveLength(before)
  })
})
