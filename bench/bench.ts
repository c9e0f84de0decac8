import { backlog } from './backlog/backlog.ts'
import { cuts } from './cuts/cuts.ts'
import { handshakes } from './handshakes/handshakes.ts'
import { idleMemory } from './idle-memory/idle-memory.ts'
import { journalCost } from './journal-cost/journal-cost.ts'
import { journalFile } from './journal-file/journal-file.ts'
import { resume } from './resume/resume.ts'
import { runsAtOnce } from './runs-at-once/runs-at-once.ts'
import { sessionCheck } from './session-check/session-check.ts'
import { socketPath } from './socket-path/socket-path.ts'
import { startUp } from './start/start.ts'
import { note, say, table, type Bench, type Row } from './support/report.ts'
import { wire } from './wire/wire.ts'
import { workload10m } from './workload-10m/workload-10m.ts'

const BENCHES: Bench[] = [
  journalCost,
  journalFile,
  socketPath,
  resume,
  handshakes,
  sessionCheck,
  backlog,
  wire,
  cuts,
  idleMemory,
  startUp,
  runsAtOnce,
  workload10m,
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !BENCHES.some((bench) => bench.name === name))
if (unknown.length > 0) {
  say(
    `There is no bench ${unknown.join(', ')}: choose from ${BENCHES.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(1)
}
const results: { name: string; rows: Row[] }[] = []
for (const bench of BENCHES) {
  const { name, about } = bench
  if (wanted.length > 0 && !wanted.includes(name)) continue
  note(`${name}: ${about}`)
  const started = performance.now()
  try {
    results.push({ name, rows: await bench.run() })
  } catch (error) {
    // One that does not add up says so in its place; the figures of the others still hold.
    process.exitCode = 1
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    note(why)
    results.push({ name, rows: [{ what: 'FAILED', ours: 'no figure', against: '' }] })
  }
  note(`${name} took ${((performance.now() - started) / 1_000).toFixed(0)} s`)
}
say(table(results))
