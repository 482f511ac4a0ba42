// A network of a story's own: two namespaces joined by a pair of virtual
// Ethernet devices, the server in one and the kiosk in the other, so that
// packets can be dropped and addresses changed without touching the machine's
// network. Names and addresses are those of sfu/sfutest/netns, whose tests
// delete what a killed story left, and the other way round.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumFile } from './people'

const device = 'rw0'
const prefix = 24

let built = 0

export class Namespaces {
  readonly server: string
  readonly client: string
  readonly serverIP = '10.77.0.1'
  readonly clientIP = '10.77.0.2'
  private readonly folder = mkdtempSync(join(tmpdir(), 'rw-netns-'))

  constructor() {
    const name = `rw-${process.pid}-${++built}`
    this.server = `${name}s`
    this.client = `${name}c`
  }

  /** @throws when it cannot be built; stop() clears up in any case */
  start(): void {
    if (process.getuid?.() !== 0) throw new Error('network namespaces need root: run these stories as root (they change nothing of the machine\'s own network)')
    sweep()
    for (const name of [this.server, this.client]) run('ip', 'netns', 'add', name)
    run('ip', 'link', 'add', device, 'netns', this.server, 'type', 'veth', 'peer', 'name', device, 'netns', this.client)
    for (const [name, ip] of [[this.server, this.serverIP], [this.client, this.clientIP]] as const) {
      run('ip', '-n', name, 'addr', 'add', `${ip}/${prefix}`, 'dev', device)
      run('ip', '-n', name, 'link', 'set', 'lo', 'up')
      run('ip', '-n', name, 'link', 'set', device, 'up')
    }
  }

  /** The words before a command that is to run in a namespace. */
  static within(name: string): string[] {
    return ['ip', 'netns', 'exec', name]
  }

  /** A program that is Chromium inside a namespace. Playwright speaks to it over a pipe, which needs no network. */
  chromium(name: string): string {
    const file = join(this.folder, `chromium-${name}`)
    writeFileSync(file, `#!/bin/sh\nexec ${Namespaces.within(name).join(' ')} ${chromiumFile} "$@"\n`)
    chmodSync(file, 0o755)
    return file
  }

  /** Lets no UDP packet into or out of the client's namespace. */
  dropUDP(): void {
    const rules = ['input', 'output'].map((hook) => `chain ${hook} { type filter hook ${hook} priority 0; meta l4proto udp counter drop; }`)
    const [program, ...words] = Namespaces.within(this.client)
    execFileSync(program!, [...words, 'nft', '-f', '-'], { input: `table inet remotewindow {\n${rules.join('\n')}\n}\n` })
  }

  /** How many packets dropUDP has dropped. */
  dropped(): number {
    const [program, ...words] = Namespaces.within(this.client)
    const rules = execFileSync(program!, [...words, 'nft', 'list', 'table', 'inet', 'remotewindow'], { encoding: 'utf8' })
    return [...rules.matchAll(/packets (\d+)/g)].reduce((sum, found) => sum + Number(found[1]), 0)
  }

  /** Gives the client another address and takes its old one away. @returns when, unix ms */
  readdress(from: string, to: string): number {
    const at = Date.now()
    // The old one first: it is the primary one, and with it go all others.
    run('ip', '-n', this.client, 'addr', 'del', `${from}/${prefix}`, 'dev', device)
    run('ip', '-n', this.client, 'addr', 'add', `${to}/${prefix}`, 'dev', device)
    return at
  }

  stop(): void {
    for (const name of [this.server, this.client]) remove(name)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Ends what still runs in a namespace and deletes it. */
function remove(name: string): void {
  let pids: string
  try {
    pids = run('ip', 'netns', 'pids', name)
  } catch {
    return // not there
  }
  for (const pid of pids.split(/\s+/).filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // it has ended meanwhile
    }
  }
  run('ip', 'netns', 'del', name)
}

/** Deletes namespaces whose test process is no more. */
function sweep(): void {
  for (const [name, pid] of run('ip', 'netns', 'list').matchAll(/^rw-(\d+)-\d+[sc]\b/gm)) {
    try {
      process.kill(Number(pid), 0)
    } catch {
      remove(name)
    }
  }
}
