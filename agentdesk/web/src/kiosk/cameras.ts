import type { Fault } from '@/lib/protocol.gen'

/** What works, for station.report. */
export interface Devices {
  faults: Fault[]
  docWidth: number
  docHeight: number
}

/** What the browser lets an idle kiosk look at. insecure: no devices at all, the page did not come by https. */
export type Leave = 'granted' | 'denied' | 'unasked' | 'insecure'

/** Labels of document cameras (高拍仪) and of the second fake camera of Chromium. */
const documentLabel = /高拍|document|scan|fake_device_1/i

/** The larger side first: cameras give the nearest they have. */
const fullSize = { width: { ideal: 4096 }, height: { ideal: 3072 } }
const faceSize = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } }
const voice = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

/** ms after a change of devices at which they are looked at: a camera takes a moment to be ready. */
const looksMS = [200, 1_000, 3_000]

/** A document picture that a story puts in; read only in demo mode. */
function injected(): MediaStream | undefined {
  return (globalThis as { __rwDocumentStream?: MediaStream }).__rwDocumentStream
}

type Kind = 'camera' | 'microphone' | 'document'

/**
 * The kiosk's two cameras and its microphone. The face camera and the microphone run from the press to the end of
 * the call, the document camera only while a page is asked for. One missing part takes only its own function away.
 * A part that was pulled and put back opens again by its label, since its id is another one then; what still runs
 * meanwhile goes on.
 */
export class Cameras {
  face: MediaStream | undefined
  document: MediaStream | undefined
  devices: Devices = { faults: [], docWidth: 0, docHeight: 0 }
  private opening: Promise<void> | undefined
  private openingDocument: Promise<MediaStream | undefined> | undefined
  /** Labels of the parts that ran last, '' before the first time. */
  private readonly labels: Record<Kind, string> = { camera: '', microphone: '', document: '' }
  /** Tracks whose device has gone, whatever their readyState says. */
  private readonly gone = new WeakSet<MediaStreamTrack>()
  private cameraFault: Fault | undefined
  private micFault = false
  /** Asked and answered since the last change of devices: not again at every state. */
  private tried = false
  private probed = false
  /** A resident is here: what the self-check opened stays open. */
  private kept = false
  private checking = false
  /** A page is asked for: what the probe opened stays open. */
  private documentKept = false
  private looks: ReturnType<typeof setTimeout>[] = []

  /** onChange: a stream or a fault is another one. onDevices: something was plugged or pulled while nobody is here. */
  constructor(
    private readonly onChange: () => void,
    private readonly demo: () => boolean,
    private readonly onDevices: () => void = () => undefined,
  ) {
    navigator.mediaDevices?.addEventListener?.('devicechange', this.changed)
  }

  /**
   * Looks at what there is, and only where the permission stands already: an idle kiosk asks for nothing. measure
   * gets the face stream while it is open; a running one is measured as it is.
   */
  async selfCheck(measure: (face: MediaStream) => Promise<void> = () => Promise.resolve()): Promise<Leave> {
    if (navigator.mediaDevices === undefined) {
      // Plain HTTP off loopback: the browser gives no camera at all.
      this.cameraFault = 'camera_missing'
      this.micFault = true
      this.told()
      return 'insecure'
    }
    let state: string
    try {
      state = (await navigator.permissions.query({ name: 'camera' as PermissionName })).state
    } catch {
      return 'unasked'
    }
    if (state === 'denied') {
      this.cameraFault = 'camera_denied'
      this.told()
      return 'denied'
    }
    if (state !== 'granted') return 'unasked'
    if (this.cameraFault === 'camera_denied') this.cameraFault = undefined
    this.checking = true
    try {
      if (!this.kept) this.tried = this.probed = false
      await this.openFace()
      if (this.face !== undefined) await measure(this.face)
    } finally {
      this.checking = false
      if (!this.kept) this.stopFace()
    }
    return 'granted'
  }

  /** Camera and microphone on, from the press. Never throws: what is missing stands in devices.faults. */
  async open(): Promise<void> {
    this.kept = true
    await this.openFace()
  }

  /** The document camera at its full resolution, or undefined; also undefined if it was closed while it opened. */
  async openDocument(): Promise<MediaStream | undefined> {
    this.documentKept = true
    await this.documentStream()
    if (!this.documentKept) this.stopDocument()
    return this.document
  }

