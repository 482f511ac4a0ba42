/** The agent's own camera and microphone. Each may be missing; the other still works. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'

export type DeviceState = 'asking' | 'ok' | 'denied' | 'missing' | 'busy'

/** What a refusal of getUserMedia means for a person. */
export function deviceStateOf(error: unknown): DeviceState {
  const name = error instanceof DOMException || error instanceof Error ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'missing'
}

export interface Devices {
  stream: ShallowRef<MediaStream | undefined>
  camera: Ref<DeviceState>
  microphone: Ref<DeviceState>
  /** Asks for what is not there yet; safe to call again. */
  open(): Promise<void>
  close(): void
}

const video: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } }
const audio: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

/** The devices of this page; they are given back with the scope. */
export function useDevices(): Devices {
  const stream = shallowRef<MediaStream>()
  const camera = ref<DeviceState>('asking')
  const microphone = ref<DeviceState>('asking')
  let asking: Promise<void> | undefined

  /** A new object at every change, so that whoever watches the stream sees it. */
  function put(tracks: MediaStreamTrack[]): void {
    for (const track of tracks) {
      track.addEventListener('ended', () => {
        if (track.kind === 'video') camera.value = 'missing'
        else microphone.value = 'missing'
        put((stream.value?.getTracks() ?? []).filter((t) => t !== track))
      })
    }
    stream.value = tracks.length ? new MediaStream(tracks) : undefined
  }

  async function ask(constraints: MediaStreamConstraints): Promise<MediaStreamTrack[] | DeviceState> {
    if (!navigator.mediaDevices?.getUserMedia) return 'denied' // not a secure page
    try {
      return (await navigator.mediaDevices.getUserMedia(constraints)).getTracks()
    } catch (error) {
      return deviceStateOf(error)
    }
  }

  async function openOnce(): Promise<void> {
    const old = stream.value?.getTracks() ?? []
    const needVideo = !old.some((t) => t.kind === 'video')
    const needAudio = !old.some((t) => t.kind === 'audio')
    if (!needVideo && !needAudio) return
    const both = needVideo && needAudio ? await ask({ video, audio }) : 'missing'
    if (typeof both !== 'string') {
      camera.value = microphone.value = 'ok'
      put(both)
      return
    }
    // Together they failed: each alone, so that a missing camera does not take the voice away.
    const tracks = [...old]
    if (needAudio) {
      const one = await ask({ audio })
      microphone.value = typeof one === 'string' ? one : 'ok'
      if (typeof one !== 'string') tracks.push(...one)
    }
    if (needVideo) {
      const one = await ask({ video })
      camera.value = typeof one === 'string' ? one : 'ok'
      if (typeof one !== 'string') tracks.push(...one)
    }
    put(tracks)
  }

  const plugged = (): void => void open()

  function open(): Promise<void> {
    asking ??= openOnce().finally(() => {
      asking = undefined
    })
    return asking
  }

  function close(): void {
    for (const t of stream.value?.getTracks() ?? []) t.stop()
    stream.value = undefined
    camera.value = microphone.value = 'asking'
  }

  navigator.mediaDevices?.addEventListener?.('devicechange', plugged)
  onScopeDispose(() => {
    navigator.mediaDevices?.removeEventListener?.('devicechange', plugged)
    close()
  })
  return { stream, camera, microphone, open, close }
}
