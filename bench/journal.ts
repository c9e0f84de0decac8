import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Journal, NewEvent, StreamName } from '../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'

/**
 * Durable events per second of the shipped journal, through its thread and with hash, chain and
 * mark, against a bare file with one write and one fdatasync for the same bytes. Both take turns.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 7)
const PER_COMMIT = 100
const COMMITS = 300
const STREAMS = 1_000
const PAYLOAD = 200

const streams = Array.from({ length: STREAMS }, (_, n): StreamName => `thread:${n}`)
let made = 0

const makePayload = (): string => {
  made += 1
  const start = `{"n":${made},"text":"`
  return `${start}${'x'.repeat(PAYLOAD - start.length - 2)}"}`
}

/** One commit's appends, round-robin over the streams, one event each. */
const makeCommit = (count: number): { stream: StreamName; events: NewEvent[] }[] =>
  Array.from({ length: count }, () => ({
    stream: streams[made % STREAMS] ?? 'thread:0',
    events: [{ type: 'bench', payload: makePayload() }],
  }))

/** One commit's events all of one run, as a burst of an agent is. */
const makeBurst = (count: number): { stream: StreamName; events: NewEvent[] }[] => [
  {
    stream: streams[made % STREAMS] ?? 'thread:0',
    events: Array.from({ length: count }, () => ({ type: 'bench', payload: makePayload() })),
  },
]

function bareFile(file: number): number {
  const groups = Array.from({ length: COMMITS }, () =>
    Array.from({ length: PER_COMMIT }, makePayload),
  )
  const started = performance.now()
  for (const group of groups) {
    writeSync(file, group.join('\n'))
    fdatasyncSync(file)
  }
  return rate(started)
}

async function throughJournal(
  journal: Journal,
  make: typeof makeCommit,
  callers: number,
): Promise<number> {
  const groups = Array.from({ length: COMMITS }, () => make(PER_COMMIT))
  const started = performance.now()
  const call = async (): Promise<void> => {
    for (let appends = groups.pop(); appends; appends = groups.pop()) {
      await journal.commit({ appends })
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return rate(started)
}

const rate = (started: number): number =>
  (COMMITS * PER_COMMIT * 1_000) / (performance.now() - started)

async function latencies(journal: Journal, count: number): Promise<number[]> {
  const taken: number[] = []
  for (let n = 0; n < count; n += 1) {
    const appends = makeCommit(1)
    const started = performance.now()
    await journal.commit({ appends })
    taken.push(performance.now() - started)
  }
  return taken.toSorted((one, other) => one - other)
}

async function sayStart(folder: string): Promise<void> {
  const started = performance.now()
  const journal = await openSqliteJournal({ folder, logger: silentLogger })
  const took = performance.now() - started
  const reading = performance.now()
  const limit = { events: 500, bytes: 1e9 }
  const { length } = await journal.read('thread:7', 0, limit)
  const read = performance.now() - reading
  say(`start with ${made.toLocaleString('en')} events made: ${took.toFixed(0)} ms`)
  say(`first ${length} events of a stream, cold: ${read.toFixed(1)} ms`)
  await journal[Symbol.asyncDispose]()
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

const median = (values: readonly number[]): number =>
  at(
    values.toSorted((one, other) => one - other),
    0.5,
  )

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

async function main(): Promise<void> {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'netra-bench-'))
  const journal = await openSqliteJournal({ folder, logger: silentLogger })
  const file = openSync(join(folder, 'bare'), 'a')
  const variants = {
    'bare file, write + fdatasync': async () => bareFile(file),
    'journal, 1 caller, 100 streams a commit': () => throughJournal(journal, makeCommit, 1),
    'journal, 1 caller, 1 stream a commit': () => throughJournal(journal, makeBurst, 1),
    'journal, 4 callers, 100 streams a commit': () => throughJournal(journal, makeCommit, 4),
    'journal, 4 callers, 1 stream a commit': () => throughJournal(journal, makeBurst, 4),
  }
  const rates = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]))
  const ratios = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]))
  for (let round = -1; round < ROUNDS; round += 1) {
    let bare = 1
    for (const [name, measure] of Object.entries(variants)) {
      const measured = await measure()
      if (name.startsWith('bare')) bare = measured
      // The first round warms both up.
      if (round < 0) continue
      rates.get(name)?.push(measured)
      ratios.get(name)?.push(measured / bare)
    }
  }
  say(`${PER_COMMIT} events of ${PAYLOAD} bytes a commit, ${ROUNDS} interleaved rounds, medians`)
  for (const [name, values] of rates) {
    const ratio = median(ratios.get(name) ?? []).toFixed(2)
    say(
      `${name.padEnd(42)} ${Math.round(median(values)).toString().padStart(8)} events/s  ${ratio}`,
    )
  }
  const single = await latencies(journal, 3_000)
  say(
    `one event a commit, one caller: p50 ${at(single, 0.5).toFixed(2)} ms, ` +
      `p99 ${at(single, 0.99).toFixed(2)} ms, max ${at(single, 1).toFixed(2)} ms`,
  )
  await journal[Symbol.asyncDispose]()
  await sayStart(folder)
  closeSync(file)
  rmSync(folder, { recursive: true })
}

await main()
