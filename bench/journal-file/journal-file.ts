import { closeSync, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import type { Journal, NewEvent, StreamName } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { benchFolder } from '../support/folder.ts'
import { note, thousands, type Bench, type Row } from '../support/report.ts'
import { median, quantile, spread } from '../support/statistics.ts'

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
  const { size } = fstatSync(file)
  const started = performance.now()
  for (const group of groups) {
    writeSync(file, group.join('\n'))
    fdatasyncSync(file)
  }
  const measured = rate(started)
  const written = fstatSync(file).size - size
  if (written < COMMITS * PER_COMMIT * PAYLOAD)
    throw new Error(`only ${written} bytes were written`)
  return measured
}

async function throughJournal(
  journal: Journal,
  make: typeof makeCommit,
  callers: number,
): Promise<number> {
  const groups = Array.from({ length: COMMITS }, () => make(PER_COMMIT))
  const before = journal.status().events
  const started = performance.now()
  const call = async (): Promise<void> => {
    for (let appends = groups.pop(); appends; appends = groups.pop()) {
      const { status } = await journal.commit({ appends })
      if (status !== 'committed') throw new Error(status)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const measured = rate(started)
  const committed = journal.status().events - before
  if (committed !== COMMITS * PER_COMMIT) throw new Error(`${committed} events were committed`)
  return measured
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
  return taken
}

/** A start on what the rounds left behind, and the first read after it. */
async function measureStart(folder: string): Promise<Row[]> {
  const started = performance.now()
  await using journal = await openSqliteJournal({ folder, logger: silentLogger })
  const took = performance.now() - started
  const reading = performance.now()
  const { length } = await journal.read('thread:7', 0, { events: 500, bytes: 1e9 })
  const read = performance.now() - reading
  return [
    {
      what: `start with ${thousands(made)} events made`,
      ours: `${took.toFixed(0)} ms`,
      against: '',
    },
    {
      what: `first ${length} events of a stream, cold`,
      ours: `${read.toFixed(1)} ms`,
      against: '',
    },
  ]
}

async function run(): Promise<Row[]> {
  using folder = benchFolder()
  const file = openSync(join(folder.path, 'bare'), 'a')
  try {
    const rows = await measureRates(folder.path, file)
    return [...rows, ...(await measureStart(folder.path))]
  } finally {
    closeSync(file)
  }
}

async function measureRates(folder: string, file: number): Promise<Row[]> {
  await using journal = await openSqliteJournal({ folder, logger: silentLogger })
  const variants = Object.fromEntries(
    [1, 2, 4].flatMap((callers) => [
      [named(callers, '100 streams'), () => throughJournal(journal, makeCommit, callers)],
      [named(callers, '1 stream'), () => throughJournal(journal, makeBurst, callers)],
    ]),
  )
  const rounds: { bare: number; rates: Record<string, number> }[] = []
  for (let round = -1; round < ROUNDS; round += 1) {
    const bare = bareFile(file)
    const rates: Record<string, number> = {}
    for (const [name, measure] of Object.entries(variants)) rates[name] = await measure()
    note(
      `round ${round}: ${Object.values(rates).map(thousands).join(' / ')} against ${thousands(bare)}`,
    )
    // The first round warms both up.
    if (round >= 0) rounds.push({ bare, rates })
  }
  const rows = Object.keys(variants).map((name): Row => {
    const measured = rounds.map(({ rates }) => rates[name] ?? Number.NaN)
    const ratios = rounds.map(({ bare }, index) => (measured[index] ?? Number.NaN) / bare)
    return {
      what: `${name}, events per second`,
      ours: thousands(median(measured)),
      against: `bare file ${thousands(median(rounds.map(({ bare }) => bare)))}`,
      ratio: median(ratios),
      spread: spread(ratios),
      // More callers than groups under way share a disk write, which the bare file does not.
      ...(!name.startsWith('4') && { goal: { least: 0.4 } }),
    }
  })
  const single = await latencies(journal, 3_000)
  const shown = [0.5, 0.99, 1].map((share) => quantile(single, share).toFixed(2)).join(' / ')
  rows.push({ what: 'one event a commit: p50 / p99 / max', ours: `${shown} ms`, against: '' })
  return rows
}

const named = (callers: number, spreadOver: string): string =>
  `${callers} caller${callers === 1 ? '' : 's'}, ${spreadOver} a commit`

export const journalFile: Bench = {
  name: 'journal-file',
  about: `durable events of ${PAYLOAD} bytes, ${PER_COMMIT} a commit, against one write and one fdatasync of a bare file`,
  run,
}
