import { userStream } from '@netra/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { historyArbitrary } from '../../../protocol/src/testing/history.ts'
import { audit, type Observation, type Rule } from './auditor.ts'
import { World, type Device } from './testing/world.ts'

const THREAD = 'thread:t'

/** What a device does next: hear some events, lose its connection, or begin anew from a snapshot. */
type Move = { device: number; does: 'take' | 'cut' | 'snapshot' | 'subscribe'; count: number }

const moveArbitrary: fc.Arbitrary<Move> = fc.record({
  device: fc.nat(2),
  does: fc.constantFrom('take', 'take', 'take', 'cut', 'snapshot', 'subscribe'),
  count: fc.integer({ min: 1, max: 9 }),
})

function act(device: Device, { does, count }: Move): void {
  if (does === 'take') device.take(THREAD, count)
  if (does === 'cut') device.close().open()
  if (does === 'subscribe') device.subscribe(THREAD)
  if (does === 'snapshot') device.subscribe(THREAD, null).snapshot(THREAD)
}

/** A random thread, three devices of its owner that come and go, one of a stranger, no fault. */
const cleanArbitrary: fc.Arbitrary<Observation[]> = fc
  .tuple(historyArbitrary, fc.array(moveArbitrary, { maxLength: 30 }))
  .filter(([events]) => events.length > 3)
  .map(([events, moves]) => {
    const world = new World()
    world.commit(THREAD, ...events)
    const last = events.at(-1)
    const isOpen = last && !/completed$|failed$|cancelled$/.test(last.type)
    if (isOpen || last?.type.startsWith('message') || last?.type === 'tool_completed') {
      const run = events.findLast((event) => event.type === 'run_accepted')
      if (run) world.commit(THREAD, { ...run, type: 'run_cancelled', by: 'u' })
    }
    const stranger = world.device('stranger', 'v').open().subscribe(userStream('v'), null)
    stranger.live(userStream('v'))
    const devices = ['phone', 'laptop', 'tablet'].map((name) =>
      world.device(name).open().subscribe(THREAD, null).live(THREAD),
    )
    for (const move of moves) {
      const device = devices[move.device]
      if (device) act(device, move)
    }
    world.calm()
    for (const device of devices) device.take(THREAD).live(THREAD).state(THREAD)
    return world.observations
  })

type Heard = Extract<Observation, { kind: 'heard' }>

const typeAt = (observations: readonly Observation[], index: number): string => {
  const seen = observations[index]
  return seen?.kind === 'heard' ? (seen.messages[0]?.type ?? '') : ''
}

const socketAt = (observations: readonly Observation[], index: number): string =>
  (observations[index] as Heard).socket

const indexesOf = (observations: readonly Observation[], fits: (index: number) => boolean) =>
  observations.map((_, index) => index).filter(fits)

interface Fault {
  /** Any of these says it. */
  found: Rule[]
  /** Undefined when the history has no place for it. */
  apply(observations: readonly Observation[], pick: number): Observation[] | undefined
}

const choose = (places: readonly number[], pick: number) => places[pick % (places.length || 1)]

const onEvent =
  (change: (observations: Observation[], at: number) => Observation[]): Fault['apply'] =>
  (observations, pick) => {
    const isEvent = (index: number) => typeAt(observations, index) === 'event'
    const at = choose(indexesOf(observations, isEvent), pick)
    return at === undefined ? undefined : change([...observations], at)
  }

