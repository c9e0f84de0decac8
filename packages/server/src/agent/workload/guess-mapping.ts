import { guessRoles, SYNONYMS, wordsOf } from '../tools/data/roles.ts'
import type { ColumnKind } from '../tools/data/schemas.ts'
import { WORKLOAD_COLUMNS, type ColumnSort, type MappedColumn } from './columns.ts'
import type { FileColumns } from './mapping-sql.ts'
import type { ColumnMapping, Mapping } from './mapping.ts'

/** What people call the other columns, best first, as lower-case words without a unit. */
const NAMES: Partial<Record<MappedColumn, readonly string[]>> = {
  provider: ['provider', 'model provider', 'llm provider', 'vendor', 'gen ai provider name'],
  requests: SYNONYMS.requests,
  cached_input_tokens: [
    'cached input tokens',
    'input cached tokens',
    'cached tokens',
    'cache read input tokens',
    'cache read tokens',
    'cached prompt tokens',
    'prompt cached tokens',
  ],
  cache_write_tokens: [
    'cache write tokens',
    'cache creation input tokens',
    'cache write input tokens',
    'cache creation tokens',
  ],
  reasoning_tokens: [
    'reasoning tokens',
    'output reasoning tokens',
    'thinking tokens',
    'thoughts token count',
  ],
  cost_usd: ['cost', 'spend', 'total cost', 'price', 'amount', 'cost in usd', 'request cost'],
  latency_ms: [
    'latency',
    'duration',
    'response time',
    'request duration',
    'total latency',
    'elapsed',
    'e2e latency',
    'total time',
  ],
  first_token_ms: [
    'first token',
    'time to first token',
    'ttft',
    'first token latency',
    'time to first chunk',
  ],
  status: ['status', 'status code', 'outcome', 'http status', 'success', 'response status'],
  error: ['error', 'error type', 'error code', 'error message', 'error class'],
  project: [
    'project',
    'project id',
    'project name',
    'workspace',
    'workspace id',
    'team',
    'team id',
    'organization',
    'department',
    'cost center',
  ],
  api_key: ['api key', 'api key id', 'api key name', 'key name', 'key alias'],
  operation: ['operation', 'operation name', 'call type', 'request type', 'method', 'api method'],
  session: ['session', 'session id', 'conversation', 'conversation id', 'thread id', 'chat id'],
  endpoint: ['endpoint', 'route', 'path', 'feature', 'service', 'application', 'app', 'region'],
  is_batch: ['batch', 'is batch', 'batched'],
  prompt_hash: ['prompt hash', 'prompt id', 'input hash', 'request hash'],
  prompt_blocks: ['hash ids', 'prompt blocks', 'block hashes', 'block ids'],
  block_tokens: ['block tokens', 'block size'],
  trace_id: ['trace id', 'request id', 'correlation id'],
}

const UNIT_WORDS: Record<string, ColumnMapping['unit']> = {
  ms: 'ms',
  msec: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
  s: 's',
  sec: 's',
  secs: 's',
  seconds: 's',
  us: 'us',
  ns: 'ns',
  usd: 'usd',
  dollars: 'usd',
  cents: 'cent',
}

const WORDS_OF_SORT: Record<ColumnSort, readonly ColumnKind[]> = {
  text: ['text', 'integer', 'boolean'],
  time: ['time'],
  tokens: ['integer', 'number'],
  count: ['integer', 'number'],
  money: ['integer', 'number'],
  duration: ['integer', 'number'],
  flag: ['boolean'],
  list: ['text'],
}

/** Which column of a file that nobody recognises is what, by its name and type. */
export function guessMapping(columns: FileColumns): Mapping {
  const shape = [...columns].map(([name, type]) => ({ name, type, kind: kindOf(type) }))
  // Requests that rows stand for are found among the others: they need no tokens beside them.
  const { requests: _, ...roles } = guessRoles(shape)
  const mapped: Mapping['columns'] = {}
  if (roles.time !== undefined) mapped.at = { from: [roles.time] }
  if (roles.model !== undefined) mapped.model = { from: [roles.model] }
  if (roles.user !== undefined) mapped.user = { from: [roles.user] }
  if (roles.input_tokens !== undefined) mapped.input_tokens = { from: [roles.input_tokens] }
  if (roles.output_tokens !== undefined) mapped.output_tokens = { from: [roles.output_tokens] }
  const taken = new Set<string>(Object.values(roles))
  for (const [name, wanted] of Object.entries(NAMES) as [MappedColumn, readonly string[]][]) {
    const { sort } = WORKLOAD_COLUMNS[name]
    const free = shape.filter(
      ({ name: own, kind, type }) =>
        !taken.has(own) &&
        WORDS_OF_SORT[sort].includes(kind) &&
        (sort === 'list') === type.endsWith('[]'),
    )
    const found = wanted
      .map((words) => free.find((column) => withoutUnit(column.name).words === words))
      .find((column) => column !== undefined)
    if (!found) continue
    taken.add(found.name)
    const { unit } = withoutUnit(found.name)
    mapped[name] = { from: [found.name], ...(unit && { unit }) }
  }
  return { columns: mapped }
}

function withoutUnit(name: string): { words: string; unit: ColumnMapping['unit'] } {
  const words = wordsOf(name).split(' ')
  const unit = UNIT_WORDS[words.at(-1) ?? '']
  if (unit === undefined || words.length === 1) return { words: words.join(' '), unit: undefined }
  return { words: words.slice(0, -1).join(' '), unit }
}

function kindOf(type: string): ColumnKind {
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER)$/.test(type)) return 'integer'
  if (/^(FLOAT|DOUBLE|DECIMAL\()/.test(type)) return 'number'
  if (/^(TIMESTAMP|DATE|TIME)/.test(type) && !type.endsWith('[]')) return 'time'
  return type === 'BOOLEAN' ? 'boolean' : 'text'
}
