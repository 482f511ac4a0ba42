import type { Fault } from '@/lib/protocol.gen'

/** What works, for station.report. */
export interface Devices {
  faults: Fault[]
  docWidth: number
  docHeight: number
}

/** Labels of document cameras (高拍仪) and of the second fake camera of Chromium. */
const documentLabel = /高拍|document|scan|fake_device_1/i

/** The larger side first: cameras give the nearest they have. */
const fullSize = { width: { ideal: 4096 }, height: { ideal: 3072 } }

/** A document picture that a story puts in; read only in demo mode. */
function injected(): MediaStream | undefined {
  return (globalThis as { __rwDocumentStream?: MediaStream }).__rwDocumentStream
}

/**
 * The kiosk's two cameras and its microphone. The face camera and the microphone run from the press to the end of
 * the call, the document camera only while a page is asked for. One missing part takes only its own function away.
 */
export class Cameras {
  face: MediaStream | undefined
  document: MediaStream | undefined
  devices: Devices = { faults: [], docWidth: 0, docHeight: 0 }
  private opening: Promise<void> | undefined
  private openingDocument: Promise<MediaStream | undefined> | undefined
  private probed = false
  /** A resident is here: what the self-check opened stays open. */
  private kept = false
  private checking = false
  /** A page is asked for: what the probe opened stays open. */
  private documentKept = false

  constructor(
    private readonly onChange: () => void,
    private readonly demo: () => boolean,
  ) {
    navigator.mediaDevices?.addEventListener?.('devicechange', this.changed)
  }

  /** Looks once at start, and only where the permission stands already: an idle kiosk asks for nothing. */
  async selfCheck(): Promise<void> {
    if (navigator.mediaDevices === undefined) {
      // Plain HTTP off loopback: the browser gives no camera at all.
      this.setFaults(['camera_missing', 'mic_missing'])
      return
    }
    let state: string
    try {
      state = (await navigator.permissions.query({ name: 'camera' as PermissionName })).state
    } catch {
      return
    }
    if (state === 'denied') this.setFaults(['camera_denied'])
    if (state !== 'granted' || this.face !== undefined || this.opening !== undefined) return
    this.checking = true
    try {
      await this.openFace()
    } finally {
      this.checking = false
      if (!this.kept) this.stopFace()
    }
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

  private async openFace(): Promise<void> {
    // A stream without tracks says that there is nothing to open; a device that is plugged in asks again.
    if (this.face?.getTracks().every((t) => t.readyState === 'live')) return
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
    const video: MediaTrackConstraints = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } }
    const audio: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
    const faults: Fault[] = []
    const tracks: MediaStreamTrack[] = []
    if (navigator.mediaDevices === undefined) {
      this.setFaults(['camera_missing', 'mic_missing'])
      return
    }
    try {
      tracks.push(...(await navigator.mediaDevices.getUserMedia({ video, audio })).getTracks())
    } catch {
      // One of the two is missing or denied: take what there is.
      try {
        tracks.push(...(await navigator.mediaDevices.getUserMedia({ audio })).getTracks())
      } catch {
        faults.push('mic_missing')
      }
      try {
        tracks.push(...(await navigator.mediaDevices.getUserMedia({ video })).getTracks())
      } catch (error) {
        faults.push(error instanceof DOMException && error.name === 'NotAllowedError' ? 'camera_denied' : 'camera_missing')
      }
    }
    if (!this.faceWanted()) {
      // The resident went while the browser opened them.
      for (const track of tracks) track.stop()
      return
    }
    this.face = new MediaStream(tracks)
    for (const track of tracks) track.addEventListener('ended', this.changed)
    await this.probeDocument(faults)
    if (!this.faceWanted()) this.stopFace()
  }

  private async probeDocument(faults: Fault[]): Promise<void> {
    if (!this.probed && faults.every((f) => f === 'mic_missing')) {
      const stream = await this.documentStream()
      const settings = stream?.getVideoTracks()[0]?.getSettings()
      this.devices.docWidth = settings?.width ?? 0
      this.devices.docHeight = settings?.height ?? 0
      this.probed = stream !== undefined
      if (!this.documentKept) this.stopDocument()
    }
    this.setFaults(this.probed ? faults : [...faults, 'document_camera_missing'])
  }

  /** One opening at a time: a second stream of the same camera would have no owner. */
  private documentStream(): Promise<MediaStream | undefined> {
    if (this.document?.getVideoTracks().some((t) => t.readyState === 'live')) return Promise.resolve(this.document)
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
    return this.document
  }

  private async documentDevice(): Promise<string | undefined> {
    const all = await navigator.mediaDevices.enumerateDevices()
    const faceID = this.face?.getVideoTracks()[0]?.getSettings().deviceId
    const others = all.filter((d) => d.kind === 'videoinput' && d.deviceId !== '' && d.deviceId !== faceID)
    return (others.find((d) => documentLabel.test(d.label)) ?? others[0])?.deviceId
  }

  private setFaults(faults: Fault[]): void {
    this.devices = { ...this.devices, faults }
    this.onChange()
  }

  private stopDocument(): void {
    for (const track of this.document?.getTracks() ?? []) track.stop()
    this.document = undefined
  }

  private stopFace(): void {
    for (const track of this.face?.getTracks() ?? []) {
      track.removeEventListener('ended', this.changed)
      track.stop()
    }
    this.face = undefined
  }

  /** A camera was pulled or plugged: look again, and keep running if a resident is here. */
  private readonly changed = (): void => {
    this.probed = false
    if (!this.kept) return
    if (this.face?.getTracks().every((t) => t.readyState === 'live') && this.devices.faults.length === 0) return
    this.stopFace()
    void this.openFace()
  }
}
