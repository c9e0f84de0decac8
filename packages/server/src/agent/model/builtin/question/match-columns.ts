import { SYNONYMS, type Role } from '../../../tools/data/roles.ts'
import type { ColumnProfile, TableProfile } from '../../../tools/data/schemas.ts'
import { keyOf, singularWords } from './words.ts'

/** How a phrase of the question meets the columns of the table. */
export type ColumnMatch =
  | { kind: 'column'; column: ColumnProfile; sureness: 'exact' | 'near' }
  /** Several columns fit equally well: only the person can say which. */
  | { kind: 'ambiguous'; candidates: string[] }

/** Units and counters that follow what a column is about: `latency_ms` is about latency. */
const AFTERTHOUGHTS = new Set(
  'm s ms us ns sec second min minute hr hour usd eur dollar byte kb mb gb pct percent id name number num no'.split(
    ' ',
  ),
)

/** One-word synonyms that are sure enough on their own; `prompt` alone may mean its text. */
const SINGLE_WORDS = new Set(
  'timestamp time date datetime model llm engine user customer client'.split(' '),
)

const ROLE_WORDS: Partial<Record<Role, Set<string>>> = {
  input_tokens: new Set(['input', 'prompt', 'context']),
  output_tokens: new Set(['output', 'completion', 'generated', 'generation', 'response']),
}

interface Entry {
  column: ColumnProfile
  key: string
  words: string[]
  head: string
}

/** The columns of one table, found by any of the names a person may give them. */
export class ColumnIndex {
  readonly profile: TableProfile
  readonly #entries: Entry[]
  readonly #synonyms = new Map<string, Entry>()

  constructor(profile: TableProfile) {
    this.profile = profile
    this.#entries = profile.columns.map((column) => {
      const words = singularWords(column.name)
      return { column, words, key: words.join(''), head: headOf(words) }
    })
    for (const role of Object.keys(SYNONYMS) as Role[]) this.#addRole(role)
  }

  get columns(): readonly ColumnProfile[] {
    return this.profile.columns
  }

  named(name: string): ColumnProfile | undefined {
    return this.profile.columns.find((column) => column.name === name)
  }

  /** The column that `words` as a whole name; undefined when they name none. */
  match(words: readonly string[]): ColumnMatch | undefined {
    const text = words.join(' ')
    const key = keyOf(text)
    if (key === '') return undefined
    const exact = this.#entries.filter((entry) => entry.key === key)
    if (exact.length > 0) return chosen(preferSpelling(exact, text), 'exact')
    const near = new Set(this.#nearly(singularWords(text)))
    const synonym = this.#synonyms.get(key)
    if (synonym) near.add(synonym)
    return near.size > 0 ? chosen([...near], 'near') : undefined
  }

  /** The token column that `input`, `output` and their like mean beside other words for tokens. */
  roleWord(word: string): ColumnMatch | undefined {
    const [single = ''] = singularWords(word)
    for (const role of ['input_tokens', 'output_tokens'] as const) {
      const name = this.profile.roles[role]
      if (name === undefined || !ROLE_WORDS[role]?.has(single)) continue
      const own = this.#entries.filter((entry) => entry.column.name === name)
      const others = this.#entries.filter(
        (entry) =>
          entry.column.name !== name && entry.words.includes(single) && isNumeric(entry.column),
      )
      return chosen([...own, ...others], 'near')
    }
    return undefined
  }

  roleOf(name: string): Role | undefined {
    return (Object.keys(this.profile.roles) as Role[]).find(
      (role) => this.profile.roles[role] === name,
    )
  }

  /** Columns that have all these words, what the column is about among them. */
  #nearly(words: readonly string[]): Entry[] {
    return this.#entries.filter(
      (entry) => words.includes(entry.head) && words.every((word) => entry.words.includes(word)),
    )
  }

  #addRole(role: Role): void {
    const name = this.profile.roles[role]
    const entry = this.#entries.find(({ column }) => column.name === name)
    if (!entry) return
    for (const synonym of SYNONYMS[role]) {
      // `tokens in Berlin` are not input tokens.
      const isPhrase = synonym.includes(' ') && !/ (?:in|out)$/.test(synonym)
      const sure = isPhrase || SINGLE_WORDS.has(synonym)
      if (sure) this.#synonyms.set(keyOf(synonym), entry)
    }
  }
}

export const isNumeric = (column: ColumnProfile): boolean =>
  column.kind === 'integer' || column.kind === 'number'

function headOf(words: readonly string[]): string {
  const last = words.findLastIndex((word) => !AFTERTHOUGHTS.has(word) && !/^\d+$/.test(word))
  return words[Math.max(last, 0)] ?? ''
}

/** `userId` and `user_id` in one table: the spelling decides when it is one of them. */
function preferSpelling(entries: Entry[], text: string): Entry[] {
  const same = entries.filter((entry) => entry.column.name === text)
  return same.length > 0 ? same : entries
}

function chosen(entries: readonly Entry[], sureness: 'exact' | 'near'): ColumnMatch {
  const [only] = entries
  if (only && entries.length === 1) return { kind: 'column', column: only.column, sureness }
  return { kind: 'ambiguous', candidates: entries.map((entry) => entry.column.name) }
}
