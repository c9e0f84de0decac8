import { tableKindOf } from '../../../../files/files.ts'
import type { Attachment } from '../../../step.ts'

export interface ChosenFile {
  file: Attachment
  /** The message without the name of the file, which is no part of the question. */
  message: string
  /** Said with the answer when there was a choice. */
  note: string | undefined
}

export const tablesOf = (files: readonly Attachment[]): Attachment[] =>
  files.filter((file) => tableKindOf(file))

/** The file that the message names, or else the newest; several names are for the person to part. */
export function chooseFile(
  tables: readonly Attachment[],
  message: string,
): ChosenFile | { several: string[] } | undefined {
  const named = tables.filter((file) => placeOf(file.name, message) !== undefined)
  const names = [...new Set(named.map(({ name }) => name))]
  if (names.length > 1) return { several: names }
  const file = named.at(-1) ?? tables.at(-1)
  if (!file) return undefined
  const place = placeOf(file.name, message)
  const rest = place ? `${message.slice(0, place.start)} ${message.slice(place.end)}` : message
  const note =
    tables.length > 1 && named.length === 0
      ? 'That is the newest of the attached tables; name another one to ask about it.'
      : undefined
  return { file, message: rest.replaceAll(/\s+/g, ' ').trim(), note }
}

/** `in "conv.csv"`, with the words and quotes around the name. */
function placeOf(name: string, message: string): { start: number; end: number } | undefined {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const pattern = new RegExp(
    String.raw`(?:\b(?:in|of|from|for|about|on|with|using)\s+(?:the\s+)?(?:file\s+|table\s+)?)?["'“\u0060]?(?<![\p{L}\p{N}_])${escaped}(?![\p{L}\p{N}_])["'”\u0060]?[,:]?`,
    'iu',
  )
  const match = pattern.exec(message)
  return match ? { start: match.index, end: match.index + match[0].length } : undefined
}
