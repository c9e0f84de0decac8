import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createAccess } from '../access/access.ts'
import { openFiles } from '../files/open-files.ts'
import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts'
import { systemClock as clock } from '../platform/clock.ts'
import { asId, type UserId } from '../platform/ids.ts'
import { silentLogger as logger } from '../platform/logger.ts'
import { RateLimit } from '../platform/rate-limit.ts'
import type { Runs } from '../run/run.ts'
import { Spending } from '../spending/spending.ts'
import { createCommands } from './command.ts'

const USER = asId<UserId>('somebody')

test('a store that is gone refuses with when to try again, and accepts nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-command-'))
  const journal = await openSqliteJournal({ folder, logger, clock })
  const commands = createCommands({
    journal,
    clock,
    access: createAccess(journal),
    files: await openFiles({ folder: join(folder, 'files'), rows: journal, clock }),
    messageRate: new RateLimit(clock, { perMinute: 60, burst: 60 }),
    // No command of this test gets as far as a run.
    runs: {} as Runs,
  })
  const made = await commands.createThread(USER, { title: 'before' })
  expect(made.ok).toBe(true)
  await journal[Symbol.asyncDispose]()
  const refusal = { ok: false, code: 'unavailable', retry: 'after', afterMs: 2_000 }
  expect(await commands.createThread(USER, { title: 'after' })).toMatchObject(refusal)
  expect(await commands.deleteThread(USER, 'any')).toMatchObject(refusal)
  await rm(folder, { recursive: true, force: true })
})

test('F33: messages that race into one thread have the same position in every answer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-command-'))
  const journal = await openSqliteJournal({ folder, logger, clock })
  const runs = {
    hasRoomFor: () => true,
    stopAll: async () => undefined,
    resolve: async () => ({ agent: 'data', model: 'netra/builtin' }),
    firstLease: () => 0,
    start: () => undefined,
  }
  const commands = createCommands({
    journal,
    clock,
    access: createAccess(journal),
    files: await openFiles({ folder: join(folder, 'files'), rows: journal, clock }),
    messageRate: new RateLimit(clock, { perMinute: 600, burst: 600 }),
    runs: runs as unknown as Runs,
  })
  const made = await commands.createThread(USER, { title: 'one' })
  if (!made.ok) throw new Error('no thread')
  const send = (index: number) =>
    commands.sendMessage(USER, {
      type: 'send_message',
      id: 'r',
      client_message_id: `message-${index}`,
      thread_id: made.answer.thread_id,
      content: [{ type: 'text', text: 'the same to all' }],
    } as never)
  const indexes = Array.from({ length: 12 }, (_, index) => index)
  const racing = await Promise.all(indexes.flatMap((index) => [send(index), send(index)]))
  const later = await Promise.all(indexes.map(send))
  const positions = indexes.map((index) =>
    [racing[2 * index], racing[2 * index + 1], later[index]].map(
      (outcome) => outcome?.ok && outcome.answer.position,
    ),
  )
  for (const [first, ...others] of positions) expect(others).toEqual([first, first])
  expect(new Set(positions.map(([first]) => first)).size).toBe(indexes.length)
  await journal[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('S30: an order of another node that this one has not heard of is told as what it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-command-'))
  const journal = await openSqliteJournal({ folder, logger, clock })
  const runs = {
    hasRoomFor: () => true,
    stopAll: async () => undefined,
    resolve: async () => ({ agent: 'data', model: 'netra/builtin' }),
    firstLease: () => 0,
  }
  // Whoever looks for orders by itself never does: that moment has not come yet.
  const still = { ...clock, after: () => () => undefined }
  using here = new Spending({ journal, clock: still, logger, isSoleOwner: false })
  using there = new Spending({ journal, clock: still, logger, isSoleOwner: false })
  await here.begin()
  await there.begin()
  const commands = createCommands({
    journal,
    clock,
    access: createAccess(journal),
    files: await openFiles({ folder: join(folder, 'files'), rows: journal, clock }),
    messageRate: new RateLimit(clock, { perMinute: 60, burst: 60 }),
    runs: runs as unknown as Runs,
    spending: here,
  })
  await there.orders.give('everyone', { why: 'Enough.', by: 'operator' }, [])
  const sent = await commands.sendMessage(USER, {
    type: 'send_message',
    id: 'r',
    client_message_id: 'one',
    thread_id: null,
    content: [{ type: 'text', text: 'and now?' }],
  } as never)
  expect(sent).toMatchObject({
    ok: false,
    code: 'unavailable',
    message: expect.stringContaining('Enough.'),
  })
  await journal[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
