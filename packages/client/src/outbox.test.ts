import type { ClientMessageInput } from '@netra/protocol'
import { expect, test } from 'vitest'

import { ClientStopped, CommandError } from './client-error.ts'
import type { CommandMessage, OutboxEntry, OutboxStorage } from './outbox-storage.ts'
import { Outbox } from './outbox.ts'
import { FakeClock } from './testing/fake-clock.ts'

/** What a browser keeps, without the browser. */
function storageOf(...kept: OutboxEntry[]): OutboxStorage & { entries: Map<string, OutboxEntry> } {
  const entries = new Map(kept.map((entry) => [entry.id, entry]))
  return {
    entries,
    load: async () => [...entries.values()],
    save: async (entry) => void entries.set(entry.id, entry),
    remove: async (id) => void entries.delete(id),
  }
}

function start(storage?: OutboxStorage, clock = new FakeClock()) {
  const sent: ClientMessageInput[] = []
  const outbox = new Outbox({
    clock,
    random: () => 0,
    send: (message) => sent.push(message) > 0,
    storage,
  })
  return { clock, sent, outbox }
}

type SendMessage = Extract<CommandMessage, { type: 'send_message' }>

const message = (id: string, thread_id: string | null = 't'): SendMessage => ({
  type: 'send_message',
  id,
  client_message_id: `m-${id}`,
  thread_id,
  content: [{ type: 'text', text: id }],
})

const ids = (sent: readonly ClientMessageInput[]) =>
  sent.map((item) => ('id' in item ? item.id : ''))
const ok = (id: string) => ({ type: 'ok', id, thread_id: 't', run_id: 'r' }) as never
const error = (id: string, retry: string, more: object = {}) =>
  ({ type: 'error', id, code: 'rate_limited', message: 'slow', retry, ...more }) as never
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a command waits for a connection and resolves with its answer', async () => {
  const { outbox, sent } = start()
  const answer = outbox.add(message('1'))
  await settle()
  expect(sent).toEqual([])
  expect(outbox.pending.getSnapshot()).toMatchObject([{ id: '1', status: 'queued' }])
  outbox.onWelcome()
  await settle()
  expect(ids(sent)).toEqual(['1'])
  expect(outbox.onAnswer(ok('1'))).toBe(true)
  expect(await answer).toMatchObject({ run_id: 'r' })
  expect(outbox.pending.getSnapshot()).toEqual([])
})

test('what may be sent only much later is refused at once, and says when', async () => {
  const { outbox, sent, clock } = start()
  outbox.onWelcome()
  await settle()
  const answer = outbox.add(message('1'))
  await settle()
  outbox.onAnswer(error('1', 'after', { after_ms: 30 * 24 * 3600_000 }))
  await expect(answer).rejects.toMatchObject({ code: 'rate_limited', retry: 'after' })
  clock.advance(3600_000)
  await settle()
  expect([ids(sent), outbox.pending.getSnapshot()]).toEqual([['1'], []])
})

test('what had no answer when the connection was lost is sent again, the same', async () => {
  const { outbox, sent } = start()
  outbox.onWelcome()
  await settle()
  const answer = outbox.add(message('1'))
  await settle()
  outbox.onLost()
  outbox.onWelcome()
  await settle()
  expect(sent[1]).toEqual(sent[0])
  outbox.onAnswer(ok('1'))
  await answer
})

test('commands of one thread go one after the other, those of others do not wait', async () => {
  const { outbox, sent } = start()
  outbox.onWelcome()
  await settle()
  for (const [id, thread] of [
    ['1', 't'],
    ['2', 't'],
    ['3', 'other'],
    ['4', null],
    ['5', null],
  ] as const) {
    void outbox.add(message(id, thread))
  }
  await settle()
  expect(ids(sent)).toEqual(['1', '3', '4', '5'])
  outbox.onAnswer(ok('1'))
  expect(ids(sent)).toEqual(['1', '3', '4', '5', '2'])
})

test('a refusal for good is an error that says what may help', async () => {
  const { outbox } = start()
  outbox.onWelcome()
  await settle()
  const refused = outbox.add(message('1')).catch((problem: unknown) => problem)
  await settle()
  outbox.onAnswer(error('1', 'no', { code: 'not_found' }))
  const problem = await refused
  expect(problem).toBeInstanceOf(CommandError)
  expect(problem).toMatchObject({ code: 'not_found', retry: 'no', message: 'slow' })
})

