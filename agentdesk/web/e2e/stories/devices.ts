// Cameras and microphone of a kiosk that the test pulls and puts back, as a
// cleaner's broom does: the track ends, the list is another one, devicechange
// is told, and what is put back has another id under the same label.
import type { Page } from '@playwright/test'

export type Plug = 'camera' | 'microphone' | 'document'

/** To be given to addInitScript before the page loads. */
export function plugs(): void {
  const media = navigator.mediaDevices
  const get = media.getUserMedia.bind(media)
  const list = media.enumerateDevices.bind(media)
  /** How often each was put back: part of its id. */
  const times: Record<Plug, number> = { camera: 0, microphone: 0, document: 0 }
  const out = new Set<Plug>()
  const running: { plug: Plug; track: MediaStreamTrack }[] = []
  const documentLabel = 'USB 高拍仪 (1bcf:0b15)'

  const canvas = document.createElement('canvas')
  canvas.width = 2592
  canvas.height = 1944
  const draw = canvas.getContext('2d')!
  draw.fillStyle = '#F4F7FC'
  draw.fillRect(0, 0, canvas.width, canvas.height)
  draw.fillStyle = '#16202E'
  draw.font = '48px sans-serif'
  for (let row = 0; row < 24; row++) draw.fillText(`样张 虚构数据 ${row} ABCDEFGH`, 160, 200 + row * 64)
  // Only a dot moves: frames come, and cost little where nobody looks.
  let n = 0
  setInterval(() => {
    draw.fillStyle = n++ % 2 ? '#16202E' : '#F4F7FC'
    draw.fillRect(2560, 1912, 32, 32)
  }, 200)

  const plugOf = (kind: string): Plug | undefined => (kind === 'videoinput' ? 'camera' : kind === 'audioinput' ? 'microphone' : undefined)
  const idOf = (plug: Plug, id: string) => `${id}.${times[plug]}`
  const asked = (want: boolean | MediaTrackConstraints | undefined): string | undefined => {
    const id = typeof want === 'object' ? want.deviceId : undefined
    return typeof id === 'object' && !Array.isArray(id) ? (id.exact as string | undefined) : undefined
  }
  const missing = () => new DOMException('Requested device not found', 'NotFoundError')

  media.enumerateDevices = async () => {
    const shown: MediaDeviceInfo[] = []
    const info = (kind: MediaDeviceKind, deviceId: string, label: string) => shown.push({ kind, deviceId, label, groupId: '', toJSON: () => ({}) } as MediaDeviceInfo)
    for (const d of await list()) {
      const plug = plugOf(d.kind)
      if (plug === undefined) shown.push(d)
      else if (!out.has(plug)) info(d.kind, idOf(plug, d.deviceId), d.label)
    }
    if (!out.has('document')) info('videoinput', idOf('document', 'scanner'), documentLabel)
    return shown
  }

  /** The constraint by which the browser knows the device, if it is plugged in under this very id. */
  function translated(plug: Plug, want: boolean | MediaTrackConstraints): boolean | MediaTrackConstraints {
    if (out.has(plug)) throw missing()
    const id = asked(want)
    if (id === undefined) return want
    if (!id.endsWith(`.${times[plug]}`)) throw new DOMException('deviceId', 'OverconstrainedError')
    return { ...(want as MediaTrackConstraints), deviceId: { exact: id.slice(0, id.lastIndexOf('.')) } }
  }

  function runs(plug: Plug, track: MediaStreamTrack, label: string, id: string, size: MediaTrackSettings = {}): void {
    running.push({ plug, track })
    const settings = track.getSettings.bind(track)
    Object.defineProperty(track, 'label', { value: label })
    Object.defineProperty(track, 'getSettings', { value: () => ({ ...settings(), ...size, deviceId: id }) })
  }

  media.getUserMedia = async (want = {}) => {
    if (want.video && asked(want.video)?.startsWith('scanner.')) {
      const id = asked(want.video)!
      if (out.has('document')) throw missing()
      if (id !== idOf('document', 'scanner')) throw new DOMException('deviceId', 'OverconstrainedError')
      const stream = canvas.captureStream(5)
      for (const track of stream.getVideoTracks()) runs('document', track, documentLabel, id, { width: 2592, height: 1944 })
      return stream
    }
    const stream = await get({
      ...(want.video ? { video: translated('camera', want.video) } : {}),
      ...(want.audio ? { audio: translated('microphone', want.audio) } : {}),
    })
    for (const track of stream.getTracks()) {
      const plug = track.kind === 'video' ? 'camera' : 'microphone'
      runs(plug, track, track.label, idOf(plug, track.getSettings().deviceId ?? ''))
    }
    return stream
  }

  const told = () => media.dispatchEvent(new Event('devicechange'))
  Object.assign(window, {
    testPlugs: {
      pull(plug: Plug) {
        out.add(plug)
        for (const r of running.splice(0)) {
          if (r.plug !== plug || r.track.readyState === 'ended') {
            if (r.track.readyState === 'live') running.push(r)
            continue
          }
          r.track.stop() // readyState as a pulled device leaves it
          r.track.dispatchEvent(new Event('ended'))
        }
        told()
      },
      putBack(plug: Plug) {
        times[plug]++
        out.delete(plug)
        told()
      },
    },
  })
}

type Plugged = { testPlugs: Record<'pull' | 'putBack', (plug: Plug) => void> }

export const pull = (page: Page, plug: Plug) => page.evaluate((p) => (window as unknown as Plugged).testPlugs.pull(p), plug)
export const putBack = (page: Page, plug: Plug) => page.evaluate((p) => (window as unknown as Plugged).testPlugs.putBack(p), plug)
