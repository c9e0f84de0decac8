import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import type { Said } from '../facts.ts'
import type { Report, StoredReport } from '../report.ts'
import { makeReport, type Prose } from '../reporting/make-report.ts'
import { checkProse, proseInstructions, prosePrompt, proseSchema } from '../reporting/prose.ts'
import { changed } from '../reporting/summary-change.ts'
import { targets } from '../reporting/summary-target.ts'
import { periodText, volume } from '../reporting/summary-volume.ts'
import { summary, yearsTaken } from '../reporting/summary.ts'
import { asksOnlyForChange } from '../triage/triage.ts'

export interface Reported {
  report: Report
  stored: StoredReport | undefined
}

/** The report, in words of a language model where there is one and its numbers hold. */
export async function* writeReport(work: Work, on: Case): Steps<Reported> {
  const prose = yield* writeProse(work, on)
  const report = makeReport(on, prose)
  const stored = yield* call<StoredReport>(work, 'build_report', { report }, on.failed)
  return { report, stored: stored?.result }
}

async function* writeProse(work: Work, on: Case): Steps<Prose | undefined> {
  // A few sentences that turn on the sign of a figure: nothing is left to be said better.
  if (asksOnlyForChange(on.triage.result.topics)) return undefined
  // The facts that the sections name are there only once these were made.
  const { facts } = makeReport(on, undefined)
  const said = summary(on)
  const written = yield* work.ask({
    name: 'write_summary',
    instructions: `${proseInstructions}\n\n${work.instructions}`,
    prompt: prosePrompt(on.triage.result.question, said, facts),
    schema: proseSchema,
  })
  if (!written) return undefined
  const prose = checkProse(written.sentences, facts, namesOf(on))
  if (prose) return { ...prose, sentences: [...before(on), ...prose.sentences] }
  return {
    sentences: said,
    note: 'What the language model wrote for this summary held numbers that no tool gave. It is left out; this text is made by rules.',
  }
}

/** What stands before the words of a model, whatever they are. */
const before = (on: Case): Said[] => [
  ...changed(on),
  ...volume(on),
  ...yearsTaken(on),
  ...targets(on),
]

/** Names that may hold digits. */
function namesOf({ triage, options, findings }: Case): string[] {
  const models = [
    ...(findings.drivers?.result.pricing.models ?? []),
    ...(options.substitution?.result.options ?? []),
    ...(options.shortRequests?.result.options ?? []),
  ].map(({ model }) => model)
  const { base_model: base, candidates, data } = triage.result
  const period = findings.profile && periodText(findings.profile.result.covered)
  return [
    ...new Set([
      ...models,
      ...candidates,
      ...(base === null ? [] : [base]),
      ...(period ? [period] : []),
      ...data.files.map(({ name }) => name),
    ]),
  ]
}
