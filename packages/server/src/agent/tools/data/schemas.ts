import { z } from 'zod'

/**
 * The data tools' arguments and results. Models, the built-in one included, see only these;
 * `file_id` names a file attached to the thread, and each file is one table called `data`.
 */

export const profileTableInput = z.strictObject({ file_id: z.string() })

export type ColumnKind = 'integer' | 'number' | 'time' | 'boolean' | 'text'

export interface ColumnProfile {
  name: string
  kind: ColumnKind
  /** DuckDB's type name. */
  sql_type: string
  nulls: number
  distinct: number
  min: string | number | boolean | null
  max: string | number | boolean | null
  /** Numeric columns only. */
  mean: number | null
}

export interface TableProfile {
  file_id: string
  name: string
  /** The table's name in SQL. */
  table: 'data'
  rows: number
  columns: ColumnProfile[]
  /**
   * Rows that were left out, or of which a cell was read as empty, with a few reasons; nothing is
   * dropped in silence. Words for nothing, such as `NA` among numbers, are a reason without a count.
   */
  rejected: { count: number; reasons: string[] }
  /**
   * Which columns hold input and output tokens, time, model and user, guessed from their names;
   * `requests` is how many requests a row stands for, where rows are sums.
   */
  roles: Partial<
    Record<'input_tokens' | 'output_tokens' | 'time' | 'model' | 'user' | 'requests', string>
  >
}

export const queryTableInput = z.strictObject({
  file_id: z.string(),
  /** One read-only statement over the table `data`. */
  sql: z.string().min(1).max(20_000),
})

export type Cell = string | number | boolean | null

export interface QueryResult {
  columns: { name: string; kind: ColumnKind }[]
  /** At most 10,000; integers beyond 2^53 and decimals beyond 15 digits are text. */
  rows: Cell[][]
  /** Of `rows`; the statement had more when `truncated`. */
  row_count: number
  truncated: boolean
}

export const chartTableInput = z.strictObject({
  file_id: z.string(),
  sql: z.string().min(1).max(20_000),
  kind: z.enum(['line', 'bar', 'area', 'scatter']),
  title: z.string().max(200),
  /** Column of the result on the horizontal axis. */
  x: z.string(),
  /** Columns of the result drawn as series. */
  y: z.array(z.string()).min(1).max(8),
})

export interface ChartResult extends QueryResult {
  chart: {
    kind: 'line' | 'bar' | 'area' | 'scatter'
    title: string
    x: { column: string; kind: ColumnKind }
    y: { column: string }[]
  }
}

export const priceWorkloadInput = z.strictObject({
  file_id: z.string(),
  /** Model names of the price catalogue, such as `gpt-4o`. */
  models: z.array(z.string()).min(1).max(20),
  /** Catalogue provider; `openai` unless named. */
  provider: z.string().optional(),
  /** Columns of input and output tokens; found by their names unless given. */
  input_column: z.string().optional(),
  output_column: z.string().optional(),
  /** A SQL condition over `data`: only these rows are priced. */
  where: z.string().max(5_000).optional(),
})

export interface PricedModel {
  /** The name that was asked for; `model` is the catalogue's. */
  asked: string
  provider: string
  model: string
  /** US dollars. Exact sums over rows; `*_text` is to the cent: `$5.81`. */
  input_usd: number
  /** The part of `input_usd` for what was read from a prompt cache; where a column counts it. */
  cached_input_usd?: number
  output_usd: number
  total_usd: number
  total_text: string
}

export interface PriceResult {
  rows: number
  /** That the rows stand for; `requests_column` says how many, null: one a row. */
  requests: number
  requests_column: string | null
  input_column: string
  output_column: string
  /**
   * Input that was read from a prompt cache, priced as such where the model has a price for it;
   * absent where no column counts it. `input_tokens` has it in it, or stands beside it.
   */
  cached_input?: { column: string; tokens: number; counted: 'within_input' | 'beside_input' }
  input_tokens: number
  output_tokens: number
  models: PricedModel[]
  /** Models that the catalogue does not know, with the nearest names it has. */
  unknown: { model: string; nearest: string[] }[]
  catalogue: { package: '@pydantic/genai-prices'; version: string; priced_at: string }
}

const tokenCount = z.number().min(0).max(1e15)

export const priceTokensInput = z.strictObject({
  /** Model names of the price catalogue, such as `gpt-4o`. */
  models: z.array(z.string()).min(1).max(20),
  /** Catalogue provider; found by the name unless given. */
  provider: z.string().optional(),
  /** Without what is read from a cache. */
  input_tokens: tokenCount.optional(),
  cached_input_tokens: tokenCount.optional(),
  output_tokens: tokenCount.optional(),
})

export interface PricedTokens {
  /** The name that was asked for; `model` is the catalogue's. */
  asked: string
  provider: string
  model: string
  usd_per_million_tokens: { input: number; cached_input: number | null; output: number }
  /** Charged for a request whatever its tokens; not in the total. */
  usd_per_request: number
  /** A single request with more input tokens than this costs more; null: none does. */
  higher_above_input_tokens: number | null
  total_usd: number
}

export interface TokenPriceResult {
  input_tokens: number
  cached_input_tokens: number
  output_tokens: number
  models: PricedTokens[]
  unknown: { model: string; nearest: string[] }[]
  catalogue: { package: '@pydantic/genai-prices'; version: string; priced_at: string }
}

export const calculateInput = z.strictObject({
  /** Numbers, + - * / % ^, parentheses, and sqrt, abs, round, floor, ceil, min, max, ln, log10, exp. */
  expression: z.string().min(1).max(1_000),
})

export interface CalculateResult {
  expression: string
  value: number
}
