// Starts the built binary on ports it finds free, on a data folder of its own,
// and stops it again: the stories drive the product as a user gets it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allow, outage } from '../guard'

export const binary = fileURLToPath(new URL('../../../../bin/remotewindow', import.meta.url))

/** Where a server runs when not on loopback: its address, and the words before its command line. */
type Place = { host: string; through: string[] }

export class Server {
  url = ''
  output = ''
  private child: ChildProcess | undefined
  /** Made at the first start: files of stories are read by processes that never start one. */
  private data = ''

  /** Without demo there is nobody and nothing: the first administrator comes by command(). */
  constructor(private readonly flags: string[] = [], private readonly demo = true, private readonly place: Place = { host: '127.0.0.1', through: [] }) {}

  /** Starts, or starts again on the same data and the same address. */
  async start(): Promise<void> {
    if (this.data === '') this.data = mkdtempSync(join(tmpdir(), 'rw-'))
    const listen = this.url === '' ? `${this.place.host}:0` : new URL(this.url).host
    const [program, ...words] = [...this.place.through, binary, 'serve']
    const child = spawn(program!, [...words, ...(this.demo ? ['--demo'] : []), '--listen', listen, '--media-port', '0', '--data', this.data, ...this.flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    this.output = ''
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`the server did not start:\n${this.output}`)), 30_000)
      const read = (chunk: Buffer) => {
        this.output += chunk.toString()
        const found = /(http:\/\/[\d.]+:\d+)\/desk/.exec(this.output)
        if (found?.[1]) {
          this.url = found[1]
          clearTimeout(deadline)
          resolve()
        }
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', (code) => {
        clearTimeout(deadline)
        reject(new Error(`the server ended with ${code}:\n${this.output}`))
      })
    })
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child
    this.child = undefined
    if (!child || child.exitCode !== null) return child?.exitCode ?? null
    return new Promise((resolve) => {
      child.once('exit', (code) => resolve(code))
      child.kill(signal)
    })
  }

  /** As the power cut does it. */
  async kill(): Promise<void> {
    allow(outage)
    await this.end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM')
    if (this.data !== '') rmSync(this.data, { recursive: true, force: true })
  }

  /** Another process of the binary on the same data, as an engineer runs it beside the node. */
  command(args: string[], input = ''): string {
    return execFileSync(binary, [...args, '--data', this.data], { input, encoding: 'utf8', timeout: 60_000 })
  }

  /** The sum of one metric over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    let sum = 0
    for (const line of text.split('\n')) {
      if (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) sum += Number(line.slice(line.lastIndexOf(' ') + 1))
    }
    return sum
  }
}
