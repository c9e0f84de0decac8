import type { Clock } from '../../../platform/clock.ts'
import { ToolError, type Tool, type ToolContext } from '../tool.ts'
import {
  catalogueVersion,
  nearestModels,
  pricesOf,
  type ModelPrices,
  type PriceStep,
} from './catalogue.ts'
import { guessRoles, wordsOf } from './roles.ts'
import { priceWorkloadInput, type Cell, type PricedModel, type PriceResult } from './schemas.ts'
import { checkCondition } from './sql-condition.ts'
import { TABLE_TOOL_TIMEOUT_MS, type Tables } from './tables.ts'

export const priceWorkload = (tables: Tables, clock: Clock): Tool => ({
  name: 'price_workload',
  description:
    'Prices the requests of an attached table (CSV, TSV, JSON, NDJSON or Parquet file), one per row unless a column counts them, on language models: each row by its input and output tokens at the list prices of the installed catalogue. models are names such as gpt-4o, of provider openai unless named. where is a SQL condition that keeps only some rows. Token columns are found by their names unless given; input read from a prompt cache is priced as such where a column counts it.',
  input: priceWorkloadInput,
  timeoutMs: TABLE_TOOL_TIMEOUT_MS,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<PriceResult> {
    const asked = priceWorkloadInput.parse(input)
    const at = new Date(clock.now())
    const known: { asked: string; prices: ModelPrices }[] = []
    const unknown: PriceResult['unknown'] = []
    for (const model of new Set(asked.models)) {
      const prices = await pricesOf(model, asked.provider, at)
      if (prices) known.push({ asked: model, prices })
      else unknown.push({ model, nearest: await nearestModels(model, asked.provider) })
    }
    const { requests_column: requests, ...columns } = await tokenColumns(tables, asked, context)
    const cached = await cachedInput(tables, asked, columns, context)
    const groups = await groupRows(
      tables,
      { ...asked, ...columns, requests_column: requests, cached },
      stepsOf(known.map(({ prices }) => prices)),
      context,
    )
    return {
      rows: total(groups, (group) => group.rows),
      requests: total(groups, (group) => group.requests),
      requests_column: requests ?? null,
      input_column: columns.input_column,
      output_column: columns.output_column,
      ...(cached && {
        cached_input: {
          column: cached.column,
          tokens: total(groups, (group) => group.cached),
          counted: cached.counted,
        },
      }),
      input_tokens: total(groups, (group) => group.input),
      output_tokens: total(groups, (group) => group.output),
      models: known.map(({ asked: name, prices }) => priceGroups(name, prices, groups, cached)),
      unknown,
      catalogue: {
        package: '@pydantic/genai-prices',
        version: catalogueVersion(),
        priced_at: at.toISOString(),
      },
    }
  },
})

/** Rows that every model charges at the same rates. */
interface RowGroup {
  /** Input tokens of each of these rows are more than this. */
  above: number
  rows: number
  /** Those that the rows stand for: one each unless a column says how many. */
  requests: number
  /** As its column says. */
  input: number
  /** Of input that was read from a prompt cache. */
  cached: number
  output: number
}

const total = (groups: readonly RowGroup[], of: (group: RowGroup) => number): number =>
  groups.reduce((sum, group) => sum + of(group), 0)

/** Where any of the models changes its rates, from lowest to highest. */
const stepsOf = (models: readonly ModelPrices[]): number[] => {
  const starts = new Set(models.flatMap(({ steps }) => steps.map((step) => step.above)))
  return [...starts.add(-1)].toSorted((a, b) => a - b)
}

/**
 * Within one group the price is linear in both token counts, so the price of its sums is the sum of
 * its rows' prices, without a rounding error for each row.
 */
function priceGroups(
  asked: string,
  prices: ModelPrices,
  groups: readonly RowGroup[],
  cachedColumn: CachedInput | undefined,
): PricedModel {
  let input = 0
  let cached = 0
  let output = 0
  let requests = 0
  for (const group of groups) {
    const step = stepAt(prices, group.above)
    const plain =
      cachedColumn?.counted === 'within_input' ? group.input - group.cached : group.input
    const cachedDollars = group.cached * (step.cachedPerMillion ?? step.inputPerMillion)
    input += plain * step.inputPerMillion + cachedDollars
    cached += cachedDollars
    output += group.output * step.outputPerMillion
    requests += group.requests
  }
  const inputDollars = rounded(input / 1_000_000)
  const outputDollars = rounded(output / 1_000_000)
  const dollars = rounded(inputDollars + outputDollars + requests * prices.perRequest)
  return {
    asked,
    provider: prices.provider,
    model: prices.model,
    input_usd: inputDollars,
    ...(cachedColumn && { cached_input_usd: rounded(cached / 1_000_000) }),
    output_usd: outputDollars,
    total_usd: dollars,
    total_text: DOLLARS.format(dollars),
  }
}

/** Without the noise in the sixteenth digit, which could tip a cent. */
const rounded = (dollars: number): number => Number(dollars.toPrecision(15))

const DOLLARS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })

function stepAt(prices: ModelPrices, above: number): PriceStep {
  const step = prices.steps.findLast((candidate) => candidate.above <= above)
  return (
    step ?? {
      above,
      inputPerMillion: 0,
      outputPerMillion: 0,
      cachedPerMillion: null,
      cacheWritePerMillion: null,
    }
  )
}

