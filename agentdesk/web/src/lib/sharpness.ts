import type { Sharpness } from './laplace'
import script from './sharpness.worker?worker&url'
import { ownScript } from './trusted'

export type { Sharpness } from './laplace'

let worker: Worker | undefined

/** Measures a shot at its native size. Takes the bitmap over. A worker that does not answer in 3 s counts as sharp with value 0: the agent looks anyway. */
export function sharpness(bitmap: ImageBitmap): Promise<Sharpness> {
  worker ??= new Worker(ownScript(script), { type: 'module' })
  const current = worker
  return new Promise((resolve) => {
    const done = (value: Sharpness) => {
      clearTimeout(timer)
      current.removeEventListener('message', take)
      resolve(value)
    }
    const take = (event: MessageEvent<Sharpness>) => done(event.data)
    const timer = setTimeout(() => done({ value: 0, verdict: 'sharp' }), 3_000)
    current.addEventListener('message', take)
    current.postMessage(bitmap, [bitmap])
  })
}
