import { describe, expect, it } from 'vitest'
import { crops, judge, laplaceVariance } from './laplace'

function picture(width: number, height: number, at: (x: number, y: number) => number): Uint8ClampedArray {
  const out = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out.fill(at(x, y), (y * width + x) * 4, (y * width + x) * 4 + 3)
  return out
}

describe('sharpness', () => {
  const stripes = (x: number) => (Math.floor(x / 4) % 2 === 0 ? 255 : 0)
  it('is 0 on a plain picture', () => expect(laplaceVariance(picture(32, 32, () => 90), 32, 32)).toBeCloseTo(0, 5))
  it('falls when edges blur', () => {
    const sharp = laplaceVariance(picture(64, 64, stripes), 64, 64)
    const blurred = laplaceVariance(picture(64, 64, (x) => (stripes(x - 2) + stripes(x - 1) + stripes(x) + stripes(x + 1) + stripes(x + 2)) / 5), 64, 64)
    expect(sharp).toBeGreaterThan(10_000)
    expect(blurred).toBeLessThan(sharp / 5)
  })
  it('judges by the ratio', () => expect([419, 420].map((v) => judge(v).verdict)).toEqual(['blurred', 'sharp']))
  it.each([[4096, 3072], [640, 480], [5, 5]])('crops of %d×%d lie inside', (w, h) => {
    for (const c of crops(w, h)) {
      expect(Math.min(c.x, c.y)).toBeGreaterThanOrEqual(0)
      expect(c.x + c.width).toBeLessThanOrEqual(w)
      expect(c.y + c.height).toBeLessThanOrEqual(h)
    }
  })
})
