import { parseArgs } from 'node:util'

import { play } from './property/play.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kills: { type: 'string', default: '4' },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const [steps, seed, kills] = [Number(values.steps), Number(values.seed), Number(values.kills)]
say(`seed ${seed}`)
const begun = performance.now()
const played = await play({ seed, steps, kills, note: say })
for (const violation of played.violations) say(`violation: ${violation}`)
for (const fault of played.faults) say(`fault: ${fault}`)
const answers = [...played.statuses].toSorted(([, one], [, other]) => other - one)
for (const [what, count] of answers) say(`${String(count).padStart(6)} ${what}`)
const seconds = ((performance.now() - begun) / 1000).toFixed(0)
say(
  `${played.steps} steps, ${played.kills} deaths, ${played.bytes} bytes received, ${played.own} answers and frames with the reader's own, ${played.violations.length} with anybody else's, ${seconds} s`,
)
process.exitCode = played.violations.length + played.faults.length === 0 ? 0 : 1