  closeDocument(): void {
    if (!this.documentKept) return // the probe closes what it opened
    this.documentKept = false
    this.stopDocument()
  }

  /** Everything off: the resident has gone. */
  close(): void {
    this.closeDocument()
    if (!this.kept) return // the self-check closes what it opened
    this.kept = false
    this.stopFace()
  }

  private works(track: MediaStreamTrack | undefined): boolean {
    return track !== undefined && track.readyState === 'live' && !this.gone.has(track)
  }

  private faceTrack(kind: 'video' | 'audio'): MediaStreamTrack | undefined {
    return this.face?.getTracks().find((t) => t.kind === kind && this.works(t))
  }

  private async openFace(): Promise<void> {
    // What is missing was asked for once; a device that is plugged in asks again.
    if (this.face !== undefined && (this.tried || (this.faceTrack('video') && this.faceTrack('audio')))) return
    const joined = this.opening !== undefined
    this.opening ??= this.openFaceOnce().finally(() => {
      this.opening = undefined
    })
    await this.opening
    // The opening that this one joined was closed on its way: the next resident needs one of his own.
    if (joined && this.face === undefined && this.faceWanted()) await this.openFace()
  }

  private faceWanted(): boolean {
    return this.kept || this.checking
  }

  private async openFaceOnce(): Promise<void> {
    if (navigator.mediaDevices === undefined) {
      this.cameraFault = 'camera_missing'
      this.micFault = true
      this.told()
      return
    }
    this.tried = true
    const fresh = await this.faceTracks()
    if (!this.faceWanted()) {
      // The resident went while the browser opened them.
      for (const track of fresh) track.stop()
      return
    }
    const running = this.face?.getTracks().filter((t) => this.works(t)) ?? []
    this.face = new MediaStream([...running, ...fresh])
    for (const track of fresh) {
      track.addEventListener('ended', this.ended)
      this.labels[track.kind === 'video' ? 'camera' : 'microphone'] = track.label
    }
    await this.probeDocument()
    if (!this.faceWanted()) this.stopFace()
  }

  /** Opens what of camera and microphone does not run, and says in the faults what cannot be had. */
  private async faceTracks(): Promise<MediaStreamTrack[]> {
    const want = { video: this.faceTrack('video') === undefined, audio: this.faceTrack('audio') === undefined }
    const [video, audio] = await Promise.all([want.video ? this.constraint('camera') : undefined, want.audio ? this.constraint('microphone') : undefined])
    const out: MediaStreamTrack[] = []
    if (video && audio) {
      try {
        out.push(...(await navigator.mediaDevices.getUserMedia({ video, audio })).getTracks())
        this.cameraFault = undefined
        this.micFault = false
        return out
      } catch {
        // One of the two is missing or denied: take what there is.
      }
    }
    if (want.audio) {
      try {
        if (audio === undefined) throw new DOMException('', 'NotFoundError')
        out.push(...(await navigator.mediaDevices.getUserMedia({ audio })).getTracks())
        this.micFault = false
      } catch {
        this.micFault = true
      }
    }
    if (want.video) {
      try {
        if (video === undefined) throw new DOMException('', 'NotFoundError')
        out.push(...(await navigator.mediaDevices.getUserMedia({ video })).getTracks())
        this.cameraFault = undefined
      } catch (error) {
        this.cameraFault = error instanceof DOMException && error.name === 'NotAllowedError' ? 'camera_denied' : 'camera_missing'
      }
    }
    return out
  }

  /** What to ask the browser for: the part that ran before, else a fitting one; undefined if there is none. */
  private async constraint(kind: 'camera' | 'microphone'): Promise<MediaTrackConstraints | undefined> {
    const base: MediaTrackConstraints = kind === 'camera' ? faceSize : voice
    const all = await this.listed(kind === 'camera' ? 'videoinput' : 'audioinput')
    // Before the first permission the browser names nothing: it chooses.
    if (all.every((d) => d.label === '')) return base
    const label = this.labels[kind]
    const same = all.find((d) => label !== '' && d.label === label)
    if (kind === 'microphone') return same === undefined ? base : { ...base, deviceId: { exact: same.deviceId } }
    const other = all.find((d) => !documentLabel.test(d.label) && d.label !== this.labels.document)
    const chosen = same ?? other
    // Better no face than the papers in its place; a single camera of any name is the face.
    if (chosen === undefined) return all.length === 1 && label === '' ? base : undefined
    return { ...base, deviceId: { exact: chosen.deviceId } }
  }

