import { z } from 'zod'

import { ToolError, type Tool, type ToolContext } from '../../tools/tool.ts'
import type { Workloads } from '../../workload/workloads.ts'
import { mergeReading, modelReadingSchema } from './merge-reading.ts'
import { readQuestion } from './read-question.ts'
import { judge } from './sufficiency.ts'
import { readingSchema, TOPIC_NAMES, type Reading, type Triage } from './triage.ts'

export const triageQuestionInput = z.strictObject({
  question: z.string().min(1).max(60_000),
  before: readingSchema.optional().describe('What the question before it was read as'),
  understood: modelReadingSchema.optional().describe('What a language model read in it'),
})

export interface TriageResult extends Triage {
  data: {
    files: { file_id: string; name: string; format: string; rows: number }[]
    rows: number
    columns: string[]
    rejected_rows: number
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
    const own = readQuestion(question, context.files, before)
    const { reading, added } = mergeReading(question, own, understood ?? {})
    const data = await look(workloads, reading, context)
    const hasBaseModel = reading.base_model !== null
    const judged = judge(reading, {
      rows: data.rows,
      columns: new Set(data.columns),
      hasBaseModel,
    })
    const [topic = 'other'] = reading.topics
    return {
      question,
      category: TOPIC_NAMES[topic],
      ...reading,
      file_ids: data.files.map((file) => file.file_id),
      ...judged,
      reasons: [...judged.reasons, ...data.unusable.map(({ name, why }) => `${name}: ${why}`)],
      from_model: added,
      data,
    }
  },
})

/** What the files hold; one that holds no requests says so and is left out. */
async function look(
  workloads: Workloads,
  { file_ids: fileIds }: Reading,
  context: ToolContext,
): Promise<TriageResult['data']> {
  const data: TriageResult['data'] = {
    files: [],
    rows: 0,
    columns: [],
    rejected_rows: 0,
    unusable: [],
  }
  for (const fileId of fileIds) {
    const name = context.files.find((file) => file.fileId === fileId)?.name ?? fileId
    try {
      const { files, rows, columns, rejected } = await workloads.open([fileId], context)
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
  return data
}
