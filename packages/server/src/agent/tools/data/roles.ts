import type { ColumnKind, TableProfile } from './schemas.ts'

const ROLES = ['input_tokens', 'output_tokens', 'time', 'model', 'user'] as const

export type Role = (typeof ROLES)[number]

/**
 * Names by which people call the columns that a token workload is made of, best first, written as
 * lower-case words. A column has a role when its words are one of these, whatever the spelling:
 * `ContextTokens`, `context_tokens`, `CONTEXT TOKENS` and `context-tokens` are the same words.
 */
export const SYNONYMS: Record<Role, readonly string[]> = {
  input_tokens: [
    'input tokens',
    'prompt tokens',
    'context tokens',
    'tokens in',
    'request tokens',
    'query tokens',
    'num input tokens',
    'num prompt tokens',
    'num context tokens',
    'n input tokens',
    'n prompt tokens',
    'input token count',
    'prompt token count',
    'context token count',
    'input length',
    'prompt length',
    'context length',
    'input',
    'inputs',
    'prompt',
    'context',
  ],
  output_tokens: [
    'output tokens',
    'completion tokens',
    'generated tokens',
    'tokens out',
    'response tokens',
    'generation tokens',
    'answer tokens',
    'candidates tokens',
    'num output tokens',
    'num completion tokens',
    'num generated tokens',
    'n output tokens',
    'n completion tokens',
    'n generated tokens',
    'output token count',
    'completion token count',
    'generated token count',
    'candidates token count',
    'response token count',
    'output length',
    'completion length',
    'generated length',
    'generation length',
    'response length',
    'output',
    'outputs',
    'completion',
    'completions',
    'generated',
    'generation',
    'response',
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
    'when',
    'updated at',
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
}

/** A column's name as lower-case words: camelCase, snake_case, dashes and dots all split. */
export function wordsOf(name: string): string {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

const KINDS: Record<Role, readonly ColumnKind[]> = {
  input_tokens: ['integer', 'number'],
  output_tokens: ['integer', 'number'],
  time: ['time'],
  model: ['text'],
  user: ['text', 'integer'],
}

/** Which column plays which role, by name and kind; a role nobody plays is left out. */
export function guessRoles(
  columns: readonly { name: string; kind: ColumnKind }[],
): TableProfile['roles'] {
  const roles: TableProfile['roles'] = {}
  for (const role of ROLES) {
    const name = columnFor(role, columns)
    if (name !== undefined) roles[role] = name
  }
  return roles
}

function columnFor(
  role: Role,
  columns: readonly { name: string; kind: ColumnKind }[],
): string | undefined {
  const fitting = columns
    .filter((column) => KINDS[role].includes(column.kind))
    .map((column) => ({ name: column.name, words: wordsOf(column.name) }))
  for (const synonym of SYNONYMS[role]) {
    const joined = synonym.replaceAll(' ', '')
    const found = fitting.find(({ words }) => words === synonym || words === joined)
    if (found) return found.name
  }
  if (role === 'time') return columns.find((column) => column.kind === 'time')?.name
  return undefined
}
