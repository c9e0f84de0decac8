/**
 * Whole validations of a healthy server that is at work, one after the other; every check that does
 * not pass is a false alarm: node scripts/nightly-validate.ts [--runs 20] [--people 6] [--only …]
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import type { Group } from '../packages/validator/src/validate/check.ts'
import { validate } from '../packages/validator/src/validate/validate.ts'
import { startNetra } from '../tests/support/netra-process.ts'
import { openProgram } from '../tests/support/sdk.ts'

const SELF = fileURLToPath(import.meta.url)
/** Of one person, between the end of an answer and the next question. */
const PAUSE_MS = 1_000

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    people: { type: 'string', default: '6' },
    only: { type: 'string' },
    load: { type: 'string' },
  },
})

if (values.load === undefined) process.exitCode = await runNight()
else await beAtWork(values.load, Number(values.people))

/** 0 when nothing was found at any time. */
async function runNight(): Promise<number> {
  await using netra = await startNetra()
  const load = await startLoad(netra.url)
  let alarms = 0
  let isAtWork = true
  try {
    for (let run = 1; run <= Number(values.runs); run++) {
      const { verdict, results, durationMs, leftBehind } = await validate(netra.url, {
        ...(values.only !== undefined && { only: values.only.split(',') as Group[] }),
      })
      const open = results.filter(({ outcome }) => outcome !== 'passed')
      alarms += open.length + leftBehind.length
      const seconds = (durationMs / 1000).toFixed(1)
      print(`run ${run}: ${verdict}, ${results.length} checks, ${open.length} alarms, ${seconds} s`)
      for (const { id, outcome, seen } of open) print(`  ${id} ${outcome}: ${seen}`)
      for (const account of leftBehind) print(`  left behind: ${account}`)
    }
    isAtWork = load.child.exitCode === null
  } finally {
    const exited = once(load.child, 'exit')
    if (load.child.kill('SIGTERM')) await exited
  }
  // Failures that were asked for are warnings.
  const errors = netra
    .log()
    .split('\n')
    .filter((line) => /"level":[56]0/.test(line))
  print(`${alarms} false alarms; answers to other people meanwhile: ${load.answers()}`)
  if (!isAtWork) print('the people at work stopped: what was validated was idle')
  for (const line of errors) print(`the server wrote: ${line}`)
  return alarms === 0 && isAtWork ? 0 : 1
}

/** In a process of its own, so that its work does not make the validator late. */
async function startLoad(url: string): Promise<{ child: ChildProcess; answers(): string }> {
  const child = spawn(process.execPath, [SELF, '--load', url, '--people', values.people], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let last = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => (last = text.trim().split('\n').at(-1) ?? last))
  await once(child.stdout, 'data')
  return { child, answers: () => last }
}

/** People who ask, read the answer, and ask again, until the process is ended. */
async function beAtWork(url: string, people: number): Promise<never> {
  let answers = 0
  const person = async (): Promise<void> => {
    const program = await openProgram(url)
    for (let count = 2; ; count++) {
      const { text } = await program.ask(`What is 6 times ${count}?`)
      if (!text.replaceAll(',', '').includes(String(6 * count)))
        throw new Error(`a wrong answer: ${text}`)
      answers += 1
      print(String(answers))
      await wait(PAUSE_MS)
    }
  }
  await Promise.all(Array.from({ length: people }, person))
  throw new Error('nobody is at work any more')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
