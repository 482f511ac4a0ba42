import type { ErrorCode } from '@/lib/failure'

/** The server takes this page no more, but may take the one that it serves now. */
const refused = new Set<ErrorCode | ''>(['protocol', 'forbidden'])

/** Nobody stands by a kiosk to load its page anew: a page that was refused does so itself after a minute. */
export class Renewal {
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly reload: () => void,
    private readonly afterMS = 60_000,
  ) {}

  /** Takes why the socket has stopped, '' while it has not. Call it with every change. */
  follow(code: ErrorCode | ''): void {
    if (refused.has(code)) {
      this.timer ??= setTimeout(this.reload, this.afterMS)
      return
    }
    clearTimeout(this.timer)
    this.timer = undefined
  }
}