async function tokenColumns(
  tables: Tables,
  asked: { file_id: string; input_column?: string | undefined; output_column?: string | undefined },
  context: ToolContext,
): Promise<{ input_column: string; output_column: string; requests_column: string | undefined }> {
  const shape = await tables.query(asked.file_id, 'SELECT * FROM data LIMIT 0', LIMITS, context)
  const roles = guessRoles(shape.columns)
  const numbers = shape.columns.filter(({ kind }) => kind === 'integer' || kind === 'number')
  const names = numbers.map(({ name }) => name)
  const find = (role: 'input' | 'output', given: string | undefined): string => {
    const wanted = given ?? roles[`${role}_tokens`]
    const found = names.find((name) => name.toLowerCase() === wanted?.toLowerCase())
    if (found !== undefined) return found
    throw new ToolError(
      `${wanted === undefined ? `No column is named like ${role} tokens` : `${wanted} is no numeric column`}: name one as ${role}_column. Numeric columns: ${names.join(', ') || 'none'}.`,
    )
  }
  return {
    input_column: find('input', asked.input_column),
    output_column: find('output', asked.output_column),
    requests_column: roles.requests,
  }
}

/** Input that was read from a prompt cache, where a column counts it. */
interface CachedInput {
  column: string
  counted: NonNullable<PriceResult['cached_input']>['counted']
}

/** As lower-case words, best first. */
const CACHED_NAMES = [
  'cached input tokens',
  'input cached tokens',
  'cached tokens',
  'cached prompt tokens',
  'prompt cached tokens',
  'cache read input tokens',
  'cache read tokens',
]

/**
 * Most count cached input as part of the input. Beside it does who names both as Anthropic does, and
 * a file in which a row has more of it than input.
 */
async function cachedInput(
  tables: Tables,
  asked: { file_id: string },
  columns: { input_column: string; output_column: string },
  context: ToolContext,
): Promise<CachedInput | undefined> {
  const shape = await tables.query(asked.file_id, 'SELECT * FROM data LIMIT 0', LIMITS, context)
  const free = shape.columns.filter(
    ({ name, kind }) =>
      (kind === 'integer' || kind === 'number') &&
      name !== columns.input_column &&
      name !== columns.output_column,
  )
  const column = CACHED_NAMES.map((words) => free.find(({ name }) => wordsOf(name) === words)).find(
    (found) => found !== undefined,
  )?.name
  if (column === undefined) return undefined
  const isAnthropics =
    wordsOf(column) === 'cache read input tokens' &&
    wordsOf(columns.input_column) === 'input tokens'
  if (isAnthropics) return { column, counted: 'beside_input' }
  const sql = `SELECT count(*) FROM data WHERE ${tokensIn(column)} > ${tokensIn(columns.input_column)}`
  const { rows } = await tables.query(asked.file_id, sql, LIMITS, context)
  return { column, counted: numberOf(rows[0]?.[0]) > 0 ? 'beside_input' : 'within_input' }
}

const tokensIn = (column: string): string => `coalesce("${column.replaceAll('"', '""')}", 0)`

const LIMITS = { rows: 1_000, bytes: 1_000_000 }

async function groupRows(
  tables: Tables,
  asked: {
    file_id: string
    input_column: string
    output_column: string
    requests_column: string | undefined
    cached: CachedInput | undefined
    where?: string | undefined
  },
  steps: readonly number[],
  context: ToolContext,
): Promise<RowGroup[]> {
  if (asked.where !== undefined) checkCondition(asked.where)
  const input = tokensIn(asked.input_column)
  const output = tokensIn(asked.output_column)
  const cached = asked.cached ? tokensIn(asked.cached.column) : '0'
  // What a model reads at once, which its prices may depend on.
  const read = asked.cached?.counted === 'beside_input' ? `(${input} + ${cached})` : input
  const counted = asked.requests_column && `"${asked.requests_column.replaceAll('"', '""')}"`
  const calls = counted ? `coalesce(${counted}, 0)` : '1'
  // A row that stands for several requests is at the step of their mean.
  const above = steps.slice(1).map((step) => `WHEN ${read} <= ${step} * greatest(${calls}, 1) THEN`)
  const group = `CASE ${above.map((when, index) => `${when} ${index}`).join(' ')} ELSE ${steps.length - 1} END`
  const sql = `SELECT ${above.length > 0 ? group : '0'} AS step, count(*), sum(${calls}), sum(${input}), sum(${output}),
      count(*) FILTER (WHERE ${[input, output, cached].map(isNoCount).join(' OR ')}), sum(${cached})
    FROM data WHERE (${asked.where ?? 'true'}) GROUP BY 1 ORDER BY 1`
  const answer = await tables.query(asked.file_id, sql, LIMITS, context)
  return answer.rows.map(([step, rows, requests, inputs, outputs, wrong, cachedInputs]) => {
    if (numberOf(wrong) > 0) {
      throw new ToolError(
        `${String(wrong)} rows have a negative or infinite number of tokens. Leave them out with where.`,
      )
    }
    return {
      above: steps[numberOf(step)] ?? -1,
      rows: numberOf(rows),
      requests: numberOf(requests),
      input: numberOf(inputs),
      cached: numberOf(cachedInputs),
      output: numberOf(outputs),
    }
  })
}

const isNoCount = (value: string): string =>
  `(${value} < 0 OR isnan(${value}::DOUBLE) OR isinf(${value}::DOUBLE))`

const numberOf = (cell: Cell | undefined): number => Number(cell ?? 0)
