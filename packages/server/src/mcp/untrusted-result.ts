import { randomBytes } from 'node:crypto'

import type { CallToolResult } from '@modelcontextprotocol/client'

import type { Untrusted } from '../agent/agent.ts'
import { problemBySchema } from './bounded-schema.ts'
import type { JsonSchema } from './definition.ts'
import { cut, plainJson, withoutInvisible } from './plain-text.ts'

/** Of a result's parts more than so many are not kept. */
const MAX_PARTS = 500

type Content = CallToolResult['content'][number]

/** What is not text, as a person may see it; models are told that it is there. */
interface Attachment {
  kind: 'image' | 'audio' | 'resource' | 'link' | 'unknown'
  media_type?: string
  uri?: string
  name?: string
  /** base64 */
  data?: string
}

export interface ServerResult extends Untrusted {
  is_error?: true
  structured?: unknown
  attachments?: Attachment[]
}

/**
 * What a tool of a server answered, marked as theirs. Nothing in it is followed: links are not
 * fetched, pictures not shown to models.
 *
 * @param output the schema that structured content must follow, with the definition's hash.
 */
export function untrustedResult(
  result: CallToolResult,
  from: string,
  output: { schema: JsonSchema | undefined; hash: string },
): ServerResult {
  const parts = result.content.slice(0, MAX_PARTS)
  const dropped = result.content.length - parts.length
  const attachments = parts.flatMap(attachmentOf)
  const structured =
    result.structuredContent === undefined ? undefined : plainJson(result.structuredContent)
  const texts = parts.flatMap((part) => textOf(part))
  if (dropped > 0) texts.push(`[${dropped} more parts were left out]`)
  const problem = structuredProblem(result, output)
  if (structured !== undefined && !repeats(texts, structured))
    texts.push(JSON.stringify(structured))
  return {
    ...asUntrusted(problem === undefined ? texts.join('\n\n') : problem, from),
    ...(result.isError && { is_error: true }),
    ...(problem !== undefined && { is_error: true as const }),
    ...(problem === undefined && structured !== undefined && { structured }),
    ...(attachments.length > 0 && { attachments }),
  }
}

export const asUntrusted = (text: string, from: string): Untrusted => ({
  untrusted: { from, boundary: randomBytes(9).toString('base64url') },
  text: withoutInvisible(text),
})

/** A server that says what its results look like is held to it. */
function structuredProblem(
  { structuredContent, isError }: CallToolResult,
  { schema, hash }: { schema: JsonSchema | undefined; hash: string },
): string | undefined {
  if (!schema || isError) return undefined
  if (structuredContent === undefined)
    return 'It announced a structured result and gave none; what it gave instead is not used.'
  const problem = problemBySchema(schema, `${hash} output`, structuredContent)
  return problem === undefined
    ? undefined
    : `Its result is not of the form that it announced, and is not used: ${problem}`
}

/** Servers say structured content twice, for clients that do not know it. */
function repeats(texts: readonly string[], structured: unknown): boolean {
  const json = JSON.stringify(structured)
  return texts.some((text) => {
    if (text === json) return true
    if (text.length > 4 * json.length + 1_000) return false
    try {
      return JSON.stringify(JSON.parse(text)) === json
    } catch {
      return false
    }
  })
}

const short = (text: string): string => cut(withoutInvisible(text), 500)

function textOf(part: Content): string[] {
  switch (part.type) {
    case 'text':
      return [part.text]
    case 'image':
    case 'audio':
      return [`[${part.type}: ${short(part.mimeType)}, about ${kilobytes(part.data)} KB]`]
    case 'resource_link':
      return [`[link: ${short(part.name)} ${short(part.uri)}]`]
    case 'resource': {
      const { resource } = part
      return 'text' in resource
        ? [`[resource: ${short(resource.uri)}]\n${resource.text}`]
        : [`[resource: ${short(resource.uri)}, about ${kilobytes(resource.blob)} KB]`]
    }
    default:
      return ['[something that Netra does not know]']
  }
}

function attachmentOf(part: Content): Attachment[] {
  switch (part.type) {
    case 'text':
      return []
    case 'image':
    case 'audio':
      return [{ kind: part.type, media_type: short(part.mimeType), data: part.data }]
    case 'resource_link':
      return [{ kind: 'link', uri: short(part.uri), name: short(part.name) }]
    case 'resource': {
      const { resource } = part
      const named = {
        kind: 'resource' as const,
        uri: short(resource.uri),
        ...(resource.mimeType !== undefined && { media_type: short(resource.mimeType) }),
      }
      return 'blob' in resource ? [{ ...named, data: resource.blob }] : [named]
    }
    default:
      return []
  }
}

const kilobytes = (base64: string): number => Math.ceil((base64.length * 3) / 4 / 1024)
