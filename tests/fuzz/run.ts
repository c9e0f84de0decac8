import { parseArgs } from 'node:util'

import { campaign } from './campaign.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const [inputs, seed] = [Number(values.inputs), Number(values.seed)]
say(`seed ${seed}`)
const begun = performance.now()
const done = await campaign({ seed, inputs, note: say })
for (const fault of done.faults) say(`fault: ${fault}`)
for (const [kind, count] of Object.entries(done.kinds)) say(`${String(count).padStart(7)} ${kind}`)
say([...done.statuses].map(([status, count]) => `${status}: ${count}`).join(', '))
const seconds = ((performance.now() - begun) / 1000).toFixed(0)
say(
  `${done.inputs} inputs, ${done.faults.length} faults, ${done.slope.toFixed(0)} bytes an input, ${seconds} s`,
)
process.exitCode = done.faults.length === 0 ? 0 : 1
