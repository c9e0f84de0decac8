import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { DataFolderTaken } from '../../platform/data-folder-lock.ts'
import { silentLogger } from '../../platform/logger.ts'
import { EventsRemoved, type Journal } from '../journal.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

const ALL = { events: 1_000, bytes: 1e9 }
const SLOT = 4096

let folder: string
let journal: Journal | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-start-'))
})
afterEach(async () => {
  await close()
  await rm(folder, { recursive: true })
})

const path = (name: string): string => join(folder, name)

async function start(indexEvery?: number): Promise<Journal> {
  await close()
  // A scrub would find by itself what these tests want to be found by a start or a read.
  const options = { folder, logger: silentLogger, upkeep: { scrubEveryMs: Infinity } }
  journal = await openSqliteJournal(indexEvery ? { ...options, indexEvery } : options)
  return journal
}

async function close(): Promise<void> {
  await journal?.[Symbol.asyncDispose]()
  journal = undefined
}

const append = (
  to: Journal,
  texts: readonly string[],
  stream: 'thread:a' | 'thread:b' = 'thread:a',
) =>
  to.commit({
    appends: [{ stream, events: texts.map((payload) => ({ type: 'test', payload })) }],
  })

/** Flips one bit of the first byte of `text` in the closed database. */
async function flip(text: string): Promise<void> {
  const content = await readFile(path('journal.db'))
  const at = content.indexOf(text)
  expect(at).toBeGreaterThan(0)
  content[at] = (content[at] ?? 0) ^ 1
  await writeFile(path('journal.db'), content)
}

async function expectNewEpoch(old: string, why: RegExp): Promise<Journal> {
  const again = await start()
  expect(again.epoch).not.toBe(old)
  expect(again.status().epochChanged).toMatch(why)
  expect(again.status().writable).toBe(true)
  expect(await again.plan('thread:a', `${old}:1`)).toMatchObject({ kind: 'other_epoch' })
  return again
}

async function expectCalm(epoch: string): Promise<void> {
  const again = await start()
  expect(again.epoch).toBe(epoch)
  expect(again.status().epochChanged).toBeUndefined()
}

describe('the log against its mark', () => {
  test("F69: yesterday's database under today's mark gets a new epoch, once", async () => {
    const first = await start()
    await append(first, ['one', 'two'])
    await close()
    await copyFile(path('journal.db'), path('backup'))
    const second = await start()
    await append(second, ['three'])
    await close()
    await copyFile(path('backup'), path('journal.db'))
    const restored = await expectNewEpoch(first.epoch, /was acknowledged/)
    expect(await restored.head('thread:a')).toBe(2)
    expect(await append(restored, ['other'])).toMatchObject({ appended: [{ first: 3, last: 3 }] })
    const read = await restored.read('thread:a', 0, ALL)
    expect(read.map(({ payload }) => payload)).toEqual(['one', 'two', 'other'])
    await expectCalm(restored.epoch)
  })

  test('another history of the same length is told apart', async () => {
    expect.hasAssertions()
    const first = await start()
    await append(first, ['common'])
    await close()
    await copyFile(path('journal.db'), path('backup'))
    await copyFile(path('journal.mark'), path('backup.mark'))
    await append(await start(), ['this'])
    await close()
    await copyFile(path('journal.mark'), path('this.mark'))
    await copyFile(path('backup'), path('journal.db'))
    await copyFile(path('backup.mark'), path('journal.mark'))
    await append(await start(), ['that'])
    await close()
    await copyFile(path('this.mark'), path('journal.mark'))
    await expectNewEpoch(first.epoch, /is not the one that was acknowledged/)
  })

  test('a lost commit of rows alone is noticed too', async () => {
    expect.hasAssertions()
    const first = await start()
    await append(first, ['one'])
    await close()
    await copyFile(path('journal.db'), path('backup'))
    const { db } = await start()
    const values = { key: 'k', value: '', updated_at: '' }
    await journal?.write([db.insertInto('setting').values(values).compile()])
    await close()
    await copyFile(path('backup'), path('journal.db'))
    await expectNewEpoch(first.epoch, /was acknowledged/)
  })

  test('a database that is gone is not taken for a new one', async () => {
    const first = await start()
    await append(first, ['one'])
    await close()
    await rm(path('journal.db'))
    const again = await expectNewEpoch(first.epoch, /journal.db is new/)
    expect(await again.head('thread:a')).toBe(0)
    await expectCalm(again.epoch)
  })

  test('a log whose mark is gone gets a new epoch', async () => {
    const first = await start()
    await append(first, ['one'])
    await close()
    await rm(path('journal.mark'))
    const again = await expectNewEpoch(first.epoch, /journal.mark is missing/)
    expect(await again.head('thread:a')).toBe(1)
    await expectCalm(again.epoch)
  })

  test('a mark torn in its last write leaves the one before it, and no alarm', async () => {
    expect.hasAssertions()
    const first = await start()
    for (const text of ['one', 'two', 'three']) await append(first, [text])
    await close()
    const whole = await readFile(path('journal.mark'))
    const turns = [0, SLOT].map((at) => /"turn":(\d+)/.exec(whole.toString('latin1', at))?.[1])
    expect(turns.filter((turn) => turn === undefined)).toEqual([])
    const newest = Number(turns[0]) > Number(turns[1]) ? 0 : SLOT
    const file = await open(path('journal.mark'), 'r+')
    await file.write(Buffer.alloc(SLOT), 0, SLOT, newest)
    await file.close()
    await expectCalm(first.epoch)
  })

  test('a folder where the first start was killed half way is a new one', async () => {
    await writeFile(path('journal.mark'), Buffer.alloc(2 * SLOT))
    const again = await start()
    expect(again.status().epochChanged).toBeUndefined()
  })
})

