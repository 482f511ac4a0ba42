/** Zoom and rotation of the document viewer. Pure. */

export interface View {
  /** 1 = one image pixel is one CSS pixel; undefined = fit to the window. */
  zoom: number | undefined
  /** Degrees clockwise: 0, 90, 180, 270. */
  turn: number
}

export const leastZoom = 0.25
export const mostZoom = 4
const steps = [0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4]

/** Zoom at which an image of w × h fits a box, at most its own size and at least leastZoom. */
export function fitZoom(w: number, h: number, boxW: number, boxH: number, turn: number): number {
  if (w <= 0 || h <= 0 || boxW <= 0 || boxH <= 0) return 1
  const [vw, vh] = turn % 180 === 0 ? [w, h] : [h, w]
  return Math.min(1, boxW / vw, boxH / vh)
}

/** The next step above (direction 1) or below (−1) the zoom in force. */
export function stepZoom(zoom: number, direction: 1 | -1): number {
  const next = direction > 0 ? steps.find((s) => s > zoom + 0.005) : [...steps].reverse().find((s) => s < zoom - 0.005)
  return next ?? (direction > 0 ? mostZoom : leastZoom)
}

/** What a bare key does while the viewer has the focus. */
export type ViewerAct = 'rotate' | 'in' | 'out' | 'fit' | 'previous' | 'next' | 'passed' | 'retake' | 'not_applicable'

/** Act of a key, or undefined: keys with Ctrl, Alt or Meta belong to somebody else. */
export function actOfKey(e: { key: string; ctrlKey: boolean; altKey: boolean; metaKey: boolean }): ViewerAct | undefined {
  if (e.ctrlKey || e.altKey || e.metaKey) return undefined
  switch (e.key) {
    case 'r':
    case 'R':
      return 'rotate'
    case '+':
    case '=':
      return 'in'
    case '-':
    case '−':
      return 'out'
    case '0':
      return 'fit'
    case 'ArrowLeft':
      return 'previous'
    case 'ArrowRight':
      return 'next'
    case '1':
      return 'passed'
    case '2':
      return 'retake'
    case '3':
      return 'not_applicable'
    default:
      return undefined
  }
}
