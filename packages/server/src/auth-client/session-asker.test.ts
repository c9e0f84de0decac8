import { beforeEach, expect, test } from 'vitest'
import type { z } from 'zod'

import { silentLogger } from '../platform/logger.ts'
import { RecentChanges } from './recent-changes.ts'
import { SessionAsker } from './session-asker.ts'

interface Sent {
  sessions: { user_id: string; session_id: string }[]
  answer(states: unknown): void
}

let sent: Sent[]
let changes: RecentChanges
let asker: SessionAsker

beforeEach(() => {
  sent = []
  changes = new RecentChanges()
  const ask = <Answer>({ body, schema }: { body?: unknown; schema: z.ZodType<Answer> }) =>
    new Promise<Answer>((resolve) => {
      const { sessions } = body as Pick<Sent, 'sessions'>
      sent.push({ sessions, answer: (states) => resolve(schema.parse({ states })) })
    })
  asker = new SessionAsker({ ask }, changes, silentLogger)
})

/** Two: what is asked for again waits for a turn of its own. */
async function nextTurn(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const live = (userId: string, sessionId: string) => ({
  live: true,
  session: {
    session_id: sessionId,
    user_id: userId,
    email: '',
    name: '',
    role: 'user',
    scopes: null,
    is_test_user: false,
    expires_at_ms: 1,
    idle_end_ms: 1,
  },
})
const ended = { live: false, why: 'revoked' }

test('an answer that the feed has overtaken is asked for again (S12)', async () => {
  const asking = asker.ask('ada', 's1')
  await nextTurn()
  changes.note({ sessionId: 's1' })
  sent[0]?.answer([live('ada', 's1')])
  await nextTurn()
  expect(sent).toHaveLength(2)
  sent[1]?.answer([ended])
  expect(await asking).toEqual(ended)
})

test('what the feed said of the user, or that it began anew, overtakes an answer too', async () => {
  for (const happens of [() => changes.note({ userId: 'ada' }), () => changes.noteReset()]) {
    const asking = asker.ask('ada', 's1')
    await nextTurn()
    happens()
    sent.at(-1)?.answer([live('ada', 's1')])
    await nextTurn()
    sent.at(-1)?.answer([ended])
    expect(await asking).toEqual(ended)
  }
  expect(sent).toHaveLength(4)
})

test('what it said of others does not', async () => {
  const asking = asker.ask('ada', 's1')
  await nextTurn()
  for (let count = 0; count < 100; count += 1) changes.note({ sessionId: `other ${count}` })
  sent[0]?.answer([live('ada', 's1')])
  expect(await asking).toMatchObject({ live: true, session: { userId: 'ada' } })
  expect(sent).toHaveLength(1)
})

test('so many changes that none can be ruled out overtake everything', async () => {
  const asking = asker.ask('ada', 's1')
  await nextTurn()
  for (let count = 0; count < 5_000; count += 1) changes.note({ sessionId: `other ${count}` })
  sent[0]?.answer([live('ada', 's1')])
  await nextTurn()
  sent[1]?.answer([ended])
  expect(await asking).toEqual(ended)
})

test('an answer about another user or session answers nobody (S22)', async () => {
  const asking = [asker.ask('ada', 's1'), asker.ask('bob', 's2'), asker.ask('eve', 's3')]
  const settled = Promise.allSettled(asking)
  await nextTurn()
  expect(sent).toHaveLength(1)
  sent[0]?.answer([live('bob', 's1'), live('bob', 's1')])
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
})

test('one session is asked for once at a time, a hundred in one question', async () => {
  const asking = Array.from({ length: 250 }, (_, index) => asker.ask('ada', `s${index % 150}`))
  await nextTurn()
  expect(sent.map(({ sessions }) => sessions.length)).toEqual([100, 50])
  for (const { sessions, answer } of sent) {
    answer(sessions.map((one) => live(one.user_id, one.session_id)))
  }
  const states = await Promise.all(asking)
  expect(
    states.every((state, index) => state.live && state.session.sessionId === `s${index % 150}`),
  ).toBe(true)
})

test('an id that the service would not take spoils no answer to others', async () => {
  const odd = await Promise.all([asker.ask('', 's1'), asker.ask('ada', 'x'.repeat(129))])
  expect(odd).toEqual([ended, ended])
  await nextTurn()
  expect(sent).toHaveLength(0)
})
