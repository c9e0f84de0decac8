import { describe, expect, test } from 'vitest'

import { asId, type RunId, type TraceId, type UserId } from '../../platform/ids.ts'
import { TestClock } from '../../platform/testing-clock.ts'
import {
  beginSpan,
  inTrace,
  type Attributes,
  type EndedSpan,
  type SpanWatch,
} from '../../platform/tracing.ts'
import { fewer, MAX_SPANS } from './fewer-spans.ts'
import { RunTimer, type TimerOptions } from './run-timer.ts'
import { causeOf, shownTimeline, type StoredTimeline } from './timeline.ts'

function timerAt(clock: TestClock, more: Partial<TimerOptions> = {}, attempt = 0): RunTimer {
  return new RunTimer({
    clock,
    run: {
      id: asId<RunId>('run-1'),
      user_id: asId<UserId>('ada'),
      trace_id: asId<TraceId>('a'.repeat(32)),
      created_at: new Date(ACCEPTED).toISOString(),
      agent: 'data',
      attempt,
    },
    earlier: undefined,
    acceptedMs: 0,
    waitedFor: 'turn',
    watch: undefined,
    ...more,
  })
}

const ACCEPTED = Date.UTC(2026, 0, 1)

/** One call of the model: waits, speaks, is held up by the store for a part of it. */
async function call(
  timer: RunTimer,
  clock: TestClock,
  times: { first: number; rest: number; store?: number; kind?: 'model' | 'tool'; name?: string },
): Promise<void> {
  const { kind = 'model', name = 'gpt-4o', store = 0 } = times
  await inTrace(timer.trace, async () => {
    const names: Attributes =
      kind === 'model' ? { 'netra.model': name } : { 'gen_ai.tool.name': name }
    const span = beginSpan(clock, kind, name, names)
    clock.advance(times.first)
    if (kind === 'model') span.first()
    await timer.storing(Promise.resolve(clock.advance(0)).then(() => clock.advance(store)))
    clock.advance(times.rest)
    span.end('ok')
  })
}

const sumOf = (stored: StoredTimeline): number =>
  Object.values(stored.parts).reduce((sum, ms) => sum + ms, 0)

describe('the parts of a run', () => {
  test('add up to the whole, and none counts a moment twice', async () => {
    const clock = new TestClock(ACCEPTED)
    clock.advance(400)
    const timer = timerAt(clock, { acceptedMs: 100 })
    await call(timer, clock, { first: 2_000, rest: 1_000, store: 500 })
    await call(timer, clock, { kind: 'tool', name: 'query_table', first: 0, rest: 700 })
    clock.advance(50)
    const stored = timer.stored()
    expect(stored.parts).toEqual({
      queue_ms: 300,
      model_ms: 3_000,
      tool_ms: 700,
      store_ms: 600,
      other_ms: 50,
    })
    expect(stored.total).toBe(4_650)
    expect(sumOf(stored)).toBe(stored.total)
    expect(shownTimeline(stored, undefined).cause).toEqual({
      kind: 'model',
      share: 0.645,
      sentence: 'The model gpt-4o took 3.0 of 4.7 s, 2.0 s of it before its first word.',
    })
  })

  test('go on from what an earlier attempt left; a decision that took long is waited for', async () => {
    const clock = new TestClock(ACCEPTED)
    const first = timerAt(clock)
    await call(first, clock, { first: 1_000, rest: 0 })
    const parked = first.stored()
    clock.advance(60_000)
    const second = timerAt(clock, { earlier: parked, waitedFor: 'decision' }, 1)
    await call(second, clock, { kind: 'tool', name: 'send', first: 0, rest: 500 })
    const stored = second.stored()
    expect(stored.parts).toMatchObject({ queue_ms: 60_000, model_ms: 1_000, tool_ms: 500 })
    expect(sumOf(stored)).toBe(stored.total)
    expect(shownTimeline(stored, undefined).cause.sentence).toBe(
      'It waited 60.0 of 61.5 s for a decision about a tool call.',
    )
    expect(stored.spans.map(({ name }) => name)).toContain('Waiting for you')
  })

  test('of a run that was taken over say that it was interrupted', () => {
    const clock = new TestClock(ACCEPTED)
    clock.advance(20_000)
    const timer = timerAt(clock, { waitedFor: undefined }, 1)
    clock.advance(1_000)
    const { cause } = shownTimeline(timer.stored(), undefined)
    expect(cause.kind).toBe('other')
    expect(cause.sentence).toBe(
      'It was interrupted: the server that made it stopped, and 21.0 of 21.0 s went by until another went on.',
    )
  })

  test('are none below zero when clocks disagree', () => {
    const clock = new TestClock(ACCEPTED - 5_000)
    const stored = timerAt(clock, { acceptedMs: 900 }).stored()
    expect(stored).toMatchObject({ total: 0, parts: { queue_ms: 0, store_ms: 0, other_ms: 0 } })
  })
})

