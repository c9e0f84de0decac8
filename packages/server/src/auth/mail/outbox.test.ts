import { setImmediate } from 'node:timers/promises'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createCircuitBreaker } from '../../platform/circuit-breaker.ts'
import { silentLogger } from '../../platform/logger.ts'
import { AuthFixture } from '../auth-fixture.ts'
import { AuthDatabase } from '../store/auth-database.ts'
import type { Mail } from './messages.ts'
import { Outbox } from './outbox.ts'
import { heldBackBy, MailNotSent } from './smtp.ts'

let fixture: AuthFixture
let databases: AuthDatabase[]
let outboxes: Outbox[]

beforeEach(async () => {
  fixture = await AuthFixture.create()
  await (await fixture.open())[Symbol.asyncDispose]()
  databases = []
  outboxes = []
})
afterEach(async () => {
  for (const outbox of outboxes) await outbox.close()
  for (const database of databases) database.close()
  await fixture[Symbol.asyncDispose]()
})

/** As one process would open it. */
function open(send: (mail: Mail) => Promise<void>, compose = true): Outbox {
  const database = new AuthDatabase(fixture.folder)
  const outbox = new Outbox({
    database,
    clock: fixture.clock,
    logger: silentLogger,
    send,
    compose: (kind, to) => {
      if (!compose) throw new Error('a fault')
      return { to, subject: kind, text: '', html: '' }
    },
  })
  databases.push(database)
  outboxes.push(outbox)
  return outbox
}

/** Moves time on in small steps, so that what is due is worked on when it is due. */
async function pass(ms: number, stepMs = Math.min(ms, 250)): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    fixture.clock.jump(stepMs)
    for (let turn = 0; turn < 5; turn++) await setImmediate()
  }
}

test('of many mails, worked on by two processes, each is sent once', async () => {
  const sent: string[] = []
  const send = async ({ to }: Mail) => {
    sent.push(to)
    await setImmediate()
  }
  const [one, two] = [open(send), open(send)]
  const people = Array.from({ length: 40 }, (_, index) => `p${index}@example.com`)
  for (const [index, to] of people.entries()) (index % 2 ? one : two).enqueue('verify_email', to)
  await pass(2_000, 50)
  expect(sent.toSorted()).toEqual(people.toSorted())
  expect(one.waiting).toBe(0)
})

test('a stream of newer mails puts off none that waits', async () => {
  const sent: string[] = []
  const outbox = open(async ({ to }) => void sent.push(to))
  for (let count = 0; count < 40; count++) {
    outbox.enqueue('verify_email', `p${count}@example.com`)
    await pass(40)
  }
  // 1.6 s on, all but those of the last half second are gone.
  expect(sent.length).toBeGreaterThanOrEqual(26)
})

test('a mail is tried again after 1 s, 5 s, 30 s, 2 min, 10 min and 1 h, and then given up', async () => {
  const tries: number[] = []
  const outbox = open(async () => {
    tries.push(fixture.clock.now())
    throw new MailNotSent('ECONNECTION', false)
  })
  outbox.enqueue('verify_email', 'ada@example.com')
  await pass(1_000)
  await pass(750_000, 500)
  await pass(3_700_000, 5_000)
  const gaps = tries.slice(1).map((at, index) => Math.round((at - tries[index]!) / 1000))
  expect(gaps).toHaveLength(6)
  for (const [index, seconds] of [1, 5, 30, 120, 600, 3600].entries()) {
    expect(gaps[index]).toBeGreaterThanOrEqual(seconds)
    expect(gaps[index]).toBeLessThan(seconds + 10)
  }
  expect(outbox.waiting).toBe(0)
})

test('while the mail server’s circuit is open nothing is tried or counted, and then all are sent', async () => {
  const breaker = createCircuitBreaker({ clock: fixture.clock, failures: 3, openMs: 60_000 })
  let isDown = true
  const tries: string[] = []
  const outbox = open(
    heldBackBy(
      async ({ to }) => {
        tries.push(to)
        if (isDown) throw new MailNotSent('ECONNECTION', false)
      },
      { breaker, clock: fixture.clock },
    ),
  )
  const people = Array.from({ length: 8 }, (_, index) => `p${index}@example.com`)
  for (const to of people) outbox.enqueue('verify_email', to)
  await pass(30_000)
  expect(tries).toHaveLength(3)
  expect(breaker.status().state).toBe('OPEN')
  expect(outbox.waiting).toBe(8)
  const database = new AuthDatabase(fixture.folder)
  databases.push(database)
  const rows = database.all<{ tries: number }>('SELECT tries FROM mail_outbox')
  expect(rows.reduce((sum, row) => sum + row.tries, 0)).toBe(3)
  isDown = false
  breaker.reset()
  await pass(120_000, 500)
  expect(tries.slice(3).toSorted()).toEqual(people)
  expect(outbox.waiting).toBe(0)
})

test('what no mail can be made of is given up too, and holds up no other', async () => {
  const faulty = open(async () => {}, false)
  faulty.enqueue('verify_email', 'ada@example.com')
  await pass(4_500_000, 5_000)
  expect(faulty.waiting).toBe(0)
})

test('a mail whose process died while it was sent is sent by another, two minutes later', async () => {
  const dead = open(() => new Promise(() => {}))
  dead.enqueue('verify_email', 'ada@example.com')
  await pass(1_000)
  const sent: string[] = []
  const alive = open(async ({ to }) => void sent.push(to))
  await pass(100_000, 5_000)
  expect(sent).toEqual([])
  await pass(60_000, 5_000)
  expect(sent).toEqual(['ada@example.com'])
  expect(alive.waiting).toBe(0)
})

test('a store that cannot be written for a while delays mails, and stops nothing', async () => {
  const sent: string[] = []
  const outbox = open(async ({ to }) => void sent.push(to))
  outbox.enqueue('verify_email', 'ada@example.com')
  const run = vi.spyOn(AuthDatabase.prototype, 'get').mockImplementation(() => {
    throw new Error('database or disk is full')
  })
  await pass(1_000)
  expect(run).toHaveBeenCalled()
  run.mockRestore()
  expect(sent).toEqual([])
  await pass(40_000, 1_000)
  expect(sent).toEqual(['ada@example.com'])
})

test('what waits for a user who is removed goes with the user', async () => {
  const outbox = open(async () => {
    throw new MailNotSent('ECONNECTION', false)
  })
  const [database] = databases
  database?.run(
    `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt)
     VALUES ('u', 'Ada', 'ada@example.com', 0, '2026-01-01', '2026-01-01')`,
  )
  outbox.enqueue('password_changed', 'ada@example.com')
  database?.run("DELETE FROM user WHERE id = 'u'")
  expect(outbox.waiting).toBe(0)
})
