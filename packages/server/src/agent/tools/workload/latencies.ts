import type { Clock } from '../../../platform/clock.ts'
import { pricesOf } from '../data/catalogue.ts'
import { numberOf } from './money.ts'
import type { Subject } from './subject.ts'

const FEWEST_REQUESTS = 30

/** Medians in ms: of the requests that move, and of each model in the data. */
export type Latencies = { moving: number; byModel: Map<string, number> } | { why: string }

/** @param from the requests that move */
export async function latencies(subject: Subject, from: string, clock: Clock): Promise<Latencies> {
  const missing = (['latency_ms', 'model'] as const).filter((column) => !subject.has(column))
  if (missing.length > 0)
    return { why: `Not measurable from these data: the files have no ${missing.join(' and no ')}.` }
  const usable = subject.aggregated ? 'false' : 'latency_ms IS NOT NULL'
  const [row] = await subject.ask(
    `SELECT quantile_cont(latency_ms, 0.5), count(*) FROM ${from} AS w WHERE ${usable}`,
  )
  if (numberOf(row?.[1]) < FEWEST_REQUESTS) {
    return {
      why: `Not measurable from these data: fewer than ${FEWEST_REQUESTS} single requests that move have latency_ms.`,
    }
  }
  const rows = await subject.ask(
    `SELECT model, quantile_cont(latency_ms, 0.5) FROM ${subject.from} AS w WHERE ${usable} AND model IS NOT NULL
     GROUP BY 1 HAVING count(*) >= ${FEWEST_REQUESTS} ORDER BY count(*), 1 LIMIT 200`,
  )
  const byModel = new Map<string, number>()
  for (const [model, middle] of rows) {
    const prices = await pricesOf(String(model), undefined, new Date(clock.now()))
    if (prices) byModel.set(`${prices.provider}/${prices.model}`, numberOf(middle))
  }
  return { moving: numberOf(row?.[0]), byModel }
}
