import type { Attachment } from '../step.ts'

const OPEN = '<files>'
const CLOSE = '</files>'

/**
 * Tells a model which files the data tools can open: one JSON object a line, oldest first. JSON
 * escapes line breaks, so a file's name cannot end the block; `<` is escaped so that it cannot
 * imitate its marks either.
 */
export function formatFileList(files: readonly Attachment[]): string {
  const lines = files.map((file) =>
    JSON.stringify({
      file_id: file.fileId,
      name: file.name,
      media_type: file.mediaType,
      bytes: file.bytes,
    }).replaceAll('<', '\\u003c'),
  )
  return [OPEN, ...lines, CLOSE].join('\n')
}

/** The files of the last block in `text`; none when there is no well-formed block. */
export function parseFileList(text: string): Attachment[] {
  const start = text.lastIndexOf(`${OPEN}\n`)
  const end = text.indexOf(CLOSE, start)
  if (start < 0 || end < 0) return []
  return text
    .slice(start + OPEN.length, end)
    .split('\n')
    .map(parseLine)
    .filter((file) => file !== undefined)
}

function parseLine(line: string): Attachment | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry: unknown = JSON.parse(line)
    return isEntry(entry)
      ? { fileId: entry.file_id, name: entry.name, mediaType: entry.media_type, bytes: entry.bytes }
      : undefined
  } catch {
    return undefined
  }
}

interface Entry {
  file_id: string
  name: string
  media_type: string
  bytes: number
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' &&
  value !== null &&
  'file_id' in value &&
  typeof value.file_id === 'string' &&
  'name' in value &&
  typeof value.name === 'string' &&
  'media_type' in value &&
  typeof value.media_type === 'string' &&
  'bytes' in value &&
  typeof value.bytes === 'number'
