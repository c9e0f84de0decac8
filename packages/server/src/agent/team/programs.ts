import { assistant } from '../agents/assistant.ts'
import { data } from '../agents/data.ts'
import { escapeMarkdown } from '../model/builtin/phrase/format.ts'
import { asMarkdown } from '../plain-markdown.ts'
import { program, type Steps } from '../program/program.ts'
import type { Work } from '../program/work.ts'
import { answerOf, sectionsOf } from './answer.ts'
import type { Case } from './case.ts'
import { nothingHeld } from './nothing-held.ts'
import { makeReport } from './reporting/make-report.ts'
import { shortAnswer } from './short-answer.ts'
import { readShortQuestion, type ShortQuestion } from './short-question.ts'
import { sinceBefore } from './since-before.ts'
import { plan } from './stages/actions.ts'
import { adopt, planBefore } from './stages/adoption.ts'
import { helpWithData } from './stages/data-helper.ts'
import { lookAtData } from './stages/data.ts'
import { optimise } from './stages/optimization.ts'
import { comparePerformance } from './stages/performance.ts'
import { writeReport } from './stages/reporting.ts'
import { triage } from './stages/triage.ts'
import { asksOnlyForChange } from './triage/triage.ts'

/** Who works; each hand-off is an event. Asked alone, an agent hands nothing on. */
type HandOn = (to: string, why: string) => Steps<void>

const SUPERVISED =
  (work: Work): HandOn =>
  (to, why) =>
    work.handOff(to, why)
async function* alone(): Steps<void> {
  // The same agent goes on.
}

/** Orchestrates the others; what is not about AI spend is answered by the agent it belongs to. */
export const supervisor = program(async function* (work) {
  const handOn = SUPERVISED(work)
  yield* handOn('triage', 'finds out what is asked, and whether the data can answer it')
  const on = yield* triage(work)
  if (on.triage.result.topics[0] === 'other') return yield* handElsewhere(work)
  const before = on.triage.result.adopt ? planBefore(work) : undefined
  if (before) {
    yield* handOn('actions', 'adopts the plan that was made in this conversation')
    return yield* told(work, yield* adopt(work, before))
  }
  const { not_understood: why } = on.triage.result
  if (why !== undefined) return yield* told(work, asMarkdown(why))
  const asked = on.triage.result.data.rows > 0 ? shortQuestionOf(on) : undefined
  yield* gather(work, on, handOn, asked)
  if (asked) return yield* told(work, shortAnswer(asked, on))
  yield* handOn('reporting', 'writes down what was found')
  return yield* told(work, yield* reported(work, on))
})

const NEEDS_ADVICE: ReadonlySet<ShortQuestion['kind']> = new Set(['together', 'best'])

/** A plan that is to be adopted is shown whole. */
const shortQuestionOf = ({ triage: { result } }: Case) =>
  result.adopt ? undefined : readShortQuestion(result.question, result.topics)

/** A report, kept as a file; no file where there is nothing to report, or nothing new. */
async function* reported(work: Work, on: Case): Steps<string> {
  if (on.triage.result.data.rows === 0) return nothingHeld(on)
  const again = sinceBefore(work, on)
  return again ?? answerOf(yield* writeReport(work, on), on)
}

/** Everything that comes before the report, as the data allow; of a short question what it needs. */
async function* gather(work: Work, on: Case, handOn: HandOn, asked?: ShortQuestion): Steps<void> {
  const { sufficiency, adopt: isToBeAdopted } = on.triage.result
  if (sufficiency !== 'sufficient') {
    yield* handOn('data_helper', 'says which data are missing and how to get them')
    yield* helpWithData(work, on)
  }
  if (sufficiency === 'insufficient') return
  yield* handOn('data', 'finds the numbers')
  if (asked?.kind === 'performance') {
    yield* comparePerformance(work, on)
    return
  }
  const scope = yield* lookAtData(work, on)
  if (asksOnlyForChange(on.triage.result.topics)) return
  if (sufficiency === 'partial' || (asked && !NEEDS_ADVICE.has(asked.kind))) return
  yield* handOn('optimization', 'finds what could be changed, and ranks it')
  yield* optimise(work, on, scope)
  // A plan that nobody was shown is none to adopt; the changes asked about are those of the last one.
  if (asked) {
    on.planned = planBefore(work)?.changes?.map(({ id }) => id) ?? []
    return
  }
  yield* handOn('actions', 'plans the steps')
  yield* plan(work, on)
  if (isToBeAdopted) {
    const { title } = makeReport(on, undefined)
    on.adoption = yield* adopt(work, { title, steps: on.steps, ...on.plan })
  }
}