describe('a flipped bit', () => {
  test('in the tail is noticed at start; the event counts as removed, the others are read', async () => {
    const first = await start()
    await append(first, ['before'])
    await append(first, ['the broken one'])
    await append(first, ['after'], 'thread:b')
    await close()
    await flip('the broken one')
    const again = await expectNewEpoch(first.epoch, /is not what was written/)
    const [before] = await again.read('thread:a', 0, { events: 1, bytes: 100 })
    expect(before?.payload).toBe('before')
    await expect(again.read('thread:a', 1, ALL)).rejects.toThrow(EventsRemoved)
    expect(await again.readKept('thread:a', 0, ALL)).toMatchObject({ through: 2 })
    expect(await again.read('thread:b', 0, ALL)).toEqual([{ seq: 1, payload: 'after' }])
    await append(again, ['next'], 'thread:b')
    await expectCalm(again.epoch)
  })

  test('in an older part is noticed when it is read', async () => {
    const first = await start(2)
    for (const text of ['one', 'the broken one', 'three', 'four', 'five', 'six']) {
      await append(first, [text])
    }
    await close()
    await flip('the broken one')
    const again = await start(2)
    expect(again.epoch).toBe(first.epoch)
    expect(await again.read('thread:a', 0, ALL)).toEqual([{ seq: 1, payload: 'one' }])
    expect(again.epoch).not.toBe(first.epoch)
    await expect(again.read('thread:a', 1, ALL)).rejects.toThrow(EventsRemoved)
    const read = await again.read('thread:a', 2, ALL)
    expect(read.map(({ seq }) => seq)).toEqual([3, 4, 5, 6])
    await expectCalm(again.epoch)
  })

  test('in payload and hash alike breaks the chain', async () => {
    expect.hasAssertions()
    const first = await start()
    await append(first, ['one', 'two', 'three'])
    await close()
    const forged = createHash('sha256').update('forged').digest()
    const database = new DatabaseSync(path('journal.db'))
    database
      .prepare("update log set payload = 'forged', hash = ? where payload = 'two'")
      .run(forged)
    database.close()
    const again = await expectNewEpoch(first.epoch, /the chain breaks/)
    await expectCalm(again.epoch)
  })

  test('that hides a row is noticed', async () => {
    const first = await start()
    await append(first, ['one', 'two', 'three'])
    await close()
    const database = new DatabaseSync(path('journal.db'))
    database.exec("delete from log where payload = 'two'")
    database.close()
    const again = await expectNewEpoch(first.epoch, /missing/)
    expect(await again.head('thread:a')).toBe(3)
    expect(await again.read('thread:a', 0, ALL)).toEqual([{ seq: 1, payload: 'one' }])
    await expect(again.read('thread:a', 1, ALL)).rejects.toThrow(EventsRemoved)
    await expectCalm(again.epoch)
  })
})

describe('the index', () => {
  test('a stop in the middle of an index pass loses no event', async () => {
    const names = Array.from({ length: 400 }, (_, n) => `thread:${n}` as const)
    const event = { type: 'test', payload: 'x' }
    const first = await start(100)
    for (let round = 0; round < 3; round += 1) {
      await first.commit({ appends: names.map((stream) => ({ stream, events: [event] })) })
    }
    const again = await start(100)
    expect(again.epoch).toBe(first.epoch)
    expect(again.status().epochChanged).toBeUndefined()
    for (const stream of names) {
      expect((await again.read(stream, 0, ALL)).map(({ seq }) => seq)).toEqual([1, 2, 3])
    }
  })

  test('a long stream in many segments is read from any place', async () => {
    const first = await start(10)
    for (let n = 0; n < 60; n += 1) {
      await append(first, ['x', 'y', 'z'])
      await append(first, ['other'], 'thread:b')
    }
    const again = await start(10)
    for (let after = 0; after <= 180; after += 7) {
      const read = await again.read('thread:a', after, ALL)
      expect(read.map(({ seq }) => seq)).toEqual(
        Array.from({ length: 180 - after }, (_, index) => after + 1 + index),
      )
    }
  })
})

describe('who may open it', () => {
  test('a second opener is refused by name, and the first is not disturbed', async () => {
    const first = await start()
    const second = openSqliteJournal({ folder, logger: silentLogger })
    await expect(second).rejects.toThrow(DataFolderTaken)
    await append(first, ['still here'])
    await close()
    await append(await start(), ['and after'])
  })

  test('a second process is refused while the first lives, and let in after SIGKILL', async () => {
    const script = new URL('./crash-child.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [script, '1', folder, '100'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await expect(openSqliteJournal({ folder, logger: silentLogger })).rejects.toThrow(
      `the data folder ${folder} is in use by another Netra: stop that one first, for a journal on SQLite has one process at a time (several need DATABASE_URL), or set NETRA_DATA_DIR to another folder`,
    )
    child.kill('SIGKILL')
    await once(child, 'exit')
    const again = await start()
    expect(again.status().writable).toBe(true)
  })

  test('a database of a newer version is refused, and left alone', async () => {
    await append(await start(), ['one'])
    await close()
    const database = new DatabaseSync(path('journal.db'))
    database.exec("update schema_version set version = 99 where part = 'rows'")
    database.close()
    await expect(start()).rejects.toThrow(/written by a newer Netra.*start that version again/)
    const untouched = new DatabaseSync(path('journal.db'))
    expect(untouched.prepare('select version from schema_version').all()).toContainEqual({
      version: 99,
    })
    untouched.close()
  })
})
