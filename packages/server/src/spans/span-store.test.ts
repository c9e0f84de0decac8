import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts'
import { asId, type UserId } from '../platform/ids.ts'
import { silentLogger } from '../platform/logger.ts'
import { TestClock } from '../platform/testing-clock.ts'
import type { Call } from './call-of-span.ts'
import { SpanStore } from './span-store.ts'

const ADA = asId<UserId>('ada')

const callOf = (project: string, second: number): Call =>
  ({ at: `2026-11-21T10:00:0${second}.000000Z`, project, input_tokens: 10 }) as Call

test('what two processes remove at once is gone, and nothing of it comes back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-spans-'))
  const clock = new TestClock(Date.parse('2026-11-21T10:00:00Z'))
  const journal = await openSqliteJournal({ folder, logger: silentLogger, clock })
  try {
    const [one, other] = [new SpanStore(journal, clock), new SpanStore(journal, clock)]
    for (const batch of [0, 1, 2])
      await one.add(ADA, [callOf('shop', batch), callOf('search', batch), callOf('chat', batch)])
    await Promise.all([
      one.remove(ADA, { service: 'shop' }),
      other.remove(ADA, { service: 'search' }),
    ])
    const left = (await Array.fromAsync(one.lines(ADA))).join('').trim().split('\n')
    expect(left.map((line) => (JSON.parse(line) as Call).project)).toEqual(['chat', 'chat', 'chat'])
    const { services } = await one.services(ADA)
    expect(services.map(({ service, spans }) => [service, spans])).toEqual([['chat', 3]])
    expect((await one.kept(ADA)).spans).toBe(3)
  } finally {
    await journal[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
})
