import type { TableProfile } from '../../../tools/data/schemas.ts'
import type { Where } from '../../../tools/workload/schemas.ts'
import { isNameColumn } from '../../../workload/dimensions.ts'
import { scopeText } from '../question/labels.ts'
import type { Filter, SpendQuestion } from '../question/question.ts'
import { explained, type Unclear } from '../question/unclear.ts'
import { usageColumnsOf, type UsageColumns } from '../question/usage-columns.ts'
import type { Plan } from './planned-call.ts'

const MOST_GROUPS = 100

/** @throws Unclear when a condition cannot be put to the tool. */
export function planSpend(question: SpendQuestion, profile: TableProfile): Plan {
  const { by, filters } = question
  const where = whereOf(filters, profile)
  const groups = by.length === 0 ? '' : ` by ${by.join(' and ').replaceAll('_', ' ')}`
  return {
    calls: [
      {
        toolName: 'workload_profile',
        input: {
          file_ids: [profile.file_id],
          ...(by.length > 0 && { by, top: MOST_GROUPS }),
          ...(where && { where }),
        },
      },
    ],
    thought: `I will sum up what the requests cost${groups}${scopeText(filters)}.`,
  }
}

function whereOf(filters: readonly Filter[], profile: TableProfile): Where | undefined {
  if (filters.length === 0) return undefined
  const usage = usageColumnsOf(profile)
  const where: Where = {}
  for (const filter of filters) {
    if (filter.kind === 'values') throw cannot(filter)
    const meaning = usage.meaningOf(filter.column)
    if (meaning === 'at' || isSameTime(filter.column, profile, usage))
      Object.assign(where, periodOf(filter, where))
    else if (isNameColumn(meaning) && where[meaning] === undefined)
      where[meaning] = valuesOf(filter)
    else throw cannot(filter)
  }
  return where
}

/** The only column of times, beside one that counts seconds, is the same time in words. */
function isSameTime(name: string, profile: TableProfile, usage: UsageColumns): boolean {
  const times = profile.columns.filter(({ kind }) => kind === 'time')
  const isKnown = times.some((column) => usage.meaningOf(column.name) === 'at')
  return usage.has('at') && !isKnown && times.length === 1 && times[0]?.name === name
}

function valuesOf(filter: Filter): string[] {
  if (filter.kind === 'in' && !filter.negated && !filter.numeric) return filter.values
  const isOne = filter.kind === 'compare' && filter.comparison === '='
  if (isOne && filter.value.kind === 'text') return [filter.value.text]
  throw cannot(filter)
}

const DAY_MS = 24 * 60 * 60_000

const after = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)

/** Whole days; the tool's `to` does not count. */
function periodOf(filter: Filter, known: Where): Pick<Where, 'from' | 'to'> {
  const period: Pick<Where, 'from' | 'to'> = {}
  if (filter.kind === 'between' && filter.low.kind === 'date' && filter.high.kind === 'date') {
    period.from = filter.low.text
    period.to = after(filter.high.text)
  } else if (filter.kind === 'compare' && filter.value.kind === 'date') {
    const { text } = filter.value
    if (filter.comparison === '=' || filter.comparison === '>=') period.from = text
    if (filter.comparison === '>') period.from = after(text)
    if (filter.comparison === '=' || filter.comparison === '<=') period.to = after(text)
    if (filter.comparison === '<') period.to = text
  }
  const isTold = period.from !== undefined || period.to !== undefined
  const isTwice =
    (period.from !== undefined && known.from !== undefined) ||
    (period.to !== undefined && known.to !== undefined)
  if (!isTold || isTwice) throw cannot(filter)
  return period
}

const cannot = (filter: Filter): Unclear =>
  explained(
    `What requests cost I can tell of whole days, and of named models, users, projects and the like; not${scopeText([filter])}.`,
  )
