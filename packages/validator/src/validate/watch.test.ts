import { expect, test } from 'vitest'

import type { Result } from './check.ts'
import { aResult } from './testing/made-up.ts'
import type { Verdict } from './verdict.ts'
import {
  changeInWords,
  durationOf,
  summaryInWords,
  watch,
  type Change,
  type WatchClock,
} from './watch.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 21, 12)

/** Time that passes only where somebody waits for it. */
class MovingClock implements WatchClock {
  at = START
  readonly waits: number[] = []

  now(): number {
    return this.at
  }

  async until(at: number): Promise<void> {
    this.waits.push(at - START)
    this.at = Math.max(this.at, at)
  }
}

const round = (verdict: Verdict, ...open: Result['id'][]) => ({
  verdict,
  durationMs: 900,
  results: [
    aResult({ id: 'health.healthy' }),
    ...open.map((id) => aResult({ id, outcome: 'failed' })),
  ],
})

async function watched(
  rounds: (() => Promise<ReturnType<typeof round>>)[],
  more: { forMs?: number; clock?: MovingClock; signal?: AbortSignal } = {},
) {
  const changes: Change[] = []
  const { clock = new MovingClock(), forMs = rounds.length * MINUTE } = more
  let n = 0
  const summary = await watch({
    forMs,
    clock,
    signal: more.signal ?? new AbortController().signal,
    round: () => {
      const next = rounds[n++]
      if (!next) throw new Error('one round too many')
      return next()
    },
    changed: (change) => void changes.push(change),
  })
  return { summary, changes, clock }
}

const ready = async () => round('ready')
const broken = async () => round('not_ready', 'accounts.login')

test('a day has 1,440 rounds, one at each minute, and says one thing when nothing changes', async () => {
  const { summary, changes, clock } = await watched(
    Array.from({ length: 1_440 }, () => ready),
    { forMs: durationOf('24h') ?? 0 },
  )
  expect(summary).toMatchObject({ rounds: 1_440, ready: 1_440, outages: [] })
  expect(changes.map(({ number, verdict }) => `${number} ${verdict}`)).toEqual(['1 ready'])
  expect(clock.waits.slice(0, 3)).toEqual([0, MINUTE, 2 * MINUTE])
})

test('what changes is told once, with since when it was otherwise', async () => {
  const { summary, changes } = await watched([ready, ready, broken, broken, broken, ready])
  expect(changes.map(changeInWords)).toEqual([
    '2026-11-21T12:00:00Z round 1: ready',
    '2026-11-21T12:02:00Z round 3: not_ready: accounts.login (ready for 2 min)',
    '2026-11-21T12:05:00Z round 6: ready (not_ready for 3 min)',
  ])
  expect(summary.outages).toEqual([
    { from: START + 2 * MINUTE, until: START + 5 * MINUTE, open: ['accounts.login'] },
  ])
  expect(summaryInWords(summary)).toContain('3 of 6 rounds ready (50.00 %)')
})

test('another check that fails is a change too, and belongs to the same outage', async () => {
  const other = async () => round('not_ready', 'health.healthy')
  const { summary, changes } = await watched([broken, other])
  expect(changes).toHaveLength(2)
  expect(summary.outages).toEqual([
    { from: START, until: null, open: ['accounts.login', 'health.healthy'] },
  ])
  expect(summaryInWords(summary)).toContain('not ready from 2026-11-21T12:00:00Z on')
})

test('a round that takes three minutes costs two, and the grid stays', async () => {
  const clock = new MovingClock()
  const slow = async () => {
    clock.at += 2.5 * MINUTE
    return round('ready')
  }
  const { summary } = await watched([slow, ready, ready], { clock, forMs: 5 * MINUTE })
  expect(clock.waits).toEqual([0, 3 * MINUTE, 4 * MINUTE])
  expect(summary.rounds).toBe(3)
})

test('a round that cannot be tried is not ready, with the reason', async () => {
  const { summary, changes } = await watched([() => Promise.reject(new Error('no name server'))])
  expect(summary).toMatchObject({ rounds: 1, ready: 0 })
  expect(changes[0]).toMatchObject({ verdict: 'could_not_run', open: ['no name server'] })
})

test('an interrupted watch ends with what it has', async () => {
  const stop = new AbortController()
  const last = async () => {
    stop.abort()
    return round('ready')
  }
  const { summary } = await watched([ready, last], { forMs: 60 * MINUTE, signal: stop.signal })
  expect(summary).toMatchObject({ rounds: 2, ready: 2 })
})

test.for([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['24', undefined],
  ['0h', undefined],
  ['1w', undefined],
  ['-1h', undefined],
] as const)('%s is %s ms', ([text, ms]) => {
  expect(durationOf(text)).toBe(ms)
})