test('whoever listens is told of the same spans, as one tree', async () => {
  const clock = new TestClock(ACCEPTED)
  const told: EndedSpan[] = []
  const watch: SpanWatch = { takesContent: false, ended: (span) => told.push(span) }
  clock.advance(10)
  const timer = timerAt(clock, { watch })
  await call(timer, clock, { first: 5, rest: 5 })
  timer.finished('ok')
  const [wait, chat, run] = told
  expect(told.map(({ kind }) => kind)).toEqual(['queue', 'model', 'run'])
  expect(chat?.parentId).toBe(run?.spanId)
  expect(run?.parentId).toBe(wait?.parentId)
  expect(new Set(told.map(({ traceId }) => traceId))).toEqual(new Set(['a'.repeat(32)]))
  expect(chat).toMatchObject({ startedAt: ACCEPTED + 10, durationMs: 10, firstMs: 5 })
})

describe('what is kept is small', () => {
  const many = async (calls: number): Promise<StoredTimeline> => {
    const clock = new TestClock(ACCEPTED)
    const timer = timerAt(clock)
    for (let at = 1; at <= calls; at++) {
      await call(timer, clock, { kind: 'tool', name: `tool_${at}`, first: 0, rest: at })
    }
    return timer.stored()
  }

  test('however many calls there were: the longest stay, the others are added up', async () => {
    const stored = await many(272)
    expect(stored.spans.length).toBeLessThanOrEqual(MAX_SPANS)
    expect(JSON.stringify(stored).length).toBeLessThan(12_000)
    expect(stored.spans.map(({ name }) => name)).toContain('tool_272')
    const summed = stored.spans.find(({ id }) => id === 'sum-tool')
    const tools = stored.spans.filter(({ kind }) => kind === 'tool')
    expect(tools.reduce((sum, { duration_ms: ms }) => sum + ms, 0)).toBe(stored.parts.tool_ms)
    expect(summed?.name).toBe(`${272 - (tools.length - 1)} shorter ones`)
  })

  test('sums are added to again', async () => {
    const { spans } = await many(100)
    const again = fewer([...spans, ...(await many(100)).spans.slice(1, 60)], 20)
    expect(again.length).toBeLessThanOrEqual(20)
    expect(again.filter(({ id }) => id === 'run')).toHaveLength(1)
  })
})

test.each([
  [
    { queue_ms: 900 },
    { queue: { why: 'user', ms: 900 } },
    /^It waited 900 of 1000 ms|^It waited 0\.9 of 1\.0 s for other answers of yours to end\.$/,
  ],
  [
    { queue_ms: 900 },
    { queue: { why: 'node', ms: 900 } },
    /because the server was busy with the answers of others\.$/,
  ],
  [
    { tool_ms: 900 },
    { tool: { name: 'query_table', calls: 3 } },
    /^The tool query_table took 0\.9 of 1\.0 s in 3 calls\.$/,
  ],
  [
    { model_ms: 900 },
    { model: { name: 'm', calls: 2, firstMs: null, failed: 1 } },
    /^The model m took 0\.9 of 1\.0 s in 2 calls\. One call of it failed\.$/,
  ],
  [
    { store_ms: 900 },
    {},
    /^Storing the answer took 0\.9 of 1\.0 s: the server's disk or database was slow\.$/,
  ],
  [{ network_ms: 900 }, {}, /^The way between this device and the server took 0\.9 of 1\.0 s/],
  [{ other_ms: 900 }, {}, /^Netra itself took 0\.9 of 1\.0 s: its server was busy\.$/],
] as const)('the largest part is told in words: %j', (own, facts, words) => {
  const none = { queue_ms: 0, model_ms: 0, tool_ms: 0, store_ms: 0, network_ms: null, other_ms: 0 }
  const cause = causeOf({ ...none, ...own }, 1_000, facts)
  expect(cause.sentence).toMatch(words)
  expect(cause.share).toBe(0.9)
})

test('an answer that came at once has a cause without a division by nothing', () => {
  const none = { queue_ms: 0, model_ms: 0, tool_ms: 0, store_ms: 0, network_ms: null, other_ms: 0 }
  expect(causeOf(none, 0, {})).toMatchObject({ share: 0 })
})

test('the wait between two tries of a model is its time, and no call of its own', async () => {
  const clock = new TestClock(ACCEPTED)
  const timer = timerAt(clock)
  await call(timer, clock, { first: 10, rest: 0 })
  inTrace(timer.trace, () => {
    const span = beginSpan(clock, 'model', 'Wait before the next try', { 'netra.wait': true })
    clock.advance(800)
    expect(timer.soFar().parts.model_ms).toBe(810)
    span.end('ok')
  })
  const { parts, facts } = timer.stored()
  expect(parts.model_ms).toBe(810)
  expect(facts.model).toMatchObject({ name: 'gpt-4o', calls: 1 })
})

test('a call that goes on counts for who asks meanwhile, and is not kept', () => {
  const clock = new TestClock(ACCEPTED)
  const timer = timerAt(clock)
  inTrace(timer.trace, () => {
    const span = beginSpan(clock, 'model', 'chat', { 'netra.model': 'gpt-4o' })
    clock.advance(5_000)
    const soFar = timer.soFar()
    expect(soFar.parts).toMatchObject({ model_ms: 5_000, other_ms: 0 })
    expect(soFar.facts.model).toMatchObject({ name: 'gpt-4o', calls: 1 })
    expect(timer.stored().parts.model_ms).toBe(0)
    span.end('ok')
  })
  expect(timer.stored().parts.model_ms).toBe(5_000)
  expect(timer.soFar().spans.filter(({ kind }) => kind === 'model')).toHaveLength(1)
})
