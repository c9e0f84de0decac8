import { open, readFile } from 'node:fs/promises'

import type { LanguageModelV4FilePart, LanguageModelV4TextPart } from '@ai-sdk/provider'

import { type Files, tableKindOf } from '../files/files.ts'
import type { Accepts } from './model/providers.ts'
import type { Attachment } from './step.ts'

const INLINE_TEXT_BYTES = 64 * 1024
/** What providers take in one request lies between 20 and 32 MB. */
const INLINE_FILE_BYTES = 15 * 1024 * 1024

type Part = LanguageModelV4TextPart | LanguageModelV4FilePart

/** Files that the data tools open: they are named to the model. */
export const isTable = (file: Attachment): boolean => tableKindOf(file) !== undefined

/** Tables that are never poured into the model's context. A JSON document may be any text. */
const isOnlyTable = (file: Attachment): boolean => {
  const kind = tableKindOf(file)
  return kind !== undefined && (kind.gzip || kind.format !== 'json')
}

const isText = ({ mediaType, name }: Attachment): boolean =>
  mediaType.startsWith('text/') ||
  /^application\/(json|xml|yaml|x-yaml|toml|javascript|x-ndjson|sql)\b/.test(mediaType) ||
  /\.(md|txt|json|jsonl|ya?ml|xml|toml|ini|log|sql|[jt]sx?|py|rs|go|java|c|h|cpp|sh)$/i.test(name)

/** About what a file takes of a model's context, in bytes of text. */
export function promptBytes(attachment: Attachment): number {
  if (isOnlyTable(attachment)) return 0
  if (isText(attachment)) return Math.min(attachment.bytes, INLINE_TEXT_BYTES)
  return attachment.mediaType === 'application/pdf' ? 60_000 : 5_000
}

/** A message's files as the model takes them, or a plain sentence about what it cannot read. */
export async function attachmentParts(
  attachments: readonly Attachment[],
  at: { files: Files; userId: string; accepts: Accepts },
): Promise<Part[]> {
  const parts = await Promise.all(attachments.map((attachment) => partOf(attachment, at)))
  return parts.filter((part) => part !== undefined)
}

async function partOf(
  attachment: Attachment,
  { files, userId, accepts }: { files: Files; userId: string; accepts: Accepts },
): Promise<Part | undefined> {
  const { name, mediaType } = attachment
  if (isOnlyTable(attachment)) return undefined
  const stored = await files.find(userId, attachment.fileId)
  if (!stored) return sentence(`The attached file ${quoted(name)} has been deleted.`)
  const path = files.pathOf(stored)
  const isImage = /^image\/(png|jpeg|gif|webp)$/.test(mediaType)
  const isPdf = mediaType === 'application/pdf'
  if ((isImage && accepts.images) || (isPdf && accepts.pdf)) {
    if (stored.bytes > INLINE_FILE_BYTES)
      return sentence(`The attached file ${quoted(name)} is too large for this model to read.`)
    const bytes = new Uint8Array(await readFile(path))
    return { type: 'file', filename: name, mediaType, data: { type: 'data', data: bytes } }
  }
  if (isText(attachment)) return sentence(await inlineText(path, name, stored.bytes))
  return sentence(
    `The person attached ${quoted(name)} (${mediaType}). You cannot read this kind of file: say so if it matters for the answer.`,
  )
}

const sentence = (text: string): LanguageModelV4TextPart => ({ type: 'text', text })
const quoted = (name: string): string => JSON.stringify(name)

async function inlineText(path: string, name: string, bytes: number): Promise<string> {
  const text = await readStart(path, INLINE_TEXT_BYTES)
  const rest = bytes > INLINE_TEXT_BYTES ? `\n[the rest of ${bytes} bytes is not shown]` : ''
  return `Attached file ${quoted(name)}:\n\n${text}${rest}`
}

async function readStart(path: string, bytes: number): Promise<string> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
  // A character cut at the end is left out rather than shown broken.
  return new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true })
}
