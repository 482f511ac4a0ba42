/** Bars of the microphone meter. */
export const bars = 5

/** Bars for a root mean square of 0–1: 1 bar from −50 dBFS on, one more each 9 dB. */
export function barsOf(rms: number): number {
  if (rms <= 0) return 0
  const db = 20 * Math.log10(rms)
  return Math.max(0, Math.min(bars, Math.floor((db + 50) / 9) + 1))
}

/** Meter of a microphone: calls back with 0–5 about ten times a second, and once when a voice was heard first. */
export class Meter {
  private context: AudioContext | undefined
  private timer: ReturnType<typeof setInterval> | undefined
  private loud = 0
  heard = false

  constructor(private readonly onLevel: (level: number, heard: boolean) => void) {}

  start(stream: MediaStream): void {
    this.stop()
    if (stream.getAudioTracks().length === 0) return
    const context = new AudioContext()
    this.context = context
    void context.resume()
    const analyser = context.createAnalyser()
    analyser.fftSize = 1024
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    this.timer = setInterval(() => {
      // A page that came back by itself may listen only after the first touch.
      if (context.state === 'suspended') void context.resume()
      analyser.getFloatTimeDomainData(samples)
      let sum = 0
      for (const s of samples) sum += s * s
      const level = barsOf(Math.sqrt(sum / samples.length))
      this.loud = level >= 3 ? this.loud + 1 : 0
      if (this.loud >= 3) this.heard = true
      this.onLevel(level, this.heard)
    }, 100)
  }

  stop(): void {
    clearInterval(this.timer)
    void this.context?.close()
    this.context = undefined
    this.loud = 0
  }
}
