import { idleMemory } from './idle-memory/idle-memory.ts'
import { journalBench } from './journal.ts'
import { socketPath } from './socket-path/socket-path.ts'
import { startUp } from './start/start.ts'
import { say, table, type Bench } from './support/report.ts'

const BENCHES: Bench[] = [socketPath, idleMemory, startUp, journalBench]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !BENCHES.some((bench) => bench.name === name))
if (unknown.length > 0) {
  say(
    `There is no bench ${unknown.join(', ')}: choose from ${BENCHES.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(1)
}
for (const bench of BENCHES) {
  if (wanted.length > 0 && !wanted.includes(bench.name)) continue
  say(`\n## ${bench.name}: ${bench.about}\n`)
  say(table(await bench.run()))
}
