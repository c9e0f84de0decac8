import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { randomFrom } from '../contract-child.ts'
import type { StreamName } from '../journal.ts'
import { DamagedEvent } from './log.ts'
import type { CommitRequest } from './messages.ts'
import { Writer } from './writer.ts'

const ALL = { events: 1_000_000, bytes: 1e9 }
const FILES = ['journal.db', 'journal.db-wal', 'journal.mark', 'journal.sums'] as const
const STREAMS: StreamName[] = ['thread:a', 'thread:b', 'user:c']
/** Copies are many and short-lived: they need no disk. */
const ROOM = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const TABLES = ['setting', 'thread'] as const

let room: string
let closed: string
let killed: string
let closedState: string
let killedState: string

const request = (part: Partial<CommitRequest>): CommitRequest => ({
  appends: [],
  rows: [],
  expect: [],
  fence: undefined,
  erase: [],
  ...part,
})

const insertSetting = (key: string) => ({
  sql: "insert into setting (key, value, updated_at) values (?, ?, '')",
  parameters: [key, `value of ${key}`],
})

function fill(writer: Writer, from: number, count: number): void {
  for (let n = from; n < from + count; n += 1) {
    const stream = STREAMS[n % STREAMS.length] ?? 'thread:a'
    const payloads = [1, 2].map((part) => JSON.stringify({ n, part, text: 'word '.repeat(n % 9) }))
    writer.commit([request({ appends: [{ stream, payloads }], rows: [insertSetting(`k${n}`)] })])
  }
}

/** A journal with some of everything: indexed and new rows, erased and compacted ones. */
function build(folder: string): Writer {
  const writer = new Writer({ folder, at: '', indexEvery: 60 })
  fill(writer, 0, 40)
  writer.commit([request({ erase: [{ stream: 'user:c' }] })])
  const keep = { seq: 3, payload: JSON.stringify('kept') }
  writer.compact({ stream: 'thread:a', ranges: [{ first: 3, last: 6, keep }] })
  while (true) {
    const step = writer.overwrite()
    if ('left' in step && step.left === 'nothing') break
  }
  fill(writer, 40, 10)
  return writer
}

beforeAll(() => {
  room = mkdtempSync(join(ROOM, 'netra-damage-'))
  const [first, second] = [join(room, 'first'), join(room, 'killed')]
  for (const folder of [first, second])
    cpSync(mkdtempSync(join(room, 'x')), folder, { recursive: true })
  const writer = build(first)
  for (const name of FILES) cpSync(join(first, name), join(second, name))
  killed = second
  writer.close()
  closed = first
  closedState = stateOf(closed).state
  killedState = stateOf(killed).state
})
afterAll(() => rmSync(room, { recursive: true, force: true }))

