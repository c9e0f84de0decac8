import { createHash } from 'node:crypto'

import { z } from 'zod'

import { cut, plainJson, withoutInvisible } from './plain-text.ts'

/** All that a server says of one tool, and all that consent is given to. */
export interface ToolDefinition {
  /** As the server calls it. */
  name: string
  title?: string | undefined
  description: string
  inputSchema: JsonSchema
  outputSchema?: JsonSchema | undefined
  annotations: Annotations
}

export type JsonSchema = Record<string, unknown>

/** Hints of the server about itself; absent ones are what the specification takes them to be. */
export interface Annotations {
  readOnly: boolean
  destructive: boolean
  idempotent: boolean
  openWorld: boolean
}

export const MAX_DEFINITION_BYTES = 64 * 1024
/** As deep as a schema may nest; a deeper one is made to cost something. */
const MAX_DEPTH = 24
const NAME_CHARACTERS = 128
/** What is longer is cut before anybody is asked: who agrees reads all that models read. */
const DESCRIPTION_CHARACTERS = 4_000

const wireTool = z.object({
  name: z.string().min(1).max(NAME_CHARACTERS),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  annotations: z
    .object({
      title: z.string().optional(),
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .optional(),
})

const stored = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  annotations: z.object({
    readOnly: z.boolean(),
    destructive: z.boolean(),
    idempotent: z.boolean(),
    openWorld: z.boolean(),
  }),
})

/** A tool as it came over the wire, without what a person cannot see; or why it is not taken. */
export function readDefinition(tool: unknown): ToolDefinition | { name: string; problem: string } {
  const name = nameOf(tool)
  const bytes = sizeOf(tool)
  if (bytes > MAX_DEFINITION_BYTES)
    return {
      name,
      problem: `Its definition has ${Math.ceil(bytes / 1024)} KB; ${MAX_DEFINITION_BYTES / 1024} KB are taken.`,
    }
  if (depthOf(tool) > MAX_DEPTH) return { name, problem: 'Its definition nests too deep.' }
  const parsed = wireTool.safeParse(plainJson(tool))
  if (!parsed.success) return { name, problem: 'Its definition is not of the form that MCP has.' }
  const { annotations: hints = {}, ...said } = parsed.data
  if (said.inputSchema['type'] !== 'object')
    return { name, problem: 'Its arguments are not described as an object.' }
  const readOnly = hints.readOnlyHint ?? false
  return {
    name: said.name,
    ...((said.title ?? hints.title) !== undefined && { title: said.title ?? hints.title }),
    description: cut(said.description ?? '', DESCRIPTION_CHARACTERS),
    inputSchema: said.inputSchema,
    ...(said.outputSchema && { outputSchema: said.outputSchema }),
    annotations: {
      readOnly,
      // The specification's own defaults: whoever says nothing may destroy.
      destructive: !readOnly && (hints.destructiveHint ?? true),
      idempotent: readOnly || (hints.idempotentHint ?? false),
      openWorld: hints.openWorldHint ?? true,
    },
  }
}

const MAX_PARSED = 2_000
const parsedByHash = new Map<string, ToolDefinition>()

/** As it was stored; the same turn after turn, so it is read once. */
export function parseDefinition(hash: string, json: string): ToolDefinition {
  const known = parsedByHash.get(hash)
  if (known) return known
  const parsed = stored.parse(JSON.parse(json))
  parsedByHash.set(hash, parsed)
  const [oldest] = parsedByHash.keys()
  if (parsedByHash.size > MAX_PARSED && oldest !== undefined) parsedByHash.delete(oldest)
  return parsed
}

const nameOf = (tool: unknown): string =>
  typeof tool === 'object' && tool !== null && 'name' in tool && typeof tool.name === 'string'
    ? cut(withoutInvisible(tool.name), NAME_CHARACTERS)
    : 'a tool without a name'

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '')

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let deepest = 0
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner))
  return deepest + 1
}

/** Equal definitions have equal hashes, in whatever order their keys came. */
export const hashOf = (definition: ToolDefinition): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(definition)))
    .digest('hex')

export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

/** Part by part, what is not as it was. */
export function changesOf(
  before: ToolDefinition,
  after: ToolDefinition,
): { field: string; before: unknown; after: unknown }[] {
  const fields = [
    'title',
    'description',
    'inputSchema',
    'outputSchema',
    'annotations',
  ] as const satisfies readonly (keyof ToolDefinition)[]
  return fields
    .filter(
      (field) => JSON.stringify(sorted(before[field])) !== JSON.stringify(sorted(after[field])),
    )
    .map((field) => ({
      field: field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      before: before[field] ?? null,
      after: after[field] ?? null,
    }))
}

const TOOL_NAME_CHARACTERS = 64

/** As models call it: `<slug>__<tool>`; of names that would be the same, each is told apart. */
export function toolNameOf(slug: string, name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  const whole = `${slug}__${safe}`
  if (safe === name && whole.length <= TOOL_NAME_CHARACTERS) return whole
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return `${whole.slice(0, TOOL_NAME_CHARACTERS - mark.length - 1)}_${mark}`
}
