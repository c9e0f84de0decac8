import type { ThreadEventInput } from '@netra/protocol'
import { describe, expect, test } from 'vitest'

import { audit, RULES, type Rule } from './auditor.ts'
import { World } from './testing/world.ts'

const THREAD = 'thread:t'

const common = (run_id: string | null, user_id = 'u') => ({
  id: `event-${String(run_id)}`,
  at: '2026-01-01T00:00:00.000Z',
  user_id,
  thread_id: 't',
  run_id,
  agent: 'data',
  trace_id: null,
})

const added = (run: string, user?: string): ThreadEventInput => ({
  type: 'message_added',
  ...common(run, user),
  message_id: `q-${run}`,
  parent_message_id: null,
  role: 'user',
  content: [{ type: 'text', text: 'q' }],
  attachments: [],
})

const accepted = (run: string, clientMessageId = `c-${run}`): ThreadEventInput => ({
  type: 'run_accepted',
  ...common(run),
  thread_id: 't',
  run_id: run,
  client_message_id: clientMessageId,
  model: 'm/x',
  parent_message_id: `q-${run}`,
})

const delta = (run: string, offset: number, text: string): ThreadEventInput => ({
  type: 'message_delta',
  run_id: run,
  message_id: `a-${run}`,
  part: 0,
  offset,
  text,
})

const cancelled = (run: string): ThreadEventInput => ({
  type: 'run_cancelled',
  ...common(run),
  thread_id: 't',
  run_id: run,
  by: 'u',
})

const attempt = (run: string, fence: number, superseded: string[] = []): ThreadEventInput => ({
  type: 'run_attempt',
  ...common(run),
  thread_id: 't',
  run_id: run,
  attempt: fence,
  fence,
  why: 'restart',
  superseded,
  interrupted: [],
})

/** One run of six events in one thread. */
const turn = (run = 'r'): ThreadEventInput[] => [
  added(run),
  accepted(run),
  delta(run, 0, 'ab'),
  delta(run, 2, 'cd'),
  delta(run, 4, 'ef'),
  cancelled(run),
]

function worldWithTurn(): World {
  const world = new World()
  world.commit(THREAD, ...turn())
  return world
}

const answer = (more: Record<string, unknown> = {}) => ({
  thread_id: 't',
  run_id: 'r',
  position: 'one:0',
  ...more,
})

const rulesOf = (world: World): Rule[] => [
  ...new Set(audit(world.observations).violations.map(({ rule }) => rule)),
]

test('a history in which everything holds has no violation', () => {
  const world = worldWithTurn()
  const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD, 2).live(THREAD)
  phone.send('c-r', 'q', answer()).send('c-r', 'q', answer({ duplicate: true }))
  const laptop = world.device('laptop').open().subscribe(THREAD, null).snapshot(THREAD).live(THREAD)
  phone.close().open().take(THREAD, 1).close().open().take(THREAD).live(THREAD)
  world.calm()
  for (const device of [phone, laptop]) device.state(THREAD)
  const { violations, counts } = audit(world.observations)
  expect(violations).toEqual([])
  expect(counts).toEqual({
    committed: 6,
    delivered: 6,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    unreported: 0,
    resumes: 2,
    resets: 0,
    snapshots: 1,
  })
})

test('a loss that every device is told of has no violation', () => {
  const world = worldWithTurn()
  const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD).live(THREAD)
  phone.send('c-r', 'q', answer()).close()
  world.epoch = 'two'
  world.journal.set(THREAD, turn().slice(0, 3))
  world.observations.push({ kind: 'epoch_changed', to: 'two' })
  phone.open().reset(THREAD).snapshot(THREAD).live(THREAD)
  world.commit(THREAD, cancelled('r'))
  phone.take(THREAD)
  world.calm()
  phone.state(THREAD)
  expect(audit(world.observations)).toMatchObject({
    violations: [],
    counts: { lost: 0, unreported: 0, resets: 1, snapshots: 1 },
  })
})

