import { Readable } from 'node:stream'

import { z } from 'zod'

import { FileRefused, type Files, type StoredFile } from '../../files/files.ts'
import { ToolError, type Tool, type ToolContext } from '../tools/tool.ts'
import { reportSchema, type StoredReport } from './report.ts'
import { toMarkdown } from './reporting/markdown.ts'

const buildReportInput = z.strictObject({ report: reportSchema })

/** Stores a report as two files of the person: Markdown to read, and JSON to draw it from. */
export const buildReport = (files: Files): Tool => ({
  name: 'build_report',
  description:
    'Stores a report as a Markdown file of the person, with its structure as JSON beside it: sections of text, tables, charts, recommendations, steps and notes, and where each number comes from.',
  input: buildReportInput,
  timeoutMs: 30_000,
  repeatable: true,
  // What it writes is the answer of its own conversation.
  effect: 'none',
  async run(input, context): Promise<StoredReport> {
    const { report } = buildReportInput.parse(input)
    const base = reportNameOf(context.runId)
    const markdown = await stored(files, context, {
      name: `${base}.md`,
      mediaType: 'text/markdown',
      text: toMarkdown(report),
    })
    const document = await stored(files, context, {
      name: `${base}.json`,
      mediaType: 'application/json',
      text: JSON.stringify(report),
    })
    return {
      file_id: markdown.fileId,
      document_id: document.fileId,
      title: report.title,
      name: markdown.name,
      bytes: markdown.bytes,
    }
  },
})

/** What the files of a run's report are called, without their ending. */
export const reportNameOf = (runId: string): string =>
  `report-${runId.replaceAll(/[^\w-]/g, '').slice(0, 36)}`

/** A call that was interrupted and is made again finds what it had stored. */
async function stored(
  files: Files,
  { userId }: ToolContext,
  { name, mediaType, text }: { name: string; mediaType: string; text: string },
): Promise<StoredFile> {
  const bytes = Buffer.byteLength(text)
  const before = (await files.list(userId)).find(
    (file) => file.origin === 'report' && file.name === name && file.bytes === bytes,
  )
  if (before) return before
  try {
    const content = Readable.from([Buffer.from(text)])
    return await files.store({ userId, name, mediaType, origin: 'report', content })
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    throw new ToolError(`The report could not be kept as a file: ${error.message}`)
  }
}
