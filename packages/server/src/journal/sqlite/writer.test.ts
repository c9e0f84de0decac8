import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { openMarkFile } from './mark.ts'
import type { CommitRequest } from './messages.ts'
import { openDatabase } from './open-database.ts'
import { Writer } from './writer.ts'

const ALL = { events: 1_000, bytes: 1e9 }

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-writer-'))
})
afterEach(() => rm(folder, { recursive: true }))

const request = (payload: string): CommitRequest => ({
  appends: [{ stream: 'thread:a', payloads: [payload] }],
  rows: [],
  expect: [],
  fence: undefined,
  erase: [],
})

const statuses = (writer: Writer, payload: string): string[] =>
  writer.commit([request(payload)]).outcomes.map(({ status }) => status)

test('the writer syncs each commit, and checkpoints by itself', () => {
  const database = openDatabase(join(folder, 'journal.db'))
  const pragma = (name: string): unknown =>
    Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0]
  expect(pragma('journal_mode')).toBe('wal')
  expect(pragma('synchronous')).toBe(2)
  expect(pragma('wal_autocheckpoint')).toBe(0)
  database.close()
})

test('F68: after one failed sync the same handle writes nothing more, though the disk would', () => {
  let failing = false
  const openMark: typeof openMarkFile = (path) => {
    const { file, mark } = openMarkFile(path)
    return {
      mark,
      file: {
        write(next) {
          if (failing) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
          file.write(next)
        },
        close: () => file.close(),
      },
    }
  }
  const writer = new Writer({ folder, at: '', openMark })
  expect(statuses(writer, 'one')).toEqual(['committed'])
  failing = true
  const { outcomes, problem } = writer.commit([request('two'), request('three')])
  expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'failed'])
  expect(problem).toMatchObject({ kind: 'broken', message: expect.stringContaining('EIO') })
  failing = false
  expect(writer.commit([request('four')]).problem).toEqual(problem)
  expect(writer.head('thread:a')).toBe(1)
  expect(writer.read('thread:a', 0, ALL).payloads).toEqual(['one'])
  writer.close()

  const next = new Writer({ folder, at: '' })
  expect(next.opened.epochChanged).toBeUndefined()
  expect(statuses(next, 'five')).toEqual(['committed'])
  // What reached the disk without being acknowledged may be there; what was never written is not.
  expect(next.read('thread:a', 0, ALL).payloads).toEqual(['one', 'two', 'three', 'five'])
  next.close()
})

test('the WAL stays short however much is written', () => {
  const writer = new Writer({ folder, at: '' })
  for (let n = 0; n < 60; n += 1) {
    expect(statuses(writer, 'x'.repeat(400_000))).toEqual(['committed'])
    writer.checkpointIfDue()
  }
  const database = openDatabase(join(folder, 'journal.db'))
  const size = database.prepare('pragma wal_checkpoint(noop)').get()
  expect(size?.['log']).toBeLessThan(1_200)
  database.close()
  writer.close()
})