test('`after` is waited for, and the next of the thread waits with it', async () => {
  const { outbox, sent, clock } = start()
  outbox.onWelcome()
  await settle()
  void outbox.add(message('1'))
  void outbox.add(message('2'))
  await settle()
  outbox.onAnswer(error('1', 'after', { after_ms: 3_000 }))
  expect(outbox.pending.getSnapshot()[0]?.status).toBe('retrying')
  clock.advance(2_999)
  expect(ids(sent)).toEqual(['1'])
  clock.advance(1)
  expect(ids(sent)).toEqual(['1', '1'])
})

test('what is not taken for now can be discarded, and is not sent again', async () => {
  const { outbox, sent, clock } = start()
  outbox.onWelcome()
  await settle()
  const discarded = outbox.add(message('1')).catch((problem: unknown) => problem)
  await settle()
  outbox.discard('1')
  expect(outbox.pending.getSnapshot()).toHaveLength(1)
  outbox.onAnswer(error('1', 'after', { after_ms: 3_000 }))
  outbox.discard('1')
  expect(await discarded).toBeInstanceOf(Error)
  clock.advance(60_000)
  await settle()
  expect([ids(sent), outbox.pending.getSnapshot()]).toEqual([['1'], []])
})

test('`same` is tried again a few times, then it is an error', async () => {
  const { outbox, sent, clock } = start()
  outbox.onWelcome()
  await settle()
  const refused = outbox.add(message('1')).catch((problem: unknown) => problem)
  await settle()
  for (let time = 0; time < 9; time += 1) {
    outbox.onAnswer(error('1', 'same'))
    clock.advance(30_000)
  }
  expect(await refused).toBeInstanceOf(CommandError)
  expect(sent).toHaveLength(9)
})

test('an answer that does not come is asked for again', async () => {
  const { outbox, sent, clock } = start()
  outbox.onWelcome()
  await settle()
  void outbox.add(message('1'))
  await settle()
  clock.advance(30_000)
  expect(ids(sent)).toEqual(['1', '1'])
})

test('when the client stops, nobody waits any longer', async () => {
  const { outbox, clock } = start()
  outbox.onWelcome()
  await settle()
  const both = [outbox.add(message('1')), outbox.add(message('2'))]
  const problems = Promise.allSettled(both)
  await settle()
  outbox.stop('signed out', 4501)
  for (const result of await problems) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 4501 } })
    expect(result.status === 'rejected' && result.reason).toBeInstanceOf(ClientStopped)
  }
  expect(clock.timers).toBe(0)
})

test('a storage that outlives the page brings back what had no answer', async () => {
  const storage = storageOf()
  const before = start(storage)
  void before.outbox.add(message('1'))
  await settle()
  const { outbox, sent } = start(storage)
  await outbox.restore()
  outbox.onWelcome()
  await settle()
  expect(ids(sent)).toEqual(['1'])
  outbox.onAnswer(ok('1'))
  await settle()
  expect(storage.entries.size).toBe(0)
})

test('a session that ends keeps a message, and the next connection sends it with the same id', async () => {
  const { outbox, sent } = start(storageOf())
  const answer = outbox.add(message('1'))
  const stopped = outbox.add({ type: 'cancel_run', id: '2', run_id: 'r' })
  const problem = stopped.catch((reason: unknown) => reason)
  await settle()
  outbox.stop('signed out', 4503)
  expect(await problem).toMatchObject({ code: 4503 })
  expect(outbox.pending.getSnapshot()).toMatchObject([{ id: '1', status: 'queued' }])
  outbox.onWelcome()
  await settle()
  expect(sent).toEqual([message('1')])
  outbox.onAnswer(ok('1'))
  expect(await answer).toMatchObject({ run_id: 'r' })
})

test('a client that is closed leaves its messages to the next one', async () => {
  const storage = storageOf()
  const before = start(storage)
  const left = before.outbox.add(message('1')).catch((reason: unknown) => reason)
  await settle()
  before.outbox.close('closed')
  expect(await left).toBeInstanceOf(ClientStopped)
  expect(before.outbox.pending.getSnapshot()).toEqual([])
  expect([...storage.entries.keys()]).toEqual(['1'])
})

