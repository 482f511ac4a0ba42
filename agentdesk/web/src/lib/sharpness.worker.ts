import { crops, judge, laplaceVariance } from './laplace'

// Takes an ImageBitmap, gives a Sharpness. In a worker, because 40 ms a crop would stop the picture.
const scope = self as unknown as { onmessage: (event: MessageEvent<ImageBitmap>) => void; postMessage: (value: unknown) => void }

scope.onmessage = (event) => {
  const bitmap = event.data
  let best = 0
  for (const crop of crops(bitmap.width, bitmap.height)) {
    const canvas = new OffscreenCanvas(crop.width, crop.height)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (context === null) continue
    context.drawImage(bitmap, -crop.x, -crop.y)
    best = Math.max(best, laplaceVariance(context.getImageData(0, 0, crop.width, crop.height).data, crop.width, crop.height))
  }
  bitmap.close()
  scope.postMessage(judge(best))
}
