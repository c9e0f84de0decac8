import { quoteName, quoteText } from '../../tools/data/duck/quote.ts'
import type { Workload } from '../../workload/workloads.ts'

/** Columns whose values people name when they ask about a part of the requests. */
const NAMED_COLUMNS = ['project', 'user', 'api_key', 'endpoint'] as const
export type NamedValues = Partial<Record<(typeof NAMED_COLUMNS)[number], string[]>>

const MOST_WORDS = 60

/** Right before a word: it says whose requests are meant. */
const WHOSE =
  /\b(?:only|for|project|team|workspace|user|customer|key|endpoint|feature)\s+(?:the\s+)?$/i

/**
 * Words of a question that may be names in the data: written as names are, or where a name stands.
 * Any other word is left alone, for a project may be called “batch”.
 */
function nameLike(question: string): { text: string; isSure: boolean }[] {
  const words = [...question.matchAll(/[\p{L}\p{N}][\p{L}\p{N}@._+/-]*(?<![.])/gu)]
  return words.slice(0, MOST_WORDS).flatMap(([text], index) => {
    const at = words[index]?.index ?? 0
    const isWhose = WHOSE.test(question.slice(0, at))
    const isName = /[@\d_]/.test(text) || (/\p{Lu}/u.test(text) && at > 0)
    return text.length >= 3 && (isName || isWhose) ? [{ text, isSure: isWhose }] : []
  })
}

/** Which of the data's projects, users, keys and endpoints a question names, as the data spell them. */
export async function namedValues(question: string, workload: Workload): Promise<NamedValues> {
  const words = nameLike(question)
  const columns = NAMED_COLUMNS.filter((column) => workload.columns.has(column))
  if (words.length === 0 || columns.length === 0) return {}
  const list = [...new Set(words.map(({ text }) => quoteText(text.toLowerCase())))].join(', ')
  const parts = columns.map(
    (column) =>
      `SELECT DISTINCT ${quoteText(column)} AS place, ${quoteName(column)} AS value FROM workload WHERE lower(${quoteName(column)}) IN (${list})`,
  )
  const { rows } = await workload.query(`${parts.join(' UNION ALL ')} ORDER BY 1, 2`)
  const found: NamedValues = {}
  for (const { text, isSure } of words) {
    const same = rows.filter(([, value]) => String(value).toLowerCase() === text.toLowerCase())
    // `Support` is a name in the data; `support` in a sentence need not be.
    const exact = same.filter(([, value]) => value === text)
    const meant = exact.length > 0 ? exact : isSure ? same : []
    // One name in two columns means one of them: both at once would be few requests or none.
    const column = columns.find((name) => meant.some(([place]) => place === name))
    if (!column) continue
    const values = meant.filter(([place]) => place === column).map(([, value]) => String(value))
    found[column] = [...new Set([...(found[column] ?? []), ...values])]
  }
  return found
}
