/** The board is drawn once, at 1920 × 1080; other screens zoom the same drawing. */

/** Zoom for a window: whole drawing in view, down to 0.7 (text of 12.6 px), up to 4. */
export function zoomFor(width: number, height: number): number {
  const z = Math.min(width / 1920, height / 1080)
  return Math.min(4, Math.max(0.7, Math.round(z * 1000) / 1000))
}

/** Keeps the zoom of the root in step with the window. */
export function followWindow(root: HTMLElement = document.documentElement): void {
  const apply = (): void => {
    const zoom = String(zoomFor(innerWidth, innerHeight))
    root.style.setProperty('zoom', zoom)
    root.style.setProperty('--zoom', zoom) // vh is of the window, not of the drawing: heights divide by this
  }
  addEventListener('resize', apply)
  apply()
}
