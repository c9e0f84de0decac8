import type { Attachment, ToolCall } from './step.ts'

/** Says in plain words what a tool call is about to do, for a model that did not say it. */
export function statedStep(call: ToolCall, files: readonly Attachment[]): string {
  const { file_id: fileId, file_ids: fileIds, sql, title, models, expression } = call.arguments
  const asked: readonly unknown[] = Array.isArray(fileIds) ? fileIds : [fileId]
  const names = files.filter((file) => asked.includes(file.fileId)).map(({ name }) => name)
  const on = names.length > 0 ? ` on ${names.join(', ')}` : ''
  const purpose =
    text(title, (value) => ` to draw “${value}”`) ??
    text(sql, (value) => ` to ${purposeOf(value)}`) ??
    text(expression, (value) => ` to work out ${value}`) ??
    (Array.isArray(models) ? ` to price ${models.join(', ')}` : '')
  return `Calling ${call.toolName}${on}${purpose}.`
}

const text = (value: unknown, say: (value: string) => string): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? say(shorten(value)) : undefined

const shorten = (value: string): string => {
  const line = value.replaceAll(/\s+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}

function purposeOf(sql: string): string {
  if (/^select count\(\*\)[^,]*$/i.test(sql.replace(/\bfrom\b.*$/i, '').trim())) return 'count rows'
  if (/\bgroup by\b/i.test(sql)) return `summarise by group: ${sql}`
  return `run ${sql}`
}