const DAY_MS = 24 * 60 * 60 * 1000

test('F37: messages written offline go out after the welcome, in order, and not what has expired', async () => {
  const clock = new FakeClock()
  const now = clock.now()
  const { outbox, sent } = start(
    storageOf(
      { id: 'old', message: message('old'), createdAt: now - 7 * DAY_MS },
      { id: 'b', message: message('b'), createdAt: now - 2 },
      { id: 'a', message: message('a'), createdAt: now - 5 * DAY_MS },
    ),
    clock,
  )
  await outbox.restore()
  expect(sent).toEqual([])
  outbox.onWelcome()
  await settle()
  expect(ids(sent)).toEqual(['a'])
  outbox.onAnswer(ok('a'))
  expect(ids(sent)).toEqual(['a', 'b'])
  expect(outbox.pending.getSnapshot()).toMatchObject([
    { id: 'old', status: 'expired' },
    { id: 'b' },
  ])
})

test('F35: what expired is sent again when the person says so, with the same client_message_id', async () => {
  const clock = new FakeClock()
  const old = { id: 'old', message: message('old'), createdAt: clock.now() - 7 * DAY_MS }
  const storage = storageOf(old)
  const { outbox, sent } = start(storage, clock)
  outbox.onWelcome()
  await settle()
  await settle()
  expect(sent).toEqual([])
  await outbox.resend('old')
  expect(sent).toEqual([message('old')])
  expect(storage.entries.get('old')?.createdAt).toBe(clock.now())
})

test('what expired and is discarded is gone', async () => {
  const clock = new FakeClock()
  const old = { id: 'old', message: message('old'), createdAt: clock.now() - 7 * DAY_MS }
  const storage = storageOf(old)
  const { outbox } = start(storage, clock)
  await outbox.restore()
  outbox.discard('old')
  expect(outbox.pending.getSnapshot()).toEqual([])
  expect(storage.entries.size).toBe(0)
})

test('without a storage, whoever waits for too long is told', async () => {
  const { outbox, clock, sent } = start()
  const refused = outbox.add(message('1')).catch((problem: unknown) => problem)
  await settle()
  clock.sleep(6 * DAY_MS)
  outbox.onWelcome()
  await settle()
  expect(await refused).toMatchObject({ code: 'expired', retry: 'new' })
  expect(sent).toEqual([])
})

test('what an earlier page left and the server refuses is shown until the person has decided', async () => {
  const clock = new FakeClock()
  const storage = storageOf({ id: '1', message: message('1'), createdAt: clock.now() })
  const { outbox, sent } = start(storage, clock)
  outbox.onWelcome()
  await settle()
  await settle()
  outbox.onAnswer(error('1', 'no', { code: 'not_found' }))
  expect(outbox.pending.getSnapshot()).toMatchObject([{ status: 'refused', problem: 'slow' }])
  outbox.onLost()
  outbox.onWelcome()
  await settle()
  expect(sent).toHaveLength(1)
  expect(storage.entries.size).toBe(1)
  outbox.discard('1')
  expect(storage.entries.size).toBe(0)
})

test('what is read from the storage late is not sent a second time', async () => {
  const storage = storageOf()
  const { outbox, sent } = start(storage)
  outbox.onWelcome()
  await settle()
  const answer = outbox.add(message('1'))
  await settle()
  outbox.onAnswer(ok('1'))
  await answer
  storage.entries.set('1', { id: '1', message: message('1'), createdAt: 0 })
  await outbox.restore()
  expect(ids(sent)).toEqual(['1'])
})

test('a message too large for a frame is refused at once, with what to do', async () => {
  const { outbox, sent } = start()
  outbox.onWelcome()
  await settle()
  const large = { ...message('1'), content: [{ type: 'text' as const, text: '漢'.repeat(30_000) }] }
  await expect(outbox.add(large)).rejects.toMatchObject({
    code: 'too_large',
    retry: 'no',
    message: /as a file/,
  })
  expect(sent).toEqual([])
})
