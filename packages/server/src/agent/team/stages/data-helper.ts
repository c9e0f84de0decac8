import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import type { MissingData } from '../missing/find-missing-data.ts'
import { SOURCES } from '../missing/sources.ts'

/** Which data are missing, and how to get them. */
export async function* helpWithData(work: Work, on: Case): Steps<void> {
  const { question, missing } = on.triage.result
  const asked = question.toLowerCase()
  const named = SOURCES.filter(({ provider }) =>
    provider
      .toLowerCase()
      .split(/[\s()]+/)
      .some((word) => word.length > 3 && asked.includes(word)),
  ).map(({ provider }) => provider)
  const found = yield* call<MissingData>(
    work,
    'find_missing_data',
    {
      missing: missing.length > 0 ? missing : USUAL,
      ...(named.length > 0 && { providers: named }),
    },
    on.failed,
  )
  if (found) on.missing = found
}

/** What a question about spend needs where nobody said which. */
const USUAL = [
  { column: 'at', for: 'anything over time' },
  { column: 'model', for: 'prices' },
  { column: 'input_tokens', for: 'cost' },
  { column: 'output_tokens', for: 'cost' },
  { column: 'cost_usd', for: 'what was paid' },
]
