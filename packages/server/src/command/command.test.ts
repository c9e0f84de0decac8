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
