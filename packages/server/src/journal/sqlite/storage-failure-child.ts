import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { silentLogger } from '../../platform/logger.ts'
import type { Journal } from '../journal.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

/**
 * Commits into a folder that runs out of room, tells what became of every commit, and, when there is
 * a ballast file to remove, goes on once there is room again.
 */
const [, , folder = '', ballast = ''] = process.argv

interface Told {
  acknowledged: number[]
  failed: { n: number; error: string; message: string }[]
  writableAfterFailure: boolean
  writableAtEnd: boolean
  present: number[]
  epochChanged: string | undefined
}

const told: Told = {
  acknowledged: [],
  failed: [],
  writableAfterFailure: true,
  writableAtEnd: false,
  present: [],
  epochChanged: undefined,
}
let n = 0

const numberOf = (payload: string): number => {
  const event: { n: number } = JSON.parse(payload)
  return event.n
}

async function commitNext(journal: Journal): Promise<void> {
  n += 1
  const number = n
  const payload = JSON.stringify({ n: number, pad: 'x'.repeat(20_000) })
  try {
    await journal.commit({ appends: [{ stream: 'thread:a', events: [{ type: 't', payload }] }] })
    told.acknowledged.push(number)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    told.failed.push({ n: number, error: error.name, message: error.message })
  }
}

let journal = await openSqliteJournal({ folder, logger: silentLogger })
while (told.failed.length === 0 && n < 2_000) await commitNext(journal)
told.writableAfterFailure = journal.status().writable
for (let more = 0; more < 2; more += 1) await commitNext(journal)
if (ballast) {
  rmSync(ballast)
  for (let wait = 0; wait < 100 && !journal.status().writable; wait += 1) await sleep(100)
  for (let more = 0; more < 3; more += 1) await commitNext(journal)
}
told.writableAtEnd = journal.status().writable
await journal[Symbol.asyncDispose]()
if (ballast) {
  journal = await openSqliteJournal({ folder, logger: silentLogger })
  const limit = { events: 10_000, bytes: 1_000_000_000 }
  const events = await journal.read('thread:a', 0, limit)
  told.present = events.map(({ payload }) => numberOf(payload))
  told.epochChanged = journal.status().epochChanged
  await journal[Symbol.asyncDispose]()
}
process.stdout.write(JSON.stringify(told))
