import { z } from 'zod'

import type { Cell } from '../tools/data/schemas.ts'
import type { Tool } from '../tools/tool.ts'
import { whereInput, type Answered, type Covered } from '../tools/workload/schemas.ts'
import { openSubject, ofSingleRequests, type Subject } from '../tools/workload/subject.ts'
import type { WorkloadColumn } from '../workload/columns.ts'
import type { Workloads } from '../workload/workloads.ts'

const correlateColumnsInput = z.strictObject({
  file_ids: z.array(z.string()).min(1).max(20),
  where: whereInput.optional(),
})

export interface Correlations extends Answered {
  covered: Covered
  /** The strongest first. */
  pairs: {
    a: string
    b: string
    /** Requests that hold both. */
    requests: number
    /** Between -1 and 1; null where one of the two never varies. */
    pearson: number | null
    spearman: number | null
  }[]
}

const NUMERIC: readonly WorkloadColumn[] = [
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'reasoning_tokens',
  'cost_usd',
  'latency_ms',
  'first_token_ms',
]

/** Fewer requests than this say nothing of how two columns go together. */
const FEWEST = 10

/** How the numeric columns of single requests go together, linearly and by rank. */
export const correlateColumns = (workloads: Workloads): Tool => ({
  name: 'correlate_columns',
  description:
    'How numeric columns of the usage in attached files go together, pair by pair over single requests: Pearson’s r and Spearman’s rank correlation of tokens, cost and latency. Correlation is no cause.',
  input: correlateColumnsInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<Correlations> {
    const subject = await openSubject(workloads, correlateColumnsInput.parse(input), context)
    const columns = NUMERIC.filter((column) => subject.has(column))
    const answer: Correlations = {
      covered: subject.covered,
      pairs: [],
      formula: {
        pearson: 'Pearson’s r: covariance of the two ÷ the product of their standard deviations',
        spearman: 'Spearman’s ρ: Pearson’s r of the ranks, equal values having their mean rank',
        requests: 'requests that hold both values',
      },
      not_measurable: [],
    }
    if (subject.aggregated) return { ...answer, not_measurable: [ofSingleRequests('correlation')] }
    if (columns.length < 2)
      return {
        ...answer,
        not_measurable: [
          {
            what: 'correlation',
            why: 'Fewer than two numeric columns are there.',
            needs: 'Another of: input_tokens, output_tokens, cost_usd, latency_ms.',
          },
        ],
      }
    for (const [at, a] of columns.entries())
      for (const b of columns.slice(at + 1)) {
        const pair = await pairOf(subject, a, b)
        if (pair) answer.pairs.push(pair)
      }
    answer.pairs.sort((one, other) => strength(other) - strength(one))
    return answer
  },
})

const strength = ({ spearman, pearson }: Correlations['pairs'][number]): number =>
  Math.abs(spearman ?? pearson ?? 0)

const rank = (column: 'a' | 'b'): string =>
  `rank() OVER (ORDER BY ${column}) + (count(*) OVER (PARTITION BY ${column}) - 1) / 2.0`

async function pairOf(
  subject: Subject,
  a: WorkloadColumn,
  b: WorkloadColumn,
): Promise<Correlations['pairs'][number] | undefined> {
  const [row] = await subject.ask(
    `SELECT count(*), corr(a, b), corr(ra, rb) FROM (
       SELECT a, b, ${rank('a')} AS ra, ${rank('b')} AS rb
       FROM (SELECT "${a}"::DOUBLE AS a, "${b}"::DOUBLE AS b FROM ${subject.from} AS w)
       WHERE a IS NOT NULL AND b IS NOT NULL)`,
  )
  const [requests, pearson, spearman] = row ?? []
  const count = Number(requests ?? 0)
  if (count < FEWEST) return undefined
  return { a, b, requests: count, pearson: coefficient(pearson), spearman: coefficient(spearman) }
}

/** Of a column that never varies there is none. */
function coefficient(cell: Cell | undefined): number | null {
  const value = Number(cell ?? Number.NaN)
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : null
}
