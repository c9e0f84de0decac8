import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { StoreUnderTest } from './contract.ts'
import type { Commit, Journal, StreamName } from './journal.ts'

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
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)

/** The journal as a few lines of plain memory. */
class Model {
  readonly streams = new Map<StreamName, string[]>(STREAMS.map((name) => [name, []]))
  readonly keys = new Set<string>()

  commit({ appends, keys, free, fence }: ModelCommit): string {
    if (fence !== undefined && fence !== 7) return 'stale_fence'
    if (free.some((each) => this.keys.has(each))) return 'unexpected'
    if (new Set(keys).size < keys.length || keys.some((each) => this.keys.has(each)))
      return 'failed'
    for (const each of keys) this.keys.add(each)
    for (const { stream: name, payloads } of appends) this.streams.get(name)?.push(...payloads)
    return 'committed'
  }

  read(name: StreamName, after: number, limit: { events: number; bytes: number }): string[] {
    const all = this.streams.get(name)?.slice(after, after + limit.events) ?? []
    let bytes = 0
    const fitting = all.findIndex((text, index) => {
      bytes += Buffer.byteLength(text)
      return bytes > limit.bytes && index > 0
    })
    return fitting === -1 ? all : all.slice(0, fitting)
  }
}

function toCommit(journal: Journal, { appends, keys, free, fence }: ModelCommit): Commit {
  const { db } = journal
  return {
    appends: appends.map(({ stream: name, payloads }) => ({
      stream: name,
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

async function reset(journal: Journal, round: number): Promise<(name: StreamName) => StreamName> {
  await journal.write([
    { sql: 'delete from setting', parameters: [] },
    { sql: 'delete from run', parameters: [] },
    { sql: RUN, parameters: [] },
  ])
  return (name) => `${name}${round}`
}

async function walk(store: StoreUnderTest, journal: Journal, steps: Step[], round: number) {
  const inRound = await reset(journal, round)
  const model = new Model()
  let current = journal
  for (const each of steps) {
    if (each.kind === 'reopen') {
      current = await store.reopen()
    } else if (each.kind === 'read') {
      const found = await current.read(inRound(each.stream), each.after, each)
      const expected = model.read(each.stream, each.after, each)
      expect(found).toEqual(
        expected.map((text, index) => ({ seq: each.after + 1 + index, payload: text })),
      )
    } else {
      const results = await Promise.allSettled(
        each.commits.map((commit) => {
          const { appends, ...rest } = toCommit(current, commit)
          const named = appends.map((append) => ({ ...append, stream: inRound(append.stream) }))
          return current.commit({ appends: named, ...rest })
        }),
      )
      expect(
        results.map((result) => (result.status === 'fulfilled' ? result.value.status : 'failed')),
      ).toEqual(each.commits.map((commit) => model.commit(commit)))
    }
    for (const [name, payloads] of model.streams) {
      expect(await current.head(inRound(name))).toBe(payloads.length)
    }
    const rows = await current.db.selectFrom('setting').select('key').execute()
    expect(new Set(rows.map((row) => row.key))).toEqual(model.keys)
  }
  return current
}

/** Random commits, many at once, with reads and restarts between them, against the model. */
export function modelContract(store: () => StoreUnderTest): void {
  test('does what a plain map would do, over random commits and restarts', async () => {
    let journal = store().journal
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        round += 1
        journal = await walk(store(), journal, steps, round)
      }),
      { numRuns: 25, seed: 20_261_121, endOnFailure: true },
    )
  })
}
