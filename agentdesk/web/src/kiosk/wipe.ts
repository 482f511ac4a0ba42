/** The only database that outlives a resident: the station's key. */
const kept = 'remotewindow'

/** Leaves nothing in the browser that came with a resident: storage, databases, caches, history, selection. */
export async function wipeBrowser(): Promise<void> {
  localStorage.clear()
  sessionStorage.clear()
  // The page pushes no history; what stood in its entry goes.
  history.replaceState(null, '', location.href)
  getSelection()?.removeAllRanges()
  const all = await Promise.allSettled([
    globalThis.caches?.keys().then((names) => Promise.all(names.map((name) => caches.delete(name)))),
    indexedDB.databases?.().then((list) => {
      for (const { name } of list) if (name !== undefined && name !== kept) indexedDB.deleteDatabase(name)
    }),
  ])
  for (const one of all) if (one.status === 'rejected') console.warn('wipe', one.reason)
}

/** Addresses of pictures that this page made; revoked together. */
export class PictureURLs {
  private readonly urls = new Set<string>()

  make(blob: Blob): string {
    const url = URL.createObjectURL(blob)
    this.urls.add(url)
    return url
  }

  revokeAll(): void {
    for (const url of this.urls) URL.revokeObjectURL(url)
    this.urls.clear()
  }
}
