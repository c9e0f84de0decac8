import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { StoreUnderTest } from './contract-store.ts'
import { EventsRemoved, type Commit, type Journal, type StreamName } from './journal.ts'

const STREAMS = ['thread:x', 'thread:y', 'user:z'] as const

interface ModelCommit {
  appends: { stream: StreamName; payloads: string[] }[]
  keys: string[]
  /** Keys that must be free. */
  free: string[]
  fence: number | undefined
}

type Step =
  | { kind: 'commits'; commits: ModelCommit[] }
  | { kind: 'read'; stream: StreamName; after: number; events: number; bytes: number }
  | { kind: 'erase'; stream: StreamName; added: string[] }
  | { kind: 'compact'; stream: StreamName; from: number; count: number; keep: string | undefined }
  | { kind: 'reopen' }

const key = fc.constantFrom(...Array.from({ length: 12 }, (_, index) => `k${index}`))
const stream: fc.Arbitrary<StreamName> = fc.constantFrom(...STREAMS)
const payload = fc.string({ unit: 'binary', maxLength: 30 })

const modelCommit: fc.Arbitrary<ModelCommit> = fc.record({
  appends: fc.array(fc.record({ stream, payloads: fc.array(payload, { maxLength: 4 }) }), {
    maxLength: 3,
  }),
  keys: fc.array(key, { maxLength: 2 }),
  free: fc.array(key, { maxLength: 1 }),
  fence: fc.option(fc.constantFrom(6, 7), { nil: undefined }),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commits' as const),
      commits: fc.array(modelCommit, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      stream,
      after: fc.nat(40),
      events: fc.integer({ min: 1, max: 20 }),
      bytes: fc.integer({ min: 1, max: 200 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('erase' as const),
      stream,
      added: fc.array(payload, { maxLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('compact' as const),
      stream,
      from: fc.nat(20),
      count: fc.integer({ min: 1, max: 6 }),
      keep: fc.option(payload, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)

/** `there`: delivered. `kept`: what a compaction left, for folds alone. `gone`: only its number is left. */
interface ModelEvent {
  payload: string
  state: 'there' | 'kept' | 'gone'
}

/** The journal as a few lines of plain memory. */
class Model {
  readonly streams = new Map<StreamName, ModelEvent[]>(STREAMS.map((name) => [name, []]))
  readonly keys = new Set<string>()

  commit({ appends, keys, free, fence }: ModelCommit): string {
    if (fence !== undefined && fence !== 7) return 'stale_fence'
    if (free.some((each) => this.keys.has(each))) return 'unexpected'
    if (new Set(keys).size < keys.length || keys.some((each) => this.keys.has(each)))
      return 'failed'
    for (const each of keys) this.keys.add(each)
    for (const { stream: name, payloads } of appends) this.#append(name, payloads)
    return 'committed'
  }

  #append(name: StreamName, payloads: readonly string[]): void {
    for (const text of payloads) this.streams.get(name)?.push({ payload: text, state: 'there' })
  }

  erase(name: StreamName, added: readonly string[]): void {
    for (const event of this.streams.get(name) ?? []) event.state = 'gone'
    this.#append(name, added)
  }

  /** The range to compact: a part of the stream of which nothing was removed; undefined: none. */
  range(
    name: StreamName,
    from: number,
    count: number,
  ): { first: number; last: number } | undefined {
    const part = (this.streams.get(name) ?? []).slice(from, from + count)
    if (part.length === 0 || part.some(({ state }) => state !== 'there')) return undefined
    return { first: from + 1, last: from + part.length }
  }

  compact(name: StreamName, { first, last }: { first: number; last: number }, keep?: string): void {
    const part = this.streams.get(name)?.slice(first - 1, last) ?? []
    for (const event of part) event.state = 'gone'
    const [head] = part
    if (head && keep !== undefined) Object.assign(head, { payload: keep, state: 'kept' })
  }

  kept(name: StreamName): [seq: number, payload: string][] {
    return (this.streams.get(name) ?? []).flatMap(({ payload: text, state }, index) =>
      state === 'gone' ? [] : [[index + 1, text]],
    )
  }

  /** Undefined: the very next event was removed. */
  read(
    name: StreamName,
    after: number,
    limit: { events: number; bytes: number },
  ): string[] | undefined {
    const wanted = this.streams.get(name)?.slice(after, after + limit.events) ?? []
    const removed = wanted.findIndex(({ state }) => state !== 'there')
    if (removed === 0) return undefined
    const there = removed === -1 ? wanted : wanted.slice(0, removed)
    const all = there.map(({ payload: text }) => text)
    let bytes = 0
    const fitting = all.findIndex((text, index) => {
      bytes += Buffer.byteLength(text)
      return bytes > limit.bytes && index > 0
    })
    return fitting === -1 ? all : all.slice(0, fitting)
  }
}

function toCommit(
  journal: Journal,
  { appends, keys, free, fence }: ModelCommit,
  named: Place['named'],
): Commit {
  const { db } = journal
  return {
    appends: appends.map(({ stream: name, payloads }) => ({
      stream: named(name),
      events: payloads.map((text) => ({ type: 'test', payload: text })),
    })),
    rows: keys.map((each) =>
      db.insertInto('setting').values({ key: each, value: '', updated_at: '' }).compile(),
    ),
    expect: free.map((each) => ({
      name: each,
      query: db.selectFrom('setting').select('key').where('key', '=', each).compile(),
      rows: 'none' as const,
    })),
    ...(fence === undefined ? {} : { fence: { runId: 'model', fence } }),
  }
}

const RUN =
  `insert into run (id, thread_id, user_id, state, parent_message_id, trace_id, fence, attempt,` +
  ` cancel_requested, created_at, updated_at) values ('model', '', '', '', '', '', 7, 0, 0, '', '')`

async function reset(journal: Journal): Promise<void> {
  await journal.write([
    { sql: 'delete from setting', parameters: [] },
    { sql: 'delete from run', parameters: [] },
    { sql: RUN, parameters: [] },
  ])
}

interface Place {
  journal: Journal
  model: Model
  /** Rounds share a store: each has streams of its own. */
  named: (stream: StreamName) => StreamName
}

async function compareRead(
  { journal, model, named }: Place,
  { stream: name, after, events, bytes }: Extract<Step, { kind: 'read' }>,
): Promise<void> {
  const expected = model.read(name, after, { events, bytes })
  const reading = journal.read(named(name), after, { events, bytes })
  if (!expected) return expect(reading).rejects.toThrow(EventsRemoved)
  const found = await reading
  expect(found).toEqual(expected.map((text, index) => ({ seq: after + 1 + index, payload: text })))
}

async function compareCommits(
  { journal, model, named }: Place,
  commits: readonly ModelCommit[],
): Promise<void> {
  const results = await Promise.allSettled(
    commits.map((commit) => journal.commit(toCommit(journal, commit, named))),
  )
  const statuses = results.map((result) =>
    result.status === 'fulfilled' ? result.value.status : 'failed',
  )
  expect(statuses).toEqual(commits.map((commit) => model.commit(commit)))
}

async function erase(
  { journal, model, named }: Place,
  { stream: name, added }: Extract<Step, { kind: 'erase' }>,
): Promise<void> {
  model.erase(name, added)
  const events = added.map((text) => ({ type: 'test', payload: text }))
  const erased = { stream: named(name) }
  await journal.commit({ appends: [{ ...erased, events }], erase: [erased] })
}

async function compact(
  { journal, model, named }: Place,
  { stream: name, from, count, keep }: Extract<Step, { kind: 'compact' }>,
): Promise<void> {
  const range = model.range(name, from, count)
  if (!range) return
  model.compact(name, range, keep)
  const kept = keep === undefined ? {} : { keep: { seq: range.first, payload: keep } }
  await journal.compact({ stream: named(name), ranges: [{ ...range, ...kept }] })
}

async function compareWhole({ journal, model, named }: Place): Promise<void> {
  for (const [name, events] of model.streams) {
    expect(await journal.head(named(name))).toBe(events.length)
    const all = { events: 1_000, bytes: 1_000_000 }
    const found = await journal.readKept(named(name), 0, all)
    expect(found.events.map(({ seq, payload: text }) => [seq, text])).toEqual(model.kept(name))
  }
  const rows = await journal.db.selectFrom('setting').select('key').execute()
  expect(new Set(rows.map((row) => row.key))).toEqual(model.keys)
}

async function walk(store: StoreUnderTest, place: Place, steps: readonly Step[]): Promise<Journal> {
  for (const each of steps) {
    if (each.kind === 'reopen') place.journal = await store.reopen()
    else if (each.kind === 'read') await compareRead(place, each)
    else if (each.kind === 'erase') await erase(place, each)
    else if (each.kind === 'compact') await compact(place, each)
    else await compareCommits(place, each.commits)
    await compareWhole(place)
  }
  return place.journal
}

/** Random commits, many at once, with reads, removals and restarts between them, against the model. */
export function modelContract(store: () => StoreUnderTest): void {
  test('does what a plain map would do, over random commits, removals and restarts', async () => {
    expect.hasAssertions()
    let { journal } = store()
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        round += 1
        const suffix = round
        await reset(journal)
        const named = (name: StreamName): StreamName => `${name}${suffix}`
        journal = await walk(store(), { journal, model: new Model(), named }, steps)
      }),
      { numRuns: 25, seed: 20_261_121, endOnFailure: true },
    )
  })
}
