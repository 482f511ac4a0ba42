/** Side of a crop, px of the camera's own pixels: on a reduced picture a light blur does not show. */
export const cropSide = 1_024
/** A print or card under the document camera in good focus stays above this (ux.md 4.2: 1 px of blur gives about 500, sharp thousands). */
export const sharpBaseline = 1_200
/** Below this part of the baseline a page is called blurred. */
export const blurredRatio = 0.35

export interface Sharpness {
  /** variance of Laplacian of the sharpest crop */
  value: number
  verdict: 'sharp' | 'blurred'
}

/** Variance of the 4-neighbour Laplacian over the luma of RGBA pixels. */
export function laplaceVariance(rgba: Uint8ClampedArray, width: number, height: number): number {
  if (width < 3 || height < 3) return 0
  const luma = new Float32Array(width * height)
  for (let i = 0, p = 0; i < luma.length; i++, p += 4) {
    luma[i] = 0.299 * (rgba[p] ?? 0) + 0.587 * (rgba[p + 1] ?? 0) + 0.114 * (rgba[p + 2] ?? 0)
  }
  let sum = 0
  let squares = 0
  for (let y = 1; y < height - 1; y++) {
    const row = y * width
    for (let x = 1; x < width - 1; x++) {
      const i = row + x
      const v = 4 * (luma[i] ?? 0) - (luma[i - 1] ?? 0) - (luma[i + 1] ?? 0) - (luma[i - width] ?? 0) - (luma[i + width] ?? 0)
      sum += v
      squares += v * v
    }
  }
  const n = (width - 2) * (height - 2)
  const mean = sum / n
  return squares / n - mean * mean
}

export function judge(value: number): Sharpness {
  return { value, verdict: value < sharpBaseline * blurredRatio ? 'blurred' : 'sharp' }
}

/** Four crops around the centre, where the paper lies. */
export function crops(width: number, height: number): { x: number; y: number; width: number; height: number }[] {
  const w = Math.min(cropSide, Math.floor(width / 2))
  const h = Math.min(cropSide, Math.floor(height / 2))
  const cx = Math.floor(width / 2)
  const cy = Math.floor(height / 2)
  return [[cx - w, cy - h], [cx, cy - h], [cx - w, cy], [cx, cy]].map(([x = 0, y = 0]) => ({ x, y, width: w, height: h }))
}
