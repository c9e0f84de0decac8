import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import type { MissingData } from '../missing/find-missing-data.ts'
import { SOURCES } from '../missing/sources.ts'

/** Which data are missing, and how to get them. */
export async function* helpWithData(work: Work, on: Case): Steps<void> {
  const { question, missing, data } = on.triage.result
  const named = SOURCES.filter(({ words }) => words.test(question)).map(({ provider }) => provider)
  const held = new Set(data.columns)
  const wanted = [...missing, ...(data.rows === 0 ? FIRST : missing.length === 0 ? MORE : [])]
    .filter(({ column }) => !held.has(column))
    .filter(({ column }, at, all) => all.findIndex((each) => each.column === column) === at)
  if (wanted.length === 0) return
  const found = yield* call<MissingData>(
    work,
    'find_missing_data',
    { missing: wanted, ...(named.length > 0 && { providers: named }) },
    on.failed,
  )
  if (found) on.missing = found
}

/** What every question about spend needs. */
const FIRST = [
  { column: 'at', for: 'anything over time' },
  { column: 'model', for: 'prices' },
  { column: 'input_tokens', for: 'cost' },
  { column: 'output_tokens', for: 'cost' },
  { column: 'cost_usd', for: 'what was paid' },
]

/** What would show more where the data suffice. */
const MORE = [
  { column: 'cached_input_tokens', for: 'what prompt caching saves already' },
  { column: 'latency_ms', for: 'effects on latency' },
  { column: 'status', for: 'failed requests that were paid for' },
  { column: 'operation', for: 'what can wait, and cost by feature' },
  { column: 'user', for: 'cost by user' },
  { column: 'prompt_hash', for: 'repeated prompts' },
]