/** All that can be seen of a journal, and whether it said that something was wrong. */
function stateOf(folder: string): { noticed: boolean; state: string } {
  const copy = mkdtempSync(join(room, 'copy-'))
  try {
    for (const name of FILES) {
      if (existsSync(join(folder, name))) cpSync(join(folder, name), join(copy, name))
    }
    return inspect(copy)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function inspect(folder: string): { noticed: boolean; state: string } {
  let writer: Writer
  try {
    writer = new Writer({ folder, at: '', indexEvery: 60 })
  } catch (error) {
    return { noticed: true, state: `refuses to start: ${String(error)}` }
  }
  let noticed = writer.opened.epochChanged !== undefined
  const seen: unknown[] = []
  try {
    for (const stream of STREAMS) {
      seen.push([stream, writer.head(stream), writer.removedThrough(stream)])
      for (let at = 0; at < writer.head(stream);) {
        try {
          const found = writer.readKept(stream, at, ALL)
          seen.push(found)
          at = found.through
        } catch (error) {
          if (!(error instanceof DamagedEvent)) throw error
          writer.loseEvent(error)
          noticed = true
        }
      }
    }
    while (true) {
      const { done, changed } = writer.scrub(64)
      noticed ||= changed !== undefined
      if (done) break
    }
    const reader = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
    for (const table of TABLES) seen.push(reader.prepare(`select * from ${table}`).all())
    reader.close()
    writer.close()
  } catch (error) {
    noticed = true
    seen.push(String(error))
  }
  return { noticed, state: JSON.stringify(seen) }
}

/** Offsets at which a change would go unnoticed and yet be seen. */
function silent(
  { folder, state }: { folder: string; state: string },
  file: (typeof FILES)[number],
  change: (content: Buffer, at: number) => Buffer,
  offsets: readonly number[],
): string[] {
  const content = readFileSync(join(folder, file))
  const copy = mkdtempSync(join(room, 'changed-'))
  const bad: string[] = []
  for (const at of offsets.filter((offset) => offset < content.length)) {
    for (const name of FILES) {
      if (existsSync(join(folder, name))) cpSync(join(folder, name), join(copy, name))
    }
    writeFileSync(join(copy, file), change(Buffer.from(content), at))
    const found = stateOf(copy)
    if (!found.noticed && found.state !== state) bad.push(`${file} at ${at}`)
  }
  return bad
}

const whole = () => ({ folder: closed, state: closedState })
const torn = () => ({ folder: killed, state: killedState })

const flipped = (content: Buffer, at: number): Buffer => {
  content[at] = (content[at] ?? 0) ^ (1 << (at % 8))
  return content
}
const cut = (content: Buffer, at: number): Buffer => content.subarray(0, at)

const sizeOf = (folder: string, file: string): number => readFileSync(join(folder, file)).length
const someOf = (size: number, count: number, seed: number): number[] => {
  const random = randomFrom(seed)
  return Array.from({ length: count }, () => Math.floor(random() * size))
}
const lastOf = (size: number, count: number, every = 1): number[] =>
  Array.from({ length: Math.ceil(count / every) }, (_, n) => size - 1 - n * every)

describe('F65: a flipped bit is noticed wherever it is', { timeout: 300_000 }, () => {
  test('anywhere in journal.db', () => {
    const size = sizeOf(closed, 'journal.db')
    expect(silent(whole(), 'journal.db', flipped, someOf(size, 300, 1))).toEqual([])
  })

  test('anywhere in the WAL that a killed process left, and at each byte of its last records', () => {
    const size = sizeOf(killed, 'journal.db-wal')
    const offsets = [...someOf(size, 150, 2), ...lastOf(size, 4_200, 13)]
    expect(silent(torn(), 'journal.db-wal', flipped, offsets)).toEqual([])
  })

  test('at each byte of journal.mark', () => {
    const offsets = [...lastOf(4_096, 4_096, 97), ...lastOf(8_192, 4_096, 97)]
    const written = Array.from({ length: 72 }, (_, n) => [n * 3, 4_096 + n * 3]).flat()
    expect(silent(whole(), 'journal.mark', flipped, [...offsets, ...written])).toEqual([])
  })
})

describe('F64: a truncation is noticed wherever it is', { timeout: 300_000 }, () => {
  test('of journal.db', () => {
    const size = sizeOf(closed, 'journal.db')
    const offsets = [...someOf(size, 60, 3), ...lastOf(size, 4_200, 41)]
    expect(silent(whole(), 'journal.db', cut, offsets)).toEqual([])
  })

  test('of the WAL', () => {
    const size = sizeOf(killed, 'journal.db-wal')
    const offsets = [...someOf(size, 60, 4), ...lastOf(size, 4_200, 41)]
    expect(silent(torn(), 'journal.db-wal', cut, offsets)).toEqual([])
  })

  test('F66: of journal.mark, which never takes anything away', () => {
    const size = sizeOf(closed, 'journal.mark')
    const offsets = [0, 1, 31, 32, 33, 100, 4_095, 4_096, 4_097, 4_200, 8_000, size - 1]
    expect(silent(whole(), 'journal.mark', cut, offsets)).toEqual([])
    for (const at of offsets) {
      const copy = mkdtempSync(join(room, 'mark-'))
      for (const name of ['journal.db', 'journal.mark'])
        cpSync(join(closed, name), join(copy, name))
      writeFileSync(
        join(copy, 'journal.mark'),
        readFileSync(join(copy, 'journal.mark')).subarray(0, at),
      )
      expect(inspect(copy).state).toBe(closedState)
    }
  })
})

test('F71: opened five times in a row without writes, the files stay byte for byte', () => {
  const copy = mkdtempSync(join(room, 'again-'))
  for (const name of ['journal.db', 'journal.mark', 'journal.sums'])
    cpSync(join(closed, name), join(copy, name))
  const bytes = (): string =>
    ['journal.db', 'journal.mark', 'journal.sums']
      .map((name) => readFileSync(join(copy, name), 'hex'))
      .join()
  new Writer({ folder: copy, at: '' }).close()
  const before = bytes()
  for (let round = 0; round < 5; round += 1) {
    const writer = new Writer({ folder: copy, at: '' })
    expect(writer.opened.epochChanged).toBeUndefined()
    writer.close()
    expect(bytes()).toBe(before)
  }
})
