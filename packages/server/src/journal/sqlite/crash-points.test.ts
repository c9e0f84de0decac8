import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { CRASH_POINTS, type CrashPoint } from './crash-points.ts'
import { Writer } from './writer.ts'

const CHILD = new URL('./crash-point-child.ts', import.meta.url).pathname
const ALL = { events: 1_000_000, bytes: 1e9 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netra-point-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Said {
  did: string
  n: number
  epoch: string
  through: number
  first: number
  last: number
}

function killedAt(point: CrashPoint, nth: number): Said[] {
  const child = spawnSync(process.execPath, [CHILD, folder, point, String(nth)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  expect([child.signal, child.stderr]).toEqual(['SIGKILL', ''])
  return child.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Said)
}

const numbers = (writer: Writer, stream: string): Map<number, { seq: number; text: string }> => {
  const { payloads, seqs } = writer.readKept(stream, 0, ALL)
  return new Map(
    payloads.map((payload, index) => {
      const { n, text } = JSON.parse(payload) as { n: number; text: string }
      return [n, { seq: seqs[index] ?? 0, text }]
    }),
  )
}

function expectEpoch(writer: Writer, said: readonly Said[], point: CrashPoint, nth: number): void {
  // Between an epoch and its mark the two disagree, and every reader is told so once more.
  const told = point === 'epoch: durable, the mark is of the old one' && nth === 2
  const epoch = said.findLast((each) => each.epoch)?.epoch
  if (told) expect(writer.opened.epochChanged).toBeDefined()
  else {
    expect(writer.opened.epochChanged).toBeUndefined()
    if (epoch && point !== 'epoch: marked') expect(writer.opened.epoch).toBe(epoch)
  }
}

/** Log, chain and pages are what was written. */
function expectWhole(writer: Writer): void {
  for (let done = false; !done;) {
    const step = writer.scrub(500)
    expect(step.changed).toBeUndefined()
    done = step.done
  }
}

/** What was erased is in no file once it was overwritten. */
function expectOverwritten(writer: Writer): void {
  for (let left = 'rows'; left !== 'nothing';) {
    const step = writer.overwrite()
    left = 'left' in step ? step.left : 'failed'
    expect(left).not.toBe('failed')
  }
  const bytes = ['journal.db', 'journal.db-wal']
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path))
  for (let n = 1; n <= writer.removedThrough('thread:b'); n += 1) {
    expect([n, bytes.some((content) => content.includes(`secret-${n}-`))]).toEqual([n, false])
  }
}

/** How often a point must be passed before the kill, so that there is something to lose. */
const TIMES: Partial<Record<CrashPoint, number[]>> = {
  'epoch: begun': [1, 2],
  'epoch: written': [1, 2],
  'epoch: durable, the mark is of the old one': [1, 2],
  'epoch: marked': [1, 2],
  'start: file opened': [1],
  'start: tables made': [1],
  'start: log verified': [1],
  'checkpoint: due': [1, 2],
  'checkpoint: done': [1, 2],
  'checkpoint: moved, sums behind': [1, 3],
  'compact: begun': [1, 13],
  'compact: kept event written': [2, 14],
  'compact: noted, not durable': [1, 12],
  'compact: durable, not marked': [2, 13],
  'compact: marked, not answered': [1, 14],
  'erase: noted, not durable': [1, 13],
  'overwrite: begun': [1, 4],
  'overwrite: rows emptied': [1, 4],
  'overwrite: rows durable': [2, 5],
  'overwrite: all rows empty, the WAL is not': [1, 2],
  'overwrite: WAL emptied': [1, 2],
}

const cases = CRASH_POINTS.flatMap((point) =>
  (TIMES[point] ?? [3, 137]).map((nth): [CrashPoint, number] => [point, nth]),
)

test.each(cases)('SIGKILL at "%s", time %i, loses nothing', { timeout: 120_000 }, (point, nth) => {
  const said = killedAt(point, nth)
  const writer = new Writer({ folder, at: '', indexEvery: 40 })
  const acknowledged = said.filter(({ did }) => did === 'commit').map(({ n }) => n)
  const last = acknowledged.at(-1) ?? 0

  expectEpoch(writer, said, point, nth)
  const reader = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
  const rows = reader.prepare("select count(*) as count from setting where key like 'k%'").get()
  reader.close()
  const committed = Number(rows?.['count'])
  expect([last, last + 1]).toContain(committed)
  for (const stream of ['thread:a', 'thread:b']) expect(writer.head(stream)).toBe(committed)

  const erasedThrough = said.findLast(({ did }) => did === 'erase')?.through ?? 0
  const secret = numbers(writer, 'thread:b')
  expect(Math.min(...secret.keys(), Infinity)).toBeGreaterThan(erasedThrough)
  expect(writer.removedThrough('thread:b')).toBeGreaterThanOrEqual(erasedThrough)
  for (let n = writer.removedThrough('thread:b') + 1; n <= committed; n += 1) {
    expect(secret.get(n)?.seq).toBe(n)
  }

  const open = numbers(writer, 'thread:a')
  const compacted = said.filter(({ did }) => did === 'compact')
  for (const { first } of compacted) expect(open.get(first)).toMatchObject({ text: 'kept' })
  for (let n = writer.removedThrough('thread:a') + 1; n <= committed; n += 1) {
    expect(open.get(n)?.seq).toBe(n)
  }

  expectWhole(writer)
  expectOverwritten(writer)
  writer.close()
})
