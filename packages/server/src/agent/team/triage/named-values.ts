import { quoteName, quoteText } from '../../tools/data/duck/quote.ts'
import { NAME_WORDS, type NameColumn } from '../../workload/dimensions.ts'
import type { Workload } from '../../workload/workloads.ts'
import { isCommon } from './common-words.ts'
import { FAMILY } from './read-models.ts'
import { readTopics } from './read-topics.ts'
import type { Named } from './triage.ts'

/** Columns whose values people name when they ask about a part of the requests; the likeliest first. */
const NAMED_COLUMNS = [
  'project',
  'user',
  'api_key',
  'endpoint',
  'model',
  'operation',
  'provider',
] as const satisfies readonly NameColumn[]

/** Of a question of any length so many are looked up. */
const MOST_WORDS = 200
/** Names may be of several words. */
const MOST_IN_A_NAME = 3

/** Right before a word: it says whose requests are meant. */
const WHOSE = /\b(?:only|for|just)\s+(?:the\s+)?$/i
/** Right before a word: it says which column it is a value of. */
const OF_COLUMN = NAMED_COLUMNS.map((column): [NameColumn, RegExp] => [
  column,
  new RegExp(
    String.raw`\b(?:${NAME_WORDS[column]})\s+(?:is\s+|named\s+|called\s+|=\s*)?["“'‘]?$`,
    'i',
  ),
])
/** Right after a word: it is the name of a file, which no value is. */
const OF_FILE = /^\s+(?:file|data|trace|table|export)\b/i

interface Word {
  text: string
  /** It stands where a name stands: its case does not matter. */
  isSure: boolean
  /** The column whose word stands before it. */
  column: NameColumn | undefined
}

/** Words of a question, and up to three in a row, that may be names in the data. */
function nameLike(question: string): Word[] {
  const words = [...question.matchAll(/[\p{L}\p{N}][\p{L}\p{N}@._+/:-]*(?<![.:])/gu)].slice(
    0,
    MOST_WORDS,
  )
  return words.flatMap(({ index: at }, place) => {
    const before = question.slice(0, at)
    const column = OF_COLUMN.find(([, pattern]) => pattern.test(before))?.[0]
    const isWhose = WHOSE.test(before)
    return Array.from({ length: MOST_IN_A_NAME }, (_, more) => words[place + more]).flatMap(
      (last): Word[] => {
        if (last === undefined) return []
        const end = last.index + last[0].length
        const text = question.slice(at, end)
        // Which models are conditions is decided by the whole question (see `filteredModels`).
        if (column !== 'model' && text.search(FAMILY) === 0) return []
        if (text.length < 2 || OF_FILE.test(question.slice(end))) return []
        const isMeant = column !== undefined || (isWhose ? !isCommon(text) : isNameLike(text, at))
        return isMeant ? [{ text, isSure: column !== undefined || isWhose, column }] : []
      },
    )
  })
}

/** Amounts and the words of the question itself are none. */
function isNameLike(text: string, at: number): boolean {
  if (/^[\d.,:/-]+\w{0,2}$/.test(text) || isCommon(text)) return false
  if (/[@\d_]/.test(text) || (/\p{Lu}/u.test(text) && at > 0)) return true
  return readTopics(text)[0] === 'other'
}

/** How models are compared by their names: without the provider, and without the day of a version. */
const modelSql = (column: string): string =>
  String.raw`regexp_replace(regexp_replace(replace(lower(${column}), '.', '-'), '^.*/', ''), '[-@](\d{4}-\d{2}-\d{2}|\d{8})$', '')`

/**
 * Which of the data's users, projects, models and the like a question names, as the data spell them.
 * The question's words are looked up in the columns, never the columns in the question.
 *
 * @param models names of models that the question asks about, as the catalogue writes them
 */
export async function namedValues(
  question: string,
  workload: Workload,
  models: readonly string[] = [],
): Promise<Named> {
  const words = nameLike(question)
  const columns = NAMED_COLUMNS.filter((column) => workload.columns.has(column))
  const texts = [...new Set(words.map(({ text }) => text.toLowerCase()))]
  const parts = columns.flatMap((column) => {
    const asked = [
      ...(texts.length > 0 ? [`lower(${quoteName(column)}) IN (${listOf(texts)})`] : []),
      ...(column === 'model' && models.length > 0
        ? [`${modelSql(quoteName(column))} IN (${listOf(models.map(plainModel))})`]
        : []),
    ]
    return asked.length === 0
      ? []
      : [
          `SELECT DISTINCT ${quoteText(column)} AS place, ${quoteName(column)} AS value FROM workload WHERE ${asked.join(' OR ')}`,
        ]
  })
  if (parts.length === 0) return {}
  const { rows } = await workload.query(`${parts.join(' UNION ALL ')} ORDER BY 1, 2`)
  const found: Named = {}
  const add = (column: NameColumn, values: readonly string[]): void => {
    if (values.length > 0) found[column] = [...new Set([...(found[column] ?? []), ...values])]
  }
  for (const { text, isSure, column: said } of words) {
    const same = rows.filter(([, value]) => String(value).toLowerCase() === text.toLowerCase())
    // `Support` is a name in the data; `support` in a sentence need not be.
    const exact = same.filter(([, value]) => value === text)
    const meant = exact.length > 0 ? exact : isSure || /[\d@]/.test(text) ? same : []
    // One name in two columns means one of them: both at once would be few requests or none.
    const column = [...(said ? [said] : []), ...columns].find((name) =>
      meant.some(([place]) => place === name),
    )
    // A common word is a name in the column that was said, and in no other.
    if (!column || (said !== undefined && said !== column && isCommon(text))) continue
    add(
      column,
      meant.filter(([place]) => place === column).map(([, value]) => String(value)),
    )
  }
  const wanted = new Set(models.map(plainModel))
  add(
    'model',
    rows
      .filter(([place, value]) => place === 'model' && wanted.has(plainModel(String(value))))
      .map(([, value]) => String(value)),
  )
  return found
}

const listOf = (texts: readonly string[]): string => texts.map(quoteText).join(', ')

/** The same as `modelSql`. */
const plainModel = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll('.', '-')
    .replace(/^.*\//, '')
    .replace(/[-@](?:\d{4}-\d{2}-\d{2}|\d{8})$/, '')
