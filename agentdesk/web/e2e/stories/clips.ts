// Placeholder recordings: espeak-ng says each sentence of the table, as the page shows it. Real ones are recorded by a
// person and put into a folder of the same shape (deploy/OPERATIONS.md).
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import en from '../../src/i18n/kiosk.en'
import zh from '../../src/i18n/kiosk.zh'
import { type ClipID, clipTexts } from '../../src/kiosk/clips'

const words = { zh: { texts: zh as unknown, voice: 'cmn' }, en: { texts: en as unknown, voice: 'en' } }

/** The text that stands on the screen under a dotted key, without the names and numbers that vary. */
function textOf(texts: unknown, key: string): string {
  let at: unknown = texts
  for (const name of key.split('.')) at = (at as Record<string, unknown>)[name]
  if (typeof at !== 'string') throw new Error(`${key} is no text`)
  return at.replace(/\{[^}]*\}/g, '').replace(/[|@‖]/g, ' ')
}

export class Recordings {
  readonly folder = mkdtempSync(join(tmpdir(), 'rw-clips-'))

  constructor(ids: ClipID[] = Object.keys(clipTexts) as ClipID[]) {
    const index: Record<string, Record<string, string>> = {}
    for (const [lang, { texts, voice }] of Object.entries(words)) {
      mkdirSync(join(this.folder, lang))
      index[lang] = {}
      for (const id of ids) {
        const file = `${id}.wav`
        execFileSync('espeak-ng', ['-v', voice, '-w', join(this.folder, lang, file), textOf(texts, clipTexts[id])])
        index[lang][id] = file
      }
    }
    writeFileSync(join(this.folder, 'index.json'), JSON.stringify(index))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
