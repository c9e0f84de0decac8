import type { ClientMessageInput } from '@netra/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { OutboxEntry, OutboxStorage } from './outbox-storage.ts'
import { Outbox } from './outbox.ts'
import { FakeClock } from './testing/fake-clock.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A server that keeps messages by their id, and answers or not. */
interface Model {
  /** What a person wrote, in order, per thread. */
  written: { id: string; thread: string }[]
  /** What the server has, in the order it came. */
  accepted: string[]
  connected: boolean
  count: number
}

/** A browser: one page at a time, over a storage that outlives it. */
class Real {
  readonly clock = new FakeClock()
  readonly entries = new Map<string, OutboxEntry>()
  sent: ClientMessageInput[] = []
  outbox: Outbox

  constructor() {
    this.outbox = this.open()
  }

  open(): Outbox {
    const { entries } = this
    const storage: OutboxStorage = {
      load: async () => [...entries.values()],
      save: async (entry) => void entries.set(entry.id, entry),
      remove: async (id) => void entries.delete(id),
    }
    this.outbox = new Outbox({
      clock: this.clock,
      random: () => 0,
      send: (message) => this.sent.push(message) > 0,
      storage,
    })
    return this.outbox
  }
}

type Command = fc.AsyncCommand<Model, Real>

const command = (
  name: string,
  check: (model: Readonly<Model>) => boolean,
  run: (model: Model, real: Real) => void,
): Command => ({
  check,
  async run(model, real) {
    run(model, real)
    await settle()
    expectOrdered(model)
  },
  toString: () => name,
})

/** Each message once; those of one thread in the order they were written. */
function expectOrdered(model: Model): void {
  expect(new Set(model.accepted).size).toBe(model.accepted.length)
  for (const thread of ['a', 'b']) {
    const written = model.written.filter((item) => item.thread === thread).map(({ id }) => id)
    const accepted = model.accepted.filter((id) => written.includes(id))
    expect(accepted).toEqual(written.slice(0, accepted.length))
  }
}

const write = (thread: string): Command =>
  command(
    `write(${thread})`,
    () => true,
    (model, real) => {
      const id = `m${++model.count}`
      model.written.push({ id, thread })
      real.clock.advance(1)
      const content = [{ type: 'text' as const, text: id }]
      const message = { id, client_message_id: id, thread_id: thread, content }
      real.outbox.add({ type: 'send_message', ...message }).catch(() => undefined)
    },
  )

const connect = command(
  'connect',
  (model) => !model.connected,
  (model, real) => {
    model.connected = true
    real.outbox.onWelcome()
  },
)

const cut = command(
  'cut',
  (model) => model.connected,
  (model, real) => {
    model.connected = false
    real.sent = []
    real.outbox.onLost()
  },
)

/** The server takes what was sent; `answered`: as many of its answers arrive. */
const take = (count: number, answered: boolean): Command =>
  command(
    `take(${count}, ${answered})`,
    (model) => model.connected,
    (model, real) => {
      for (const message of real.sent.splice(0, count)) serve(model, real, message, answered)
    },
  )

function serve(model: Model, real: Real, message: ClientMessageInput, answered: boolean): void {
  if (message.type !== 'send_message') return
  const id = message.client_message_id
  if (!model.accepted.includes(id)) model.accepted.push(id)
  if (!answered) return
  const ok = { type: 'ok', id: message.id, thread_id: 't', run_id: 'r' }
  real.outbox.onAnswer(ok as Parameters<Outbox['onAnswer']>[0])
}

/** Too many at once: it has to come again later. */
const refuse = command(
  'refuse',
  (model) => model.connected,
  (_, real) => {
    const message = real.sent.shift()
    if (message?.type !== 'send_message') return
    const error = { type: 'error', id: message.id, code: 'rate_limited', message: 'slow' }
    const later = { ...error, retry: 'after', after_ms: 1_000 }
    real.outbox.onAnswer(later as Parameters<Outbox['onAnswer']>[0])
  },
)

const reload = command(
  'reload',
  () => true,
  (model, real) => {
    model.connected = false
    real.sent = []
    real.outbox.onLost()
    real.open()
  },
)

const sessionEnds = command(
  'session ends',
  () => true,
  (model, real) => {
    model.connected = false
    real.sent = []
    real.outbox.stop('signed out', 4503)
  },
)

const wait = (ms: number): Command =>
  command(
    `wait(${ms})`,
    () => true,
    (_, real) => real.clock.advance(ms),
  )

const all = [
  fc.constantFrom('a', 'b').map(write),
  fc.constant(connect),
  fc.constant(cut),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()).map(([count, ok]) => take(count, ok)),
  fc.constant(refuse),
  fc.constant(reload),
  fc.constant(sessionEnds),
  fc.constantFrom(500, 5_000, 31_000).map(wait),
]

test('whatever comes between, every message is accepted once, those of a thread in order, and then forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(all, { maxCommands: 40, size: 'max' }), async (commands) => {
      const model: Model = { written: [], accepted: [], connected: false, count: 0 }
      const real = new Real()
      await fc.asyncModelRun(() => ({ model, real }), commands)
      real.sent = []
      real.outbox.onLost()
      real.outbox.onWelcome()
      for (let round = 0; round < 2 * model.count + 2; round += 1) {
        await settle()
        for (const message of real.sent.splice(0)) serve(model, real, message, true)
      }
      await settle()
      expectOrdered(model)
      expect(model.accepted.toSorted()).toEqual(model.written.map(({ id }) => id).toSorted())
      expect(real.outbox.pending.getSnapshot()).toEqual([])
      expect([...real.entries.keys()]).toEqual([])
    }),
    { numRuns: 200 },
  )
})