const FAULTS: Record<string, Fault> = {
  'an event dropped': {
    found: ['contiguous', 'claim'],
    apply(observations, pick) {
      // What a device would have left behind a moment later anyway is no loss.
      const places = indexesOf(
        observations,
        (index) =>
          typeAt(observations, index) === 'event' &&
          /^(event|live)$/.test(typeAt(observations, index + 2)) &&
          socketAt(observations, index) === socketAt(observations, index + 2),
      )
      const at = choose(places, pick)
      return at === undefined ? undefined : observations.toSpliced(at, 1)
    },
  },
  'an event twice': {
    found: ['contiguous'],
    apply: onEvent((all, at) => all.toSpliced(at, 0, all[at] as Observation)),
  },
  'two events swapped': {
    found: ['contiguous'],
    apply(observations, pick) {
      // The acknowledgement of the first stands between them.
      const places = indexesOf(
        observations,
        (index) =>
          typeAt(observations, index) === 'event' &&
          typeAt(observations, index + 2) === 'event' &&
          socketAt(observations, index) === socketAt(observations, index + 2),
      )
      const at = choose(places, pick)
      if (at === undefined) return undefined
      const [first, second] = [observations[at] as Heard, observations[at + 2] as Heard]
      return observations.with(at, second).with(at + 2, first)
    },
  },
  'an event for a stranger': {
    found: ['owner'],
    apply: onEvent((all, at) => {
      const stranger = all.find((seen) => seen.kind === 'opened' && seen.user === 'v') as Heard
      const { device, socket } = stranger
      return all.toSpliced(at, 0, { ...(all[at] as Heard), device, socket })
    }),
  },
  'another event at the same place': {
    found: ['same_event'],
    apply: onEvent((all, at) => {
      const heard = all[at] as Heard
      const [frame] = heard.messages
      if (frame?.type !== 'event') return all
      const event = { ...frame.event, type: 'message_delta', message_id: 'x', text: '?', offset: 0 }
      const changed = { ...event, part: 0, run_id: 'x' } as never
      return all.with(at, { ...heard, messages: [{ ...frame, event: changed }] })
    }),
  },
  'a second terminal event': {
    found: ['one_terminal'],
    apply(observations, pick) {
      const ends = indexesOf(observations, (index) => {
        const seen = observations[index]
        return (
          seen?.kind === 'committed' &&
          /^(agent_(completed|failed)|run_cancelled)$/.test(seen.event.type)
        )
      })
      const at = choose(ends, pick)
      const last = observations.findLastIndex((seen) => seen.kind === 'committed')
      const end = at === undefined ? undefined : observations[at]
      const newest = observations[last]
      if (end?.kind !== 'committed' || newest?.kind !== 'committed') return undefined
      return observations.toSpliced(last + 1, 0, { ...end, seq: newest.seq + 1 })
    },
  },
  'a device that stays behind': {
    found: ['convergence'],
    apply(observations, pick) {
      const states = indexesOf(observations, (index) => observations[index]?.kind === 'state')
      const at = choose(states, pick)
      const seen = at === undefined ? undefined : observations[at]
      if (at === undefined || seen?.kind !== 'state') return undefined
      return observations.with(at, { ...seen, position: 'one:1' })
    },
  },
  'a text that is not the same': {
    found: ['fold'],
    apply(observations, pick) {
      const states = indexesOf(observations, (index) => observations[index]?.kind === 'state')
      const at = choose(states, pick)
      const seen = at === undefined ? undefined : observations[at]
      if (at === undefined || seen?.kind !== 'state' || !('messages' in seen.state))
        return undefined
      const [first, ...others] = seen.state.messages
      if (!first) return undefined
      const messages = [{ ...first, content: [{ type: 'text' as const, text: '?' }] }, ...others]
      return observations.with(at, { ...seen, state: { ...seen.state, messages } })
    },
  },
  'a silent new epoch': {
    found: ['reset'],
    apply(observations, pick) {
      const places = indexesOf(observations, (index) => typeAt(observations, index) === 'live')
      const at = choose(places.slice(1), pick)
      const seen = at === undefined ? undefined : observations[at]
      const [frame] = seen?.kind === 'heard' ? seen.messages : []
      if (at === undefined || seen?.kind !== 'heard' || frame?.type !== 'live') return undefined
      const position = frame.position.replace('one:', 'two:')
      // A device that never knew an epoch cannot miss one.
      const device = observations
        .slice(0, at)
        .some(
          (other) =>
            other.kind === 'heard' &&
            other.device === seen.device &&
            other.messages.some(({ type }) => type === 'snapshot' || type === 'live'),
        )
      return device
        ? observations.with(at, { ...seen, messages: [{ ...frame, position }] })
        : undefined
    },
  },
}

test('a random history without a fault has no violation', () => {
  fc.assert(
    fc.property(cleanArbitrary, (observations) => {
      expect(audit(observations).violations).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test.each(Object.entries(FAULTS))('in a random history it is found: %s', (_name, fault) => {
  let tried = 0
  fc.assert(
    fc.property(cleanArbitrary, fc.nat(), (observations, pick) => {
      const broken = fault.apply(observations, pick)
      fc.pre(broken !== undefined)
      tried += 1
      const found = new Set(audit(broken).violations.map(({ rule }) => rule))
      expect(fault.found.some((rule) => found.has(rule))).toBe(true)
    }),
    { numRuns: 100 },
  )
  expect(tried).toBeGreaterThan(50)
})
