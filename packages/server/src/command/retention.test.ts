import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAccess } from '../access/access.ts'
import { openFiles } from '../files/open-files.ts'
import type { Journal, RunState } from '../journal/journal.ts'
import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts'
import { asId, newId } from '../platform/ids.ts'
import type { MessageId, RunId, ThreadId, TraceId, UserId } from '../platform/ids.ts'
import { silentLogger as logger } from '../platform/logger.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { startRetention, type Retention } from './retention.ts'

/** However busy the machine is; what must stay is looked at after what must go. */
const PATIENCE = { timeout: 20_000, interval: 20 }
const DAY = 24 * 3600_000
const ADA = asId<UserId>('ada')

let folder: string
let journal: Journal
let clock: TestClock
let retention: Retention
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-retention-'))
  clock = new TestClock()
  journal = await openSqliteJournal({ folder, logger })
  const files = await openFiles({ folder: join(folder, 'files'), rows: journal, clock })
  retention = await startRetention({ access: createAccess(journal), files, journal, clock, logger })
})
afterEach(async () => {
  await retention[Symbol.asyncDispose]()
  await journal[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const at = () => new Date(clock.now()).toISOString()

/** A thread touched now, in which a run stands as given. */
async function begin(state: RunState | 'none', owner = ADA): Promise<ThreadId> {
  const { db } = journal
  const id = newId<ThreadId>()
  await journal.write([
    db
      .insertInto('thread')
      .values({
        id,
        user_id: owner,
        title: 'x',
        titled: 1,
        archived: 0,
        message_count: 0,
        metadata: '{}',
        created_at: at(),
        updated_at: at(),
      })
      .compile(),
  ])
  if (state === 'none') return id
  const run = {
    id: newId<RunId>(),
    thread_id: id,
    user_id: owner,
    state,
    agent: null,
    model: null,
    client_message_id: null,
    parent_message_id: newId<MessageId>(),
    trace_id: newId<TraceId>(),
    fence: 1,
    attempt: 1,
    lease_until: null,
    cancel_requested: 0,
    waiting_for: null,
    compacted: 0,
    created_at: at(),
    updated_at: at(),
  }
  await journal.write([db.insertInto('run').values(run).compile()])
  return id
}

const left = async (): Promise<string[]> => {
  const rows = await journal.db.selectFrom('thread').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}

/** One round of the sweep, and what it sets in motion. */
async function round(): Promise<void> {
  clock.jump(10 * 60_000)
  await new Promise((resolve) => setTimeout(resolve, 100))
}

test('a thread in which something runs or waits is left, however old', async () => {
  const kept = [await begin('running'), await begin('waiting'), await begin('queued')]
  await begin('completed')
  await begin('failed')
  await begin('none')
  await retention.choose(1)
  clock.jump(2 * DAY)
  await round()
  await expect.poll(left, PATIENCE).toEqual(kept)
})

test('more than one page of old threads goes in one round, of every user', async () => {
  for (let n = 0; n < 130; n++) await begin('none', asId<UserId>(`user-${n % 7}`))
  await retention.choose(5)
  clock.jump(6 * DAY)
  const fresh = await begin('none')
  await round()
  await expect.poll(left, { timeout: 20_000 }).toEqual([fresh])
})

test('what is touched while the round goes on is kept', async () => {
  const threads = [await begin('none'), await begin('none'), await begin('none')]
  await retention.choose(1)
  clock.jump(2 * DAY)
  const touched = threads[2] ?? ''
  const commit = journal.commit.bind(journal)
  let isTouched = false
  journal.commit = async (wanted) => {
    // Between the look and the erasure of the last one, its owner speaks up.
    if (!isTouched && JSON.stringify(wanted.rows).includes(touched)) {
      isTouched = true
      const change = journal.db.updateTable('thread').set({ updated_at: at() })
      await journal.write([change.where('id', '=', asId<ThreadId>(touched)).compile()])
    }
    return commit(wanted)
  }
  await round()
  await expect.poll(left, PATIENCE).toEqual([touched])
})

test('a time that is taken back stops the round that goes on', async () => {
  for (let n = 0; n < 3; n++) await begin('none')
  await retention.choose(1)
  clock.jump(2 * DAY)
  const commit = journal.commit.bind(journal)
  let takenBack: Promise<void> | undefined
  journal.commit = (wanted) => {
    // Taking it back is a commit, too.
    journal.commit = commit
    takenBack = retention.choose(null)
    return commit(wanted)
  }
  await round()
  await takenBack
  expect(await left()).toHaveLength(2)
  expect(retention.days).toBeNull()
  await round()
  expect(await left()).toHaveLength(2)
})