/** For each rule, histories that break it. */
const BROKEN: Record<Rule, Record<string, (world: World) => void>> = {
  contiguous: {
    'an event is missing': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD, 2)
      phone.hear({ type: 'event', stream: THREAD, seq: 4, event: delta('r', 2, 'cd') as never })
    },
    'an event comes twice': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD, 2)
      phone.hear({ type: 'event', stream: THREAD, seq: 2, event: accepted('r') as never })
    },
    'live is said before the last event came': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD, 2)
      phone.hear({ type: 'live', stream: THREAD, position: 'one:3' })
    },
    'an event comes where a snapshot is due': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, 'garbage')
      phone.hear({ type: 'event', stream: THREAD, seq: 1, event: added('r') as never })
    },
    'a stream comes that nobody subscribed': (world) => {
      const phone = world.device('phone').open()
      phone.hear({ type: 'event', stream: THREAD, seq: 1, event: added('r') as never })
    },
    'replay begins again at the start': (world) => {
      const phone = world
        .device('phone')
        .open()
        .subscribe(THREAD, null)
        .take(THREAD, 3)
        .live(THREAD)
      phone.close().open()
      phone.hear({ type: 'event', stream: THREAD, seq: 1, event: added('r') as never })
    },
  },
  same_event: {
    'two devices see different events at one position': (world) => {
      for (const [name, text] of [
        ['phone', 'ab'],
        ['laptop', 'xy'],
      ] as const) {
        const device = world.device(name).open().subscribe(THREAD, null).take(THREAD, 2)
        device.hear({ type: 'event', stream: THREAD, seq: 3, event: delta('r', 0, text) as never })
        device.hear({ type: 'live', stream: THREAD, position: 'one:3' })
      }
    },
  },
  fold: {
    'a device made something else of the events': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD).live(THREAD)
      phone.state(THREAD, (state) => ({ ...state, archived: true }))
    },
    'a snapshot is not the fold': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null)
      phone.snapshot(THREAD, (state) => ({ ...state, messages: [] }))
    },
    'the journal itself has a hole in a text': (world) => {
      const state = world.fold(THREAD, 6)
      world.commit(THREAD, accepted('s'), delta('s', 3, 'late'))
      world.observations.push({
        kind: 'state',
        device: 'd',
        stream: THREAD,
        position: 'one:8',
        state,
      })
    },
  },
  acknowledged: {
    'what was acknowledged is not in the journal': (world) => {
      world
        .device('phone')
        .open()
        .send('other', 'q', answer({ run_id: 'gone' }))
      world.calm()
    },
    'its whole thread is not there': (world) => {
      const elsewhere = answer({ run_id: 'gone', thread_id: 'nowhere' })
      world.device('phone').open().send('other', 'q', elsewhere)
      world.calm()
    },
    'it stands before the position that was told': (world) => {
      world
        .device('phone')
        .open()
        .send('c-r', 'q', answer({ position: 'one:4' }))
      world.calm()
    },
  },
  owner: {
    "an event is somebody else's": (world) => {
      world.device('phone', 'v').open().subscribe(THREAD, null).take(THREAD, 1)
    },
    "a delta, which names no user, is of somebody else's stream": (world) => {
      const stranger = world.device('phone', 'v').open().subscribe(THREAD, 'one:2')
      stranger.take(THREAD, 1)
    },
    "a stream holds somebody else's event": (world) => world.commit(THREAD, added('x', 'v')),
    'a socket is welcomed as somebody else': (world) => {
      const phone = world.device('phone').open()
      const welcome = world.observations.find(
        (seen) => seen.kind === 'heard' && seen.messages[0]?.type === 'welcome',
      )
      if (welcome?.kind !== 'heard') throw new Error('no welcome')
      phone.hear({ ...welcome.messages[0], user_id: 'v' } as never)
    },
  },
  one_terminal: {
    'a run ends twice': (world) => world.commit(THREAD, cancelled('r')),
    'a run never ends': (world) => {
      world.commit(THREAD, added('s'), accepted('s'))
      world.calm()
    },
    'a state at the head has a run that never ended': (world) => {
      world.commit(THREAD, added('s'), accepted('s'))
      const state = world.fold(THREAD, 8)
      world.observations.length = 0
      world.observations.push(
        { kind: 'faults_stopped' },
        { kind: 'journal', stream: THREAD, position: 'one:8', events: [], state },
      )
    },
  },
  fence: {
    'a commit has the fence of an owner that lost the run': (world) => {
      world.observations.push(
        { kind: 'claimed', run: 'r', fence: 1 },
        { kind: 'claimed', run: 'r', fence: 2 },
      )
      const event = delta('r', 6, 'late')
      const place = { stream: THREAD, epoch: 'one', seq: 7 }
      world.observations.push({ kind: 'committed', ...place, event, fence: 1 })
    },
    'a fence is given twice': (world) => {
      world.observations.push(
        { kind: 'claimed', run: 'r', fence: 2 },
        { kind: 'claimed', run: 'r', fence: 2 },
      )
    },
    'an attempt has an older fence': (world) => {
      world.commit(THREAD, attempt('r', 3), attempt('r', 2))
    },
    'what was superseded is spoken further': (world) => {
      world.commit(THREAD, attempt('r', 2, ['a-r']), delta('r', 6, 'gh'))
    },
  },
  convergence: {
    'a device stays behind': (world) => {
      const phone = world
        .device('phone')
        .open()
        .subscribe(THREAD, null)
        .take(THREAD, 4)
        .live(THREAD)
      world.calm()
      phone.state(THREAD)
    },
    'a device stays in an epoch that is over': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD).live(THREAD)
      world.epoch = 'two'
      world.calm()
      phone.state(THREAD)
    },
  },
  window: {
    'events come without an acknowledgement': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null)
      for (let seq = 1; seq <= 9; seq += 1) {
        phone.hear({ type: 'event', stream: THREAD, seq, event: { type: 'unknown', of: 'x' } })
      }
    },
    'more bytes wait than the window has': (world) => {
      const { socket } = world.device('phone').open()
      world.observations.push({ kind: 'queued', socket, bytes: 11, window: 10 })
    },
  },
  one_run: {
    'one id has two runs in the journal': (world) => {
      world.commit(THREAD, added('s'), accepted('s', 'c-r'), cancelled('s'))
    },
    'one id is answered with two runs': (world) => {
      const phone = world.device('phone').open().send('c-r', 'q', answer())
      phone.send('c-r', 'q', answer({ run_id: 's', duplicate: true }))
    },
    'another payload is accepted under the same id': (world) => {
      const phone = world.device('phone').open().send('c-r', 'q', answer())
      phone.send('c-r', 'something else', answer({ duplicate: true }))
    },
    'the same message is accepted twice as new': (world) => {
      world.device('phone').open().send('c-r', 'q', answer()).send('c-r', 'q', answer())
    },
    'a repetition is refused as a conflict': (world) => {
      const phone = world.device('phone').open().send('c-r', 'q', answer())
      phone.send('c-r', 'q', { type: 'error', code: 'conflict', message: 'no', retry: 'no' })
    },
  },
  reset: {
    'another epoch comes as a snapshot without a reset': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD).live(THREAD)
      phone.close()
      world.epoch = 'two'
      phone.open().snapshot(THREAD)
    },
    'a position beyond the head is answered without a reset': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, 'one:99')
      phone.snapshot(THREAD)
    },
    'a device that had something begins anew in another epoch, untold': (world) => {
      const phone = world.device('phone').open().subscribe(THREAD, null).take(THREAD).live(THREAD)
      phone.close()
      world.epoch = 'two'
      phone.open().subscribe(THREAD, null).take(THREAD).live(THREAD)
    },
    'its own stream is said not to exist': (world) => {
      const phone = world.device('phone').open()
      phone.say({ type: 'subscribe', id: 'x', stream: THREAD, position: null })
      const message = 'no such stream'
      phone.hear({ type: 'error', id: 'x', code: 'not_found', message, retry: 'no' })
    },
  },
  claim: {
    'a device acknowledges what it never got': (world) => {
      const phone = world
        .device('phone')
        .open()
        .subscribe(THREAD, null)
        .take(THREAD, 2)
        .live(THREAD)
      phone.say({ type: 'ack', positions: { [THREAD]: 'one:3' }, bytes: 10 })
    },
    'a device resumes beyond what it got': (world) => {
      const phone = world
        .device('phone')
        .open()
        .subscribe(THREAD, null)
        .take(THREAD, 2)
        .live(THREAD)
      phone.close().open().subscribe(THREAD, 'one:5')
    },
  },
}

