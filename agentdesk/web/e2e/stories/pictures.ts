// Pictures and sound that can be told apart: the station's camera is red, the
// agent's is green, each with something that moves, and both speak.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = join(tmpdir(), 'remotewindow-e2e-media')

function once(name: string, make: (path: string) => void): string {
  const path = join(folder, name)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    const part = join(folder, `part-${process.pid}-${name}`)
    make(part)
    renameSync(part, path)
  }
  return path
}

function camera(name: string, colour: string): string {
  return once(name, (path) => {
    const picture = `color=c=${colour}:s=640x480:r=15:d=4[b];testsrc2=s=160x120:r=15:d=4[t];[b][t]overlay=x='mod(n*8,480)':y=180`
    execFileSync('ffmpeg', ['-loglevel', 'error', '-y', '-filter_complex', picture, '-c:v', 'mjpeg', '-q:v', '4', '-f', 'mjpeg', path])
  })
}

export const stationCamera = () => camera('station.mjpeg', '0xC02020')
export const agentCamera = () => camera('agent.mjpeg', '0x20A030')

/** Somebody counting in Chinese, 48 kHz mono. */
export function voice(): string {
  return once('voice.wav', (path) => {
    const raw = `${path}.raw.wav`
    execFileSync('espeak-ng', ['-v', 'cmn', '-w', raw, '一二三四五六七八九十，您好，请问要办什么事？'])
    execFileSync('ffmpeg', ['-loglevel', 'error', '-y', '-i', raw, '-ar', '48000', '-ac', '1', '-f', 'wav', path])
  })
}
