import type { ModelPrices } from '../data/catalogue.ts'
import { boundedReuse, LruBlocks, MOST_ACCESSES } from './lru-cache.ts'
import { bigOf, numberOf, shareOf } from './money.ts'
import { blockKey, orderedRows, reusableSql } from './prefix-sql.ts'
import type { NotMeasurable, PrefixCache } from './schemas.ts'
import type { Subject } from './subject.ts'

/** Sums over rows at one tier of the model's prices. */
interface ReuseAtStep {
  /** Input tokens of each of these rows are more than this. */
  above: number
  input: bigint
  cached: bigint
  /** Reusable and not cached already. */
  fresh: bigint
  /** Neither reusable nor cached already. */
  written: bigint
}

export interface Reuse {
  blockTokens: number
  blocks: number
  distinctBlocks: number
  caches: PrefixCache[]
  /** Of the last of `caches`. */
  steps: ReuseAtStep[]
  left: NotMeasurable[]
}

interface Asked {
  capacity_blocks?: number | undefined
  ttl_seconds?: number | undefined
}

interface Found {
  cache: PrefixCache
  steps: ReuseAtStep[]
}

/** What prefix caches would hold: first the ideal one, then the one that was asked for. */
export async function prefixReuse(
  subject: Subject,
  { capacity_blocks: capacity, ttl_seconds: ttl }: Asked,
  prices: ModelPrices | undefined,
  progress: (update: { progress: number; total: number; note: string }) => void,
): Promise<{ reuse: Reuse } | NotMeasurable> {
  const [row] = await subject.ask(
    `SELECT count(*), sum(len(prompt_blocks)), max(block_tokens), (SELECT count(*) FROM (SELECT DISTINCT ${blockKey(subject)} FROM (SELECT source, unnest(prompt_blocks) AS block FROM ${subject.from} AS v WHERE block_tokens > 0)))
     FROM ${orderedRows(subject)} AS w`,
  )
  const [rows, blocks, blockTokens, distinct] = (row ?? []).map(numberOf)
  if (!rows || !blocks) {
    return {
      what: 'shared prefixes',
      why: 'No request has ids of prompt blocks.',
      needs: 'prompt_blocks and block_tokens of each request.',
    }
  }
  const aboves = prices?.steps.map(({ above }) => above) ?? [-1]
  const found = [await unbounded(subject, undefined, aboves)]
  const left: NotMeasurable[] = []
  if (capacity !== undefined && blocks > MOST_ACCESSES) {
    left.push({
      what: `a cache of ${capacity} blocks`,
      why: `A bounded cache is simulated for at most ${MOST_ACCESSES} blocks; these requests have ${blocks}.`,
      needs: 'A shorter span or fewer requests (where).',
    })
  } else if (capacity !== undefined && subject.covered.clocks_differ) {
    left.push(subject.lacking(`a cache of ${capacity} blocks`, 'at'))
  } else if (capacity !== undefined) {
    found.push(await bounded(subject, capacity, ttl, { aboves, rows, progress }))
  } else if (ttl !== undefined && !subject.has('at')) {
    left.push(subject.lacking(`a cache that forgets after ${ttl} s`, 'at'))
  } else if (ttl !== undefined) {
    found.push(await unbounded(subject, ttl, aboves))
  }
  return {
    reuse: {
      blockTokens: blockTokens ?? 0,
      blocks,
      distinctBlocks: distinct ?? 0,
      caches: found.map(({ cache }) => cache),
      steps: found.at(-1)?.steps ?? [],
      left,
    },
  }
}

async function unbounded(
  subject: Subject,
  ttl: number | undefined,
  aboves: readonly number[],
): Promise<Found> {
  const cases = aboves
    .toReversed()
    .map((above, index) => `WHEN input > ${above} THEN ${aboves.length - 1 - index}`)
  const rows = await subject.ask(
    `SELECT CASE ${cases.join(' ')} ELSE 0 END AS step, count(*), count(*) FILTER (WHERE reusable > 0), sum(input), sum(reusable),
       sum(least(cached, input)), sum(greatest(reusable - cached, 0)), sum(greatest(input - greatest(reusable, cached), 0))
     FROM (${reusableSql(subject, ttl)}) AS r GROUP BY 1 ORDER BY 1`,
  )
  const sum = (index: number): number =>
    rows.reduce((total, cells) => total + numberOf(cells[index]), 0)
  return {
    cache: cacheOf(
      { capacity: undefined, ttl },
      { requests: sum(1), hits: sum(2), input: sum(3), reusable: sum(4) },
    ),
    steps: rows.map((cells) => ({
      above: aboves[numberOf(cells[0])] ?? -1,
      input: bigOf(cells[3]),
      cached: bigOf(cells[5]),
      fresh: bigOf(cells[6]),
      written: bigOf(cells[7]),
    })),
  }
}

async function bounded(
  subject: Subject,
  capacity: number,
  ttl: number | undefined,
  of: {
    aboves: readonly number[]
    rows: number
    progress: (update: { progress: number; total: number; note: string }) => void
  },
): Promise<Found> {
  const lru = new LruBlocks(capacity, ttl === undefined ? Infinity : ttl * 1_000)
  const steps = of.aboves.map((above) => ({ above, input: 0, cached: 0, fresh: 0, written: 0 }))
  const sums = { requests: 0, hits: 0, input: 0, reusable: 0 }
  for await (const { input, cached, reusable } of boundedReuse(subject, lru)) {
    sums.requests += 1
    sums.hits += reusable > 0 ? 1 : 0
    sums.input += input
    sums.reusable += reusable
    const step = steps.findLast(({ above }) => input > above) ?? steps[0]
    if (step) {
      step.input += input
      step.cached += Math.min(cached, input)
      step.fresh += Math.max(reusable - cached, 0)
      step.written += Math.max(input - Math.max(reusable, cached), 0)
    }
    if (sums.requests % 5_000 === 0)
      of.progress({ progress: sums.requests, total: of.rows, note: 'Simulating the cache' })
  }
  return {
    cache: cacheOf({ capacity, ttl }, sums),
    steps: steps.map(({ above, input, cached, fresh, written }) => ({
      above,
      input: BigInt(input),
      cached: BigInt(cached),
      fresh: BigInt(fresh),
      written: BigInt(written),
    })),
  }
}

const cacheOf = (
  of: { capacity: number | undefined; ttl: number | undefined },
  sums: { requests: number; hits: number; input: number; reusable: number },
): PrefixCache => ({
  capacity_blocks: of.capacity ?? null,
  ttl_seconds: of.ttl ?? null,
  requests: sums.requests,
  requests_with_hit: sums.hits,
  input_tokens: sums.input,
  reusable_input_tokens: sums.reusable,
  share_of_input_tokens: shareOf(sums.reusable, sums.input),
})
