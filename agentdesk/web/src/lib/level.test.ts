import { expect, it } from 'vitest'
import { barsOf } from './level'

it('counts bars from −50 dBFS on, one more each 9 dB', () => {
  const rms = (db: number) => 10 ** (db / 20)
  expect([0, rms(-60), rms(-49), rms(-40), rms(-31), rms(-22), rms(-13), 1].map(barsOf)).toEqual([0, 0, 1, 2, 3, 4, 5, 5])
})