/** Plain questions about a table go to the data agent, all others to the assistant. */
async function* handElsewhere(work: Work): Steps<undefined> {
  const to = work.turn.files.length > 0 ? data : assistant
  yield* work.handOff(to.id, 'answers, because the question is not about AI spend')
  yield* work.loop(to)
  return undefined
}

async function* told(work: Work, answer: string): Steps<string> {
  yield* work.say(answer)
  return answer
}

export const triageAgent = program(async function* (work) {
  const on = yield* triage(work)
  const { category, priority, priority_why, sufficiency, reasons, missing, ...read } =
    on.triage.result
  const lines = [
    `**Question**: ${quoted(on.triage.result.question)}`,
    `**Category**: ${category}${read.topics.length > 1 ? ` (also ${read.topics.slice(1).join(', ').replaceAll('_', ' ')})` : ''}`,
    `**Priority**: ${priority}, because ${priority_why}`,
    `**Data**: ${sufficiency}${reasons.length > 0 ? ` – ${reasons.map(asMarkdown).join(' ')}` : ''}`,
    `**Model**: ${read.base_model ?? 'as the data name it'}${read.candidates.length > 0 ? `; to compare with: ${read.candidates.join(', ')}` : ''}`,
    ...(read.not_understood === undefined
      ? []
      : [`**Period**: ${asMarkdown(read.not_understood)}`]),
    `**Files**: ${read.data.files.map(({ name }) => asMarkdown(name)).join(', ') || 'none'}`,
    ...(missing.length > 0
      ? [`**Missing**: ${missing.map((each) => `${each.column} (${each.for})`).join('; ')}`]
      : []),
  ]
  return yield* told(work, lines.map((line) => `- ${line}`).join('\n'))
})

/** What is no business of the team’s, or names a period that is none; undefined when it can be answered. */
function notOurs({ triage: { result } }: Case, agent: string): string | undefined {
  if (result.not_understood !== undefined) return asMarkdown(result.not_understood)
  if (result.topics[0] !== 'other') return undefined
  return `As far as I understand it, “${quoted(result.question)}” is not about what language models cost, so there is nothing for ${agent} to do. Ask about cost, savings, models, caching, growth, anomalies or usage of your requests; the assistant answers other questions.`
}

const quoted = (question: string): string => escapeMarkdown(question.slice(0, 200))

/** One agent asked alone: what comes before its part is done by itself, and its sections are its answer. */
const part = (
  agent: string,
  headings: readonly string[],
  go: (work: Work, on: Case) => Steps<void>,
): ReturnType<typeof program> =>
  program(async function* (work) {
    const on = yield* triage(work)
    const refusal = notOurs(on, agent)
    if (refusal !== undefined) return yield* told(work, refusal)
    yield* go(work, on)
    if (on.triage.result.data.rows === 0) return yield* told(work, nothingHeld(on))
    const report = makeReport(on, undefined)
    const answer = sectionsOf(report, headings)
    return yield* told(work, on.adoption === undefined ? answer : `${answer}\n\n${on.adoption}`)
  })

const MISSING = ['What is missing, and how to get it', 'Not measurable from these data']

export const dataHelperAgent = part('the data helper', ['Summary', ...MISSING], helpWithData)

export const optimizationAgent = part(
  'optimization',
  ['Summary', 'Recommendations', 'Assumptions', ...MISSING],
  async function* (work, on) {
    const { sufficiency } = on.triage.result
    if (sufficiency !== 'sufficient') yield* helpWithData(work, on)
    if (sufficiency === 'insufficient') return
    yield* optimise(work, on, yield* lookAtData(work, on))
  },
)

export const actionsAgent = program(async function* (work) {
  const on = yield* triage(work)
  const refusal = notOurs(on, 'actions')
  const before = on.triage.result.adopt ? planBefore(work) : undefined
  if (before) return yield* told(work, yield* adopt(work, before))
  if (refusal !== undefined) return yield* told(work, refusal)
  yield* gather(work, on, alone)
  if (on.triage.result.data.rows === 0) return yield* told(work, nothingHeld(on))
  const report = makeReport(on, undefined)
  const answer = sectionsOf(report, ['Summary', 'Recommendations', 'Plan', ...MISSING])
  return yield* told(work, on.adoption === undefined ? answer : `${answer}\n\n${on.adoption}`)
})

export const reportingAgent = program(async function* (work) {
  const on = yield* triage(work)
  const refusal = notOurs(on, 'reporting')
  if (refusal !== undefined) return yield* told(work, refusal)
  const asked = on.triage.result.data.rows > 0 ? shortQuestionOf(on) : undefined
  yield* gather(work, on, alone, asked)
  return yield* told(work, asked ? shortAnswer(asked, on) : yield* reported(work, on))
})
