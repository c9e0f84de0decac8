import { parseArgs } from 'node:util'

import { OFFICE, peoplePerCore } from './capacity.ts'
import { slopePerHour } from './process-meter.ts'
import { soak } from './soak.ts'

/** A run of minutes cannot tell a cache that fills from a leak; one of hours can. */
const FLAT_SHARE_PER_HOUR = 0.05
const JUDGED_FROM_MINUTES = 60

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    stretch: { type: 'string', default: '20' },
    sockets: { type: 'string', default: '500' },
    people: { type: 'string', default: '50' },
    runs: { type: 'string', default: '1' },
    fault: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const minutes = Number(values.minutes)
say(`seed ${values.seed}`)
const { stretches, log } = await soak({
  minutes,
  stretchMinutes: Number(values.stretch),
  sockets: Number(values.sockets),
  people: Number(values.people),
  runsPerSecond: Number(values.runs),
  faultEveryMs: Number(values.fault) * 1_000,
  seed: Number(values.seed),
  progress: say,
})

const faults: string[] = []
for (const { result } of stretches) {
  for (const { rule, device, stream, detail } of result.audit.violations) {
    faults.push(`${rule} at ${[device, stream].filter(Boolean).join(' ')}: ${detail}`)
  }
  for (const { device, detail } of result.notes.problems) faults.push(`${device}: ${detail}`)
}
// The first third is for caches that fill.
const samples = stretches.flatMap(({ samples: taken }) => taken.slice(Math.floor(taken.length / 3)))
const memory = slopePerHour(samples, ({ rssBytes }) => rssBytes)
const descriptors = slopePerHour(samples, (sample) => sample.descriptors)
const size = samples.at(-1)?.rssBytes ?? 0
say(
  `memory ${Math.round(size / 1e6)} MB, ${(memory / 1e6).toFixed(1)} MB an hour; descriptors ${samples.at(-1)?.descriptors}, ${descriptors.toFixed(1)} an hour`,
)
if (minutes >= JUDGED_FROM_MINUTES && memory > size * FLAT_SHARE_PER_HOUR) {
  faults.push('memory grows')
}
if (minutes >= JUDGED_FROM_MINUTES && descriptors > 5) faults.push('descriptors grow')
const [first] = stretches
if (first) {
  const { costs } = first
  say(
    `a socket: ${(costs.coresPerSocket * 1e6).toFixed(0)} µs of CPU a second, ${Math.round(costs.bytesPerSocket / 1024)} KB; a run with its deliveries: ${costs.cpuMsPerRun.toFixed(1)} ms of CPU`,
  )
  say(
    `people there at once per core (${OFFICE.socketsPerPerson} sockets each, a message every ${1 / OFFICE.runsPerMinute} minutes, ${OFFICE.load * 100} % of the core): ${peoplePerCore(costs, OFFICE)}`,
  )
}
const errors = log.split('\n').filter((line) => /"level":(50|60)/.test(line))
for (const line of errors.slice(0, 10)) say(`log: ${line}`)
for (const fault of faults.slice(0, 40)) say(`violation: ${fault}`)
say(faults.length === 0 ? 'OK' : `${faults.length} violations; again with --seed ${values.seed}`)
process.exitCode = faults.length === 0 ? 0 : 1
