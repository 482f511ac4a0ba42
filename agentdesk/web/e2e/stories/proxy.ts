// A wire between a page and its server that a test can cut: a TCP proxy on
// loopback. Media does not pass through it.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export class Proxy {
  /** Where the page finds the server: its origin is the proxy's address. */
  url = ''
  private readonly open = new Set<Socket>()
  private readonly server = createServer((page) => {
    const upstream = connect(this.port, '127.0.0.1')
    for (const [from, to] of [[page, upstream], [upstream, page]] as const) {
      this.open.add(from)
      from.setNoDelay(true)
      from.on('error', () => to.destroy()) // a cut is what this is for
      from.on('close', () => {
        this.open.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  private readonly port: number

  constructor(target: { url: string }) {
    this.port = Number(new URL(target.url).port)
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.server.once('error', reject).listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Breaks every connection as a pulled cable of the router does: a reset to both ends. @returns when, unix ms */
  cut(): number {
    for (const socket of this.open) socket.resetAndDestroy()
    return Date.now()
  }

  async stop(): Promise<void> {
    this.cut()
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve))
  }
}
