import type { ColumnKind, TableProfile } from './schemas.ts'

const ROLES = ['input_tokens', 'output_tokens', 'time', 'model', 'user', 'requests'] as const

export type Role = (typeof ROLES)[number]

/** What people call the two sides of a request; these need no word beside them. */
const SIDES = {
  input_tokens: ['input', 'inputs', 'prompt', 'prompts', 'context', 'contexts'],
  output_tokens: [
    'output',
    'outputs',
    'completion',
    'completions',
    'generated',
    'generation',
    'generations',
    'response',
    'responses',
    'candidates',
  ],
} as const

/** These mean a side of a request only beside a word for tokens: `requests` alone is a count. */
const SIDES_WITH_TOKENS = {
  input_tokens: ['in', 'sent', 'request', 'requests', 'query', 'question', 'user', 'source'],
  output_tokens: [
    'out',
    'received',
    'answer',
    'answers',
    'reply',
    'assistant',
    'target',
    'produced',
  ],
} as const

const TOKENS = new Set(['token', 'tokens', 'toks', 'tok'])
const LENGTHS = new Set(['length', 'len'])

/** Words that change nothing; any other word, such as `cached` or `cost`, makes another column. */
const FILLERS = new Set(
  'count counts num number nb no n of the total sum usage used size llm model amount'.split(' '),
)

const spelledOut = (sides: readonly string[], withTokens: readonly string[]): string[] => [
  ...[...sides, ...withTokens].map((side) => `${side} tokens`),
  ...sides.flatMap((side) => [`${side} token count`, `${side} length`, side]),
]

/** What people call each column, best first, written as lower-case words. */
export const SYNONYMS: Record<Role, readonly string[]> = {
  input_tokens: [...spelledOut(SIDES.input_tokens, SIDES_WITH_TOKENS.input_tokens), 'tokens in'],
  output_tokens: [
    ...spelledOut(SIDES.output_tokens, SIDES_WITH_TOKENS.output_tokens),
    'tokens out',
  ],
  time: [
    'timestamp',
    'time',
    'datetime',
    'date time',
    'date',
    'created at',
    'created',
    'started at',
    'start time',
    'request time',
    'requested at',
    'arrival time',
    'arrived at',
    'event time',
    'logged at',
    'occurred at',
    'ts',
    'day',
  ],
  model: ['model', 'model name', 'model id', 'llm', 'llm model', 'engine', 'deployment'],
  user: [
    'user',
    'user id',
    'userid',
    'user name',
    'username',
    'customer',
    'customer id',
    'account',
    'account id',
    'client',
    'client id',
    'tenant',
    'tenant id',
    'member',
    'email',
  ],
  requests: [
    'num model requests',
    'requests',
    'num requests',
    'n requests',
    'number of requests',
    'request count',
    'requests count',
    'api requests',
    'model requests',
    'total requests',
    'calls',
    'call count',
    'num calls',
    'n calls',
    'number of calls',
  ],
}

/**
 * A column's name as lower-case words: `ContextTokens`, `context_tokens`, `CONTEXT TOKENS` and
 * `contexttokens` are all `context tokens`.
 */
export function wordsOf(name: string): string {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .replace(/(\p{L})(tokens?)(?!\p{L})/gu, '$1 $2')
    .replace(/(?<!\p{L})(tokens?)(count|in|out)(?!\p{L})/gu, '$1 $2')
    .trim()
}

interface NamedColumn {
  name: string
  kind: ColumnKind
}

/** Which column plays which role, by name and kind; a role nobody plays is left out. */
export function guessRoles(columns: readonly NamedColumn[]): TableProfile['roles'] {
  const roles: TableProfile['roles'] = {}
  for (const role of ROLES) {
    const name = columnFor(role, columns)
    if (name !== undefined) roles[role] = name
  }
  // Beside no tokens they may be anything that is counted.
  if (roles.input_tokens === undefined && roles.output_tokens === undefined) delete roles.requests
  return roles
}

function columnFor(role: Role, columns: readonly NamedColumn[]): string | undefined {
  const of = (...kinds: ColumnKind[]) => columns.filter((column) => kinds.includes(column.kind))
  switch (role) {
    case 'input_tokens':
    case 'output_tokens':
      return bestSide(role, of('integer', 'number'))
    case 'time':
      return byName(role, of('time')) ?? of('time')[0]?.name
    case 'model':
      return byName(role, of('text'))
    case 'user':
      return byName(role, of('text', 'integer'))
    case 'requests':
      return byName(role, of('integer', 'number'))
    default:
      return role satisfies never
  }
}

function byName(role: Role, columns: readonly NamedColumn[]): string | undefined {
  for (const words of SYNONYMS[role]) {
    const found = columns.find((column) => wordsOf(column.name) === words)
    if (found) return found.name
  }
  return undefined
}

/** Names that speak of tokens come first, then those with the fewest words beside their side. */
function bestSide(role: keyof typeof SIDES, columns: readonly NamedColumn[]): string | undefined {
  const fitting = columns
    .map((column) => ({ name: column.name, distance: distanceFrom(role, wordsOf(column.name)) }))
    .filter((column) => column.distance < Infinity)
  return fitting.toSorted((a, b) => a.distance - b.distance)[0]?.name
}

function distanceFrom(role: keyof typeof SIDES, name: string): number {
  const words = name.split(' ')
  const aboutTokens = words.some((word) => TOKENS.has(word))
  const sides: readonly string[] = aboutTokens
    ? [...SIDES[role], ...SIDES_WITH_TOKENS[role]]
    : SIDES[role]
  const named = words.filter((word) => sides.includes(word))
  const others = words.filter(
    (word) => !TOKENS.has(word) && !LENGTHS.has(word) && !named.includes(word),
  )
  if (named.length !== 1 || !others.every((word) => FILLERS.has(word))) return Infinity
  const rank = sides.indexOf(named[0] ?? '')
  const bare = words.length === 1 ? 500 : 0
  return (aboutTokens ? 0 : 1_000) + bare + others.length * 100 + rank
}
