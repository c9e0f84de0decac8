import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BLOCK = /^```(?<language>\w+)(?: \[(?<file>[^\]]+)\])?\n(?<text>[\s\S]*?)^```$/gm

/** A block of a page: a file to write, or commands to type. */
export type Block = { file: string; text: string } | { commands: string }

/** What a page of docs has its reader do, in its order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(BLOCK)].flatMap(({ groups = {} }): Block[] => {
    const { language, file, text: block = '' } = groups
    if (file !== undefined) return [{ file, text: block }]
    return language === 'sh' ? [{ commands: block }] : []
  })
}

/** A folder as the reader's, outside the tree. */
export function readersFolder(): { folder: string; write: (file: string, text: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'netra-reader-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  write('package.json', '{"type": "module"}')
  return { folder, write }
}
