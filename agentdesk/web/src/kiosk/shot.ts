import { maxThumbBytes, newID, sha256, type Shot } from '@/lib/capture'
import { Failure } from '@/lib/failure'
import type { CaptureView } from '@/lib/protocol.gen'
import { sharpness, type Sharpness } from '@/lib/sharpness'

/** A page as shot: the bytes that go out and what the page shows of them. */
export interface Taken {
  shot: Shot
  sha256: string
  blob: Blob
  sharp: Sharpness
}

const pageQuality = 0.85
const thumbWidth = 640
/** A little below the framing's bound, so that a busy picture still fits. */
const thumbTarget = Math.min(60_000, maxThumbBytes)

function jpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Failure('camera', 'no JPEG')) : resolve(blob)), 'image/jpeg', quality)
  })
}

function draw(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (context === null) throw new Failure('camera', 'no canvas')
  context.imageSmoothingQuality = 'high'
  context.drawImage(source, 0, 0, width, height)
  return canvas
}

async function thumbnail(full: HTMLCanvasElement): Promise<Blob> {
  const scale = Math.min(1, thumbWidth / full.width)
  const small = draw(full, Math.max(1, Math.round(full.width * scale)), Math.max(1, Math.round(full.height * scale)))
  for (const quality of [0.6, 0.4, 0.2]) {
    const blob = await jpeg(small, quality)
    if (blob.size <= thumbTarget) return blob
  }
  return jpeg(draw(small, Math.round(small.width / 2), Math.round(small.height / 2)), 0.2)
}

/** A camera just opened may need a moment. */
const frameBoundMS = 3_000

function firstFrame(video: HTMLVideoElement): Promise<void> {
  if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, frameBoundMS)
    video.addEventListener('loadeddata', () => {
      clearTimeout(timer)
      resolve()
    }, { once: true })
  })
}

/** Takes the present frame of the live picture at the camera's own size. @throws Failure camera */
export async function shoot(video: HTMLVideoElement, request: CaptureView): Promise<Taken> {
  await firstFrame(video)
  if (video.videoWidth === 0 || video.videoHeight === 0) throw new Failure('camera', 'no frame')
  const full = draw(video, video.videoWidth, video.videoHeight)
  const measured = createImageBitmap(full).then(sharpness)
  const [blob, thumb] = await Promise.all([jpeg(full, pageQuality), thumbnail(full)])
  const bytes = new Uint8Array(await blob.arrayBuffer())
  const sharp = await measured
  return {
    sha256: await sha256(bytes),
    blob,
    sharp,
    shot: {
      id: newID(), bytes, thumb: new Uint8Array(await thumb.arrayBuffer()), mime: 'image/jpeg', width: full.width, height: full.height,
      slot: request.slot, side: request.side, request: request.id, sharp: Math.round(sharp.value),
    },
  }
}
