import { parseArgs } from 'node:util'

import { planOf, simulate, type Outcome, type Plan } from './world.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    tail: { type: 'string', default: '60' },
    trace: { type: 'boolean', default: false },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const isBad = ({ violations, complaints }: Outcome): boolean =>
  violations.length > 0 || complaints.length > 0

/** Leaves out what is not needed for something to go wrong. */
async function shrink(plan: Plan): Promise<Plan> {
  let smallest = plan
  for (const part of ['faults', 'acts'] as const) {
    for (let index = smallest[part].length - 1; index >= 0; index -= 1) {
      const smaller = { ...smallest, [part]: smallest[part].toSpliced(index, 1) }
      if (isBad(await simulate(smaller))) smallest = smaller
    }
  }
  return smallest
}

const from = Number(values.from)
const count = Number(values.seeds)
const began = process.hrtime.bigint()
const totals = { happened: 0, virtualMs: 0, committed: 0, delivered: 0, resumes: 0, resets: 0 }
let failed = 0
for (let seed = from; seed < from + count; seed += 1) {
  const plan = planOf(seed)
  const outcome = await simulate(plan)
  if (values.trace) for (const line of outcome.tail) say(line)
  totals.happened += outcome.happened
  totals.virtualMs += outcome.virtualMs
  totals.committed += outcome.counts.committed
  totals.delivered += outcome.counts.delivered
  totals.resumes += outcome.counts.resumes
  totals.resets += outcome.counts.resets
  if (!isBad(outcome)) continue
  failed += 1
  const smallest = await shrink(plan)
  const again = await simulate(smallest)
  say(`seed ${seed} fails`)
  say(`  with ${JSON.stringify(smallest)}`)
  for (const line of again.tail.slice(-Number(values.tail))) say(`  | ${line.slice(0, 400)}`)
  for (const complaint of again.complaints) say(`  complaint: ${complaint}`)
  for (const { rule, device, stream, detail } of again.violations) {
    say(`  violation: ${rule} ${device ?? ''} ${stream ?? ''}: ${detail}`)
  }
}
const seconds = Number(process.hrtime.bigint() - began) / 1e9
say(
  `${count} seeds from ${from}: ${failed} failed; ${totals.happened} happenings in ${(totals.virtualMs / 3_600_000).toFixed(1)} hours of the worlds, ${totals.committed} events committed, ${totals.delivered} delivered, ${totals.resumes} resumes, ${totals.resets} resets; ${seconds.toFixed(1)} s`,
)
process.exitCode = failed > 0 ? 1 : 0