  private async listed(kind: MediaDeviceKind): Promise<MediaDeviceInfo[]> {
    try {
      return (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === kind && d.deviceId !== '')
    } catch {
      return []
    }
  }

  private async probeDocument(): Promise<void> {
    if (!this.probed && this.cameraFault !== 'camera_denied') {
      const stream = await this.documentStream()
      const settings = stream?.getVideoTracks()[0]?.getSettings()
      this.devices = { ...this.devices, docWidth: settings?.width ?? 0, docHeight: settings?.height ?? 0 }
      this.probed = stream !== undefined
      if (!this.documentKept) this.stopDocument()
    }
    this.told()
  }

  /** One opening at a time: a second stream of the same camera would have no owner. */
  private documentStream(): Promise<MediaStream | undefined> {
    if (this.works(this.document?.getVideoTracks()[0])) return Promise.resolve(this.document)
    this.openingDocument ??= this.openDocumentOnce().finally(() => {
      this.openingDocument = undefined
    })
    return this.openingDocument
  }

  private async openDocumentOnce(): Promise<MediaStream | undefined> {
    this.document = undefined
    const story = this.demo() ? injected() : undefined
    if (story !== undefined) {
      this.document = new MediaStream(story.getVideoTracks().map((t) => t.clone()))
      return this.document
    }
    try {
      const id = await this.documentDevice()
      if (id !== undefined) this.document = await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: id }, ...fullSize } })
    } catch {
      // Missing or denied: it stands in devices.faults.
    }
    const track = this.document?.getVideoTracks()[0]
    track?.addEventListener('ended', this.ended)
    if (track !== undefined) this.labels.document = track.label
    return this.document
  }

  private async documentDevice(): Promise<string | undefined> {
    const faceID = this.faceTrack('video')?.getSettings().deviceId
    const others = (await this.listed('videoinput')).filter((d) => d.deviceId !== faceID && (d.label === '' || d.label !== this.labels.camera))
    const label = this.labels.document
    return (others.find((d) => label !== '' && d.label === label) ?? others.find((d) => documentLabel.test(d.label)) ?? others[0])?.deviceId
  }

  private told(): void {
    const faults: Fault[] = []
    if (this.micFault) faults.push('mic_missing')
    if (this.cameraFault !== undefined) faults.push(this.cameraFault)
    if (!this.probed && this.cameraFault !== 'camera_denied') faults.push('document_camera_missing')
    this.devices = { ...this.devices, faults }
    this.onChange()
  }

  private stopDocument(): void {
    this.stop(this.document)
    this.document = undefined
  }

  private stopFace(): void {
    this.stop(this.face)
    this.face = undefined
    this.tried = false
  }

  private stop(stream: MediaStream | undefined): void {
    for (const track of stream?.getTracks() ?? []) {
      track.removeEventListener('ended', this.ended)
      track.stop()
    }
  }

  /** A running part was pulled: its function goes, the others stay, and it is looked for again. */
  private readonly ended = (event: Event): void => {
    const track = event.target as MediaStreamTrack
    this.gone.add(track)
    if (this.document?.getTracks().includes(track)) {
      this.document = undefined
      this.probed = false
    } else if (this.face?.getTracks().includes(track)) {
      if (track.kind === 'video') this.cameraFault = 'camera_missing'
      else this.micFault = true
      this.face = new MediaStream(this.face.getTracks().filter((t) => this.works(t)))
    }
    this.told()
    this.changed()
  }

  /** Something was plugged or pulled. */
  private readonly changed = (): void => {
    for (const timer of this.looks) clearTimeout(timer)
    this.looks = looksMS.map((ms) => setTimeout(() => void this.look(), ms))
  }

  /** Opens again what should run and does not. */
  private async look(): Promise<void> {
    if (!this.kept) {
      for (const timer of this.looks) clearTimeout(timer)
      this.tried = this.probed = false
      this.onDevices()
      return
    }
    if (this.devices.faults.length === 0 && this.faceTrack('video') && this.faceTrack('audio') && (!this.documentKept || this.works(this.document?.getVideoTracks()[0]))) return
    this.tried = this.probed = false
    await this.openFace()
    if (this.faceTrack('video') && this.faceTrack('audio') && !this.probed) await this.probeDocument()
    if (this.documentKept) {
      await this.openDocument()
      this.told()
    }
  }
}
