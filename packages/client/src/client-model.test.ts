import type { ReceivedEvent, StreamName, UserState } from '@netra/protocol'
import { emptyUserState } from '@netra/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { StreamReader, type StreamItem } from './stream-reader.ts'
import { Subscriptions } from './subscriptions.ts'
import { FakeClock } from './testing/fake-clock.ts'

const STREAM: StreamName = 'user:u'

/** Events are told apart by what they say; a state is the list of all that was said. */
const eventOf = (epoch: number, seq: number): ReceivedEvent => ({
  type: 'unknown',
  of: `${epoch}:${seq}`,
})
const stateOf = (said: readonly string[]): UserState => ({
  ...emptyUserState(),
  limits: Object.fromEntries(said.map((word) => [word, 1])),
})

/** The truth: one stream that only grows, until an epoch begins anew. */
interface Model {
  epoch: number
  head: number
  connected: boolean
  /** What the server's cursor for this client has sent; null before the subscription is answered. */
  sent: number | null
  lossTold: boolean
}

/** The client's side as it is shipped, and a page that keeps what it is given. */
class Real {
  readonly clock = new FakeClock()
  isOpen = false
  requests: { id: string; position: string | null }[] = []
  said: string[] = []
  resets = 0
  restarts = 0
  readonly reader: StreamReader
  readonly subscriptions: Subscriptions
  #count = 0

  constructor() {
    this.reader = new StreamReader(STREAM, {
      take: (item) => this.#take(item),
      phase: () => undefined,
    })
    this.subscriptions = new Subscriptions({
      clock: this.clock,
      random: () => 0,
      nextId: () => `s${++this.#count}`,
      send: (message) => {
        if (!this.isOpen) return false
        if (message.type === 'subscribe') {
          this.requests.push({ id: message.id, position: message.position ?? null })
        }
        return true
      },
    })
    this.subscriptions.open(this.reader)
  }

  #take(item: StreamItem): void {
    switch (item.kind) {
      case 'event':
        if (item.event.type === 'unknown') this.said.push(item.event.of)
        return
      case 'snapshot':
        if ('limits' in item.state) this.said = Object.keys(item.state.limits)
        return
      case 'restart':
        this.restarts += 1
        this.said = []
        return
      case 'reset':
        this.resets += 1
        return
      case 'live':
    }
  }

  connect(): { id: string; position: string | null } {
    this.isOpen = true
    const [resume] = this.subscriptions.resume(4096)
    const welcome = {
      type: 'welcome',
      streams: [{ stream: STREAM, status: 'replay', head: null }],
    } as unknown as Parameters<Subscriptions['onWelcome']>[0]
    this.subscriptions.onWelcome(welcome)
    return { id: 'hello', position: resume?.position ?? null }
  }

  cut(): void {
    this.isOpen = false
    this.requests = []
    this.subscriptions.onLost()
  }

  receive(message: object): void {
    this.subscriptions.onMessage(message as Parameters<Subscriptions['onMessage']>[0])
  }
}

const truth = (model: Model): string[] =>
  Array.from({ length: model.head }, (_, index) => `${model.epoch}:${index + 1}`)

/** What the page holds is always exactly what was said up to its cursor, in one epoch. */
function expectSound(model: Model, real: Real): void {
  const { said } = real
  const epochs = new Set(said.map((word) => word.split(':')[0]))
  expect(epochs.size).toBeLessThanOrEqual(1)
  expect(said.map((word) => Number(word.split(':')[1]))).toEqual(said.map((_, index) => index + 1))
  const position = real.reader.position
  if (position === null) return
  const [epoch = '', seq] = position.split(':')
  expect(said).toHaveLength(Number(seq))
  if (said.length > 0) expect(`e${said[0]?.split(':')[0]}`).toBe(epoch)
  if (epoch === `e${model.epoch}`) expect(Number(seq)).toBeLessThanOrEqual(model.head)
}

type Command = fc.Command<Model, Real>

/** The server takes up a subscription as P41 to P43 say. */
function answer(model: Model, real: Real, position: string | null): void {
  const [epoch, seq] = position === null ? [`e${model.epoch}`, '0'] : position.split(':')
  const from = Number(seq)
  if (epoch === `e${model.epoch}` && from <= model.head) {
    model.sent = from
    return
  }
  const at = `e${model.epoch}:${model.head}`
  real.receive({ type: 'reset', stream: STREAM, position: at, why: 'other_epoch' })
  const state = stateOf(truth(model))
  real.receive({ type: 'snapshot', stream: STREAM, position: at, why: 'other_epoch', state })
  model.sent = model.head
  model.lossTold = true
}

/** Newer requests of the client replace what the server knew. */
function takeRequests(model: Model, real: Real): void {
  for (const request of real.requests.splice(0)) {
    real.receive({ type: 'ok', id: request.id, stream: STREAM })
    answer(model, real, request.position)
  }
}