describe.each(RULES)('%s', (rule) => {
  test.each(Object.entries(BROKEN[rule]))('found: %s', (_name, breakIt) => {
    const world = worldWithTurn()
    breakIt(world)
    expect(rulesOf(world)).toContain(rule)
  })
})

test('what was passed over is lost, what came late is reordered, what came again is duplicated', () => {
  const event = { type: 'unknown', of: 'x' } as const
  const count = (...seqs: number[]) => {
    const world = new World()
    const device = world.device('phone').open().subscribe(THREAD, null)
    for (const seq of seqs) device.hear({ type: 'event', stream: THREAD, seq, event })
    const { lost, reordered, duplicated } = audit(world.observations).counts
    return { lost, reordered, duplicated }
  }
  expect(count(1, 2, 5)).toEqual({ lost: 2, reordered: 0, duplicated: 0 })
  expect(count(1, 3, 2)).toEqual({ lost: 0, reordered: 1, duplicated: 0 })
  expect(count(1, 2, 2)).toEqual({ lost: 0, reordered: 0, duplicated: 1 })
  expect(count(1, 2, 3)).toEqual({ lost: 0, reordered: 0, duplicated: 0 })
})

test('a snapshot that leaves out old messages is the same state as one that has them', () => {
  const world = new World()
  for (let index = 0; index < 60; index += 1) world.commit(THREAD, ...turn(`r${index}`))
  const all = world.device('phone').open().subscribe(THREAD, null).take(THREAD).live(THREAD)
  const some = world.device('laptop').open().subscribe(THREAD, null)
  some.snapshot(THREAD, (state) => ({
    ...state,
    ...('messages' in state && {
      messages: state.messages.slice(-50),
      runs: state.runs.slice(-25),
      before: state.messages.at(-50)?.id ?? null,
    }),
  }))
  all.state(THREAD)
  const { violations } = audit(world.observations)
  expect(violations.filter(({ rule }) => rule === 'fold')).toEqual([])
})
