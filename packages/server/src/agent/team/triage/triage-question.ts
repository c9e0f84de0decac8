import { z } from 'zod'

import { ToolError, type Tool, type ToolContext } from '../../tools/tool.ts'
import { clockOfWorkload } from '../../tools/workload/subject.ts'
import type { Workloads } from '../../workload/workloads.ts'
import { filteredModels, withoutModels } from './filtered-models.ts'
import { mergeReading, modelReadingSchema } from './merge-reading.ts'
import { namedValues } from './named-values.ts'
import { MOST_CHARACTERS } from './question-read.ts'
import { readModels } from './read-models.ts'
import { readQuestion } from './read-question.ts'
import type { DataDays } from './resolve-dates.ts'
import { isOpenReading, resolveReading, type YearsTaken } from './resolve-reading.ts'
import { judge } from './sufficiency.ts'
import { readingSchema, TOPIC_NAMES, type Named, type Reading, type Triage } from './triage.ts'

export const triageQuestionInput = z.strictObject({
  question: z.string().min(1).max(MOST_CHARACTERS),
  before: readingSchema.optional().describe('What the question before it was read as'),
  understood: modelReadingSchema.optional().describe('What a language model read in it'),
})

export interface TriageResult extends Triage {
  /** The model is that of a question before: this one names none. */
  model_from_before?: true
  /** Years of days that were named without one: the latest that the data hold. */
  years_taken?: YearsTaken
  data: {
    files: { file_id: string; name: string; format: string; rows: number }[]
    rows: number
    columns: string[]
    rejected_rows: number
    /** The files have no clock in common: nothing is said of them along time. */
    clocks_differ?: true
    /** Projects, users and the like that the question names: it is about theirs alone. */
    named: Named
    /** Attached files that hold no requests, and why. */
    unusable: { name: string; why: string }[]
  }
}

export const triageQuestion = (workloads: Workloads): Tool => ({
  name: 'triage_question',
  description:
    'Reads a question about AI spend: category, priority, models, metrics, period, targets and rate limits, and whether the attached files can answer it (sufficient, partial or insufficient, with reasons and what is missing).',
  input: triageQuestionInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'none',
  async run(input, context): Promise<TriageResult> {
    const { question, before, understood } = triageQuestionInput.parse(input)
    const { read, added, data, words } = await readOver(
      workloads,
      { question, before, understood },
      context,
    )
    const days = isOpenReading(read) ? await daysOf(workloads, data, context) : undefined
    const { reading, taken, reason } = resolveReading(read, days)
    // Data that name neither a model nor a cost have no other price than the one that was named before.
    if (!data.columns.includes('model') && !data.columns.includes('cost_usd'))
      reading.base_model ??= before?.base_model ?? null
    const hasBaseModel = reading.base_model !== null
    const judged = judge(reading, {
      rows: data.rows,
      columns: new Set(data.columns),
      hasBaseModel,
      clocksDiffer: data.clocks_differ === true,
    })
    const [topic = 'other'] = reading.topics
    return {
      question,
      category: TOPIC_NAMES[topic],
      ...reading,
      file_ids: data.files.map((file) => file.file_id),
      ...judged,
      reasons: [
        ...judged.reasons,
        ...(reason === undefined ? [] : [reason]),
        ...data.unusable.map(({ name, why }) => `${name}: ${why}`),
      ],
      ...(taken && { years_taken: taken }),
      from_model: added,
      data,
      ...(reading.base_model !== null &&
        reading.base_model === before?.base_model &&
        readModels(words).base === null &&
        !added.some((each) => each.startsWith('model:')) && { model_from_before: true as const }),
    }
  },
})

/** A question by its words, and by what of it the data name; `words` are without these models. */
async function readOver(
  workloads: Workloads,
  { question, before, understood }: z.infer<typeof triageQuestionInput>,
  context: ToolContext,
): Promise<{ read: Reading; added: string[]; data: TriageResult['data']; words: string }> {
  const first = readQuestion(question, context.files, before)
  const isComparison = first.topics[0] !== 'change' && first.candidates.length > 0
  const asked = { question, models: filteredModels(question, isComparison) }
  const data = await look(workloads, { ...asked, fileIds: first.file_ids }, context)
  const models = (data.named.model ?? []).length > 0 ? asked.models : []
  const words = withoutModels(question, models)
  // What was spent on a model was spent there, whatever was asked before.
  const own =
    models.length === 0
      ? first
      : readQuestion(words, context.files, before && { ...before, base_model: null })
  const { reading: read, added } = mergeReading(words, own, understood ?? {})
  read.named = { ...heldOnly(read.named, data.columns), ...data.named }
  data.named = read.named
  return { read, added, data, words }
}

const DAY_MS = 86_400_000

/** First and last day of the requests; undefined where no day is known. */
async function daysOf(
  workloads: Workloads,
  data: TriageResult['data'],
  context: ToolContext,
): Promise<DataDays | undefined> {
  if (data.files.length === 0 || !data.columns.includes('at')) return undefined
  const workload = await workloads.open(
    data.files.map((file) => file.file_id),
    context,
  )
  if ((await clockOfWorkload(workload)) !== 'calendar') return undefined
  const { rows } = await workload.query(
    `SELECT strftime(min("at"), '%Y-%m-%d'), strftime(max("at"), '%Y-%m-%d'), max(epoch_ms("at")), bool_and("at" = date_trunc('day', "at")) FROM workload`,
  )
  const [from, to, last, isDaily] = rows[0] ?? []
  if (typeof from !== 'string' || typeof to !== 'string') return undefined
  // A row of an export by day stands for the whole day.
  const end = isDaily === true ? Date.parse(to) + DAY_MS : Number(last) + 1
  return { from, to, end: new Date(end).toISOString() }
}

/** A file without projects holds none of them. */
const heldOnly = (named: Named, columns: readonly string[]): Named =>
  Object.fromEntries(Object.entries(named).filter(([column]) => columns.includes(column)))

/** What the files hold; one that holds no requests says so and is left out. */
async function look(
  workloads: Workloads,
  { fileIds, question, models }: { fileIds: string[]; question: string; models: string[] },
  context: ToolContext,
): Promise<TriageResult['data']> {
  const data: TriageResult['data'] = {
    files: [],
    rows: 0,
    columns: [],
    rejected_rows: 0,
    named: {},
    unusable: [],
  }
  for (const fileId of fileIds) {
    const name = context.files.find((file) => file.fileId === fileId)?.name ?? fileId
    try {
      const workload = await workloads.open([fileId], context)
      const { files, rows, columns, rejected } = workload
      const named = await namedValues(question, workload, models)
      for (const [column, values] of Object.entries(named) as [keyof Named, string[]][])
        data.named[column] = [...new Set([...(data.named[column] ?? []), ...values])]
      for (const { fileId: id, ...file } of files)
        data.files.push({ file_id: id, name: file.name, format: file.format, rows: file.rows })
      data.rows += rows
      data.rejected_rows += rejected.count
      data.columns = [...new Set([...data.columns, ...columns])]
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      data.unusable.push({ name, why: error.message })
    }
  }
  if (data.files.length > 1 && data.columns.includes('at')) {
    const together = await workloads.open(
      data.files.map((file) => file.file_id),
      context,
    )
    if ((await clockOfWorkload(together)) === 'several') {
      data.clocks_differ = true
      data.columns = data.columns.filter((column) => column !== 'at')
    }
  }
  return data
}
