import type { ClientMessageInput } from '@netra/protocol'
import { expect, test } from 'vitest'

import { ClientStopped, CommandError } from './client-error.ts'
import { memoryOutbox, type CommandMessage } from './outbox-storage.ts'
import { Outbox } from './outbox.ts'
import { FakeClock } from './testing/fake-clock.ts'

function start(storage = memoryOutbox()) {
  const clock = new FakeClock()
  const sent: ClientMessageInput[] = []
  const outbox = new Outbox({
    clock,
    random: () => 0,
    send: (message) => sent.push(message) > 0,
    storage,
  })
  return { clock, sent, outbox, storage }
}

const message = (id: string, thread_id: string | null = 't'): CommandMessage => ({
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
  expect(ids(sent)).toEqual(['1'])
  expect(outbox.onAnswer(ok('1'))).toBe(true)
  expect(await answer).toMatchObject({ run_id: 'r' })
  expect(outbox.pending.getSnapshot()).toEqual([])
})

test('what had no answer when the connection was lost is sent again, the same', async () => {
  const { outbox, sent } = start()
  outbox.onWelcome()
  const answer = outbox.add(message('1'))
  await settle()
  outbox.onLost()
  outbox.onWelcome()
  expect(sent[1]).toEqual(sent[0])
  outbox.onAnswer(ok('1'))
  await answer
})

test('commands of one thread go one after the other, those of others do not wait', async () => {
  const { outbox, sent } = start()
  outbox.onWelcome()
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

test('`same` is tried again a few times, then it is an error', async () => {
  const { outbox, sent, clock } = start()
  outbox.onWelcome()
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
  void outbox.add(message('1'))
  await settle()
  clock.advance(30_000)
  expect(ids(sent)).toEqual(['1', '1'])
})

test('when the client stops, nobody waits any longer', async () => {
  const { outbox, clock } = start()
  outbox.onWelcome()
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
  const storage = memoryOutbox()
  const before = start(storage)
  void before.outbox.add(message('1'))
  await settle()
  const { outbox, sent } = start(storage)
  await outbox.restore()
  outbox.onWelcome()
  expect(ids(sent)).toEqual(['1'])
  outbox.onAnswer(ok('1'))
  await settle()
  expect(await storage.load()).toEqual([])
})

test('a message too large for a frame is refused at once, with what to do', async () => {
  const { outbox, sent } = start()
  outbox.onWelcome()
  const large = { ...message('1'), content: [{ type: 'text' as const, text: '漢'.repeat(30_000) }] }
  await expect(outbox.add(large)).rejects.toMatchObject({
    code: 'too_large',
    retry: 'no',
    message: /as a file/,
  })
  expect(sent).toEqual([])
})
