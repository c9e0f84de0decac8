import { readFileSync, statSync } from 'node:fs'

/** A line of a settings file that gives something. */
export interface FileLine {
  name: string
  text: string
  line: number
}

const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/
const MOST_BYTES = 256 * 1024

/** `KEY=value` lines; empty ones and those that begin with # are passed over. */
export function parseSettings(
  text: string,
  path: string,
): { lines: FileLine[]; problems: string[] } {
  const lines: FileLine[] = []
  const problems: string[] = []
  text.split(/\r?\n/).forEach((raw, index) => {
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return
    const line = index + 1
    const match = LINE.exec(trimmed)
    const [, name, value] = match ?? []
    // Not repeated: it may be a secret whose first half is the name of nothing.
    if (name === undefined || value === undefined) {
      problems.push(`${path}, line ${line}: is not of the form NAME=value`)
      return
    }
    const before = lines.find((other) => other.name === name)
    if (before)
      problems.push(`${path}, line ${line}: ${name} stands in line ${before.line} already`)
    else lines.push({ name, text: unquoted(value), line })
  })
  return { lines, problems }
}

/** A value in quotes is what stands between them; there are no escapes and no variables. */
const unquoted = (value: string): string => /^(["'])(.*)\1$/.exec(value)?.[2] ?? value

export interface SmallFile {
  text: string
  othersMayRead: boolean
  /** Every account of the machine may change it. */
  othersMayWrite: boolean
}

/** @throws with why it cannot be read. */
export function readSmallFile(path: string): SmallFile {
  const found = statSync(path)
  // Pipes and devices have no size and may have no end.
  if (!found.isFile()) throw new Error('it is no file')
  if (found.size > MOST_BYTES) throw new Error('it is larger than 256 KB')
  return {
    text: readFileSync(path, 'utf8'),
    othersMayRead: (found.mode & 0o007) !== 0,
    othersMayWrite: (found.mode & 0o002) !== 0,
  }
}