const command = (
  name: string,
  check: (model: Readonly<Model>) => boolean,
  run: (model: Model, real: Real) => void,
): Command => ({
  check,
  run(model, real) {
    run(model, real)
    expectSound(model, real)
  },
  toString: () => name,
})

const connect = command(
  'connect',
  (model) => !model.connected,
  (model, real) => {
    model.connected = true
    const { position } = real.connect()
    answer(model, real, position)
    takeRequests(model, real)
  },
)

const cut = command(
  'cut',
  (model) => model.connected,
  (model, real) => {
    model.connected = false
    model.sent = null
    real.cut()
  },
)

/** Appends and sends what the client lacks, up to some number of events. */
const events = (appended: number, delivered: number): Command =>
  command(
    `events(${appended}, ${delivered})`,
    () => true,
    (model, real) => {
      model.head += appended
      for (let count = 0; count < delivered; count += 1) deliver(model, real)
    },
  )

function deliver(model: Model, real: Real): void {
  if (model.sent === null || model.sent >= model.head) return
  model.sent += 1
  const event = eventOf(model.epoch, model.sent)
  real.receive({ type: 'event', stream: STREAM, seq: model.sent, event })
  takeRequests(model, real)
}

const duplicate = (back: number): Command =>
  command(
    `duplicate(${back})`,
    (model) => model.sent !== null && model.sent > back,
    (model, real) => {
      const seq = (model.sent ?? 0) - back
      real.receive({ type: 'event', stream: STREAM, seq, event: eventOf(model.epoch, seq) })
      takeRequests(model, real)
    },
  )

/** A hole: one event is left out on the way. */
const stale = command(
  'stale',
  (model) => model.sent !== null && model.sent + 1 < model.head,
  (model, real) => {
    model.sent = (model.sent ?? 0) + 1
    deliver(model, real)
  },
)

const snapshot = command(
  'snapshot',
  (model) => model.sent !== null,
  (model, real) => {
    const position = `e${model.epoch}:${model.head}`
    const state = stateOf(truth(model))
    real.receive({ type: 'snapshot', stream: STREAM, position, why: 'behind', state })
    model.sent = model.head
  },
)

/** The journal lost something: a new epoch, with another history. */
const reset = (kept: number): Command =>
  command(
    `reset(${kept})`,
    (model) => !model.connected,
    (model) => {
      model.epoch += 1
      model.head = Math.min(model.head, kept)
    },
  )

const live = command(
  'live',
  (model) => model.sent !== null,
  (model, real) => {
    real.receive({ type: 'live', stream: STREAM, position: `e${model.epoch}:${model.sent}` })
    takeRequests(model, real)
  },
)

function expectAcknowledgeable(model: Model, real: Real): void {
  const position = real.subscriptions.positions()[STREAM]
  const [epoch, seq] = position?.split(':') ?? []
  if (epoch === `e${model.epoch}`) expect(Number(seq)).toBeLessThanOrEqual(model.head)
}

/** What is acknowledged is never beyond what there is. */
const ack = command('ack', (model) => model.sent !== null, expectAcknowledgeable)

const all = [
  fc.constant(connect),
  fc.constant(cut),
  fc.tuple(fc.nat(4), fc.nat(6)).map(([appended, delivered]) => events(appended, delivered)),
  fc.nat(3).map(duplicate),
  fc.constant(stale),
  fc.constant(snapshot),
  fc.nat(5).map(reset),
  fc.constant(live),
  fc.constant(ack),
]

/** Once the faults stop: connected, with all that there is sent. */
function settle(model: Model, real: Real): void {
  if (!model.connected) connect.run(model, real)
  for (let round = 0; round < 50; round += 1) {
    real.clock.advance(60_000)
    takeRequests(model, real)
    while (model.sent !== null && model.sent < model.head) deliver(model, real)
    real.receive({ type: 'live', stream: STREAM, position: `e${model.epoch}:${model.head}` })
    takeRequests(model, real)
  }
}

test('whatever comes, in whatever order, a page holds exactly the stream up to its cursor, and in the end all', () => {
  fc.assert(
    fc.property(fc.commands(all, { maxCommands: 60, size: 'max' }), (commands) => {
      const model: Model = {
        epoch: 1,
        head: 0,
        connected: false,
        sent: null,
        lossTold: false,
      }
      const real = new Real()
      fc.modelRun(() => ({ model, real }), commands)
      const before = real.reader.position
      settle(model, real)
      expectSound(model, real)
      expect(real.said).toEqual(truth(model))
      expect(real.reader.phase).toBe('live')
      expect(real.reader.position).toBe(`e${model.epoch}:${model.head}`)
      // What may have been lost was told, at the latest when it was noticed.
      const wasOther = before !== null && !before.startsWith(`e${model.epoch}:`)
      if (wasOther || model.lossTold) expect(real.resets).toBeGreaterThan(0)
    }),
    { numRuns: 300 },
  )
})
