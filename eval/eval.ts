/**
 * npm run eval: questions with checkable answers, asked of whichever model is configured. Starts a
 * Netra of its own with the models of the environment, or of NETRA_MODEL alone; without one the
 * built-in model answers.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

import { startNetra } from '../tests/support/netra-process.ts'
import { openProgram } from '../tests/support/sdk.ts'
import { Asker, type Outcome } from './ask.ts'
import { QUESTIONS } from './questions/questions.ts'
import { report, scoreOf } from './report.ts'

const USAGE = `usage: npm run eval -- [--model <provider>/<model>] [--only <group or id>]… [--min <share>]
                      [--report <file.md>] [--json <file.json>]

  --min   exit with 1 when fewer of the checks hold, as 0.9`

const MODELS_OF = /^(NETRA_MODEL|NETRA_MODEL_FALLBACK|OPENAI_|ANTHROPIC_|GOOGLE_)/

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    min: { type: 'string', default: '0' },
    report: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

if (values.help) {
  say(USAGE)
} else {
  process.exitCode = await evaluate()
}

async function evaluate(): Promise<number> {
  const { only } = values
  const wanted = QUESTIONS.filter(
    ({ id, group }) =>
      only.length === 0 || only.some((name) => name === group || id.includes(name)),
  )
  const minimum = Number(values.min)
  if (wanted.length === 0 || !(minimum >= 0 && minimum <= 1)) {
    const groups = [...new Set(QUESTIONS.map(({ group }) => group))].join(', ')
    process.stderr.write(`${USAGE}\n\ngroups: ${groups}\n`)
    return 2
  }
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => MODELS_OF.test(name)),
  ) as Record<string, string>
  await using netra = await startNetra({ env })
  using program = await openProgram(netra.url)
  const asker = new Asker(program, values.model)
  const outcomes: Outcome[] = []
  for (const question of withWhatTheyFollow(wanted)) {
    const outcome = await asker.ask(question)
    outcomes.push(outcome)
    const mark = outcome.missed.length === 0 ? 'right ' : 'MISSED'
    say(`${mark} ${String(outcome.ms).padStart(6)} ms  ${question.id}`)
  }
  const model = outcomes[0]?.model ?? 'no model'
  const text = report(outcomes, { model, at: new Date().toISOString().slice(0, 10) })
  say(`\n${text}`)
  if (values.report !== undefined) await writeFile(values.report, text)
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify(shown(outcomes), null, 2))
  const { share } = scoreOf('all', outcomes)
  if (share >= minimum) return 0
  process.stderr.write(
    `${(100 * share).toFixed(1)} % of the checks hold; ${values.min} was asked for\n`,
  )
  return 1
}

/** A follow-up makes sense only behind what it follows. */
function withWhatTheyFollow(wanted: readonly (typeof QUESTIONS)[number][]) {
  const needed = new Set(wanted.map(({ id }) => id))
  for (const question of QUESTIONS.toReversed()) {
    if (needed.has(question.id) && question.after !== undefined) needed.add(question.after)
  }
  return QUESTIONS.filter(({ id }) => needed.has(id))
}

function shown(outcomes: readonly Outcome[]) {
  return outcomes.map(({ question: { id, group, ask }, answer, ...rest }) => ({
    id,
    group,
    ask,
    text: answer.text,
    tools: answer.tools,
    ...rest,
  }))
}
