import { createHash } from 'node:crypto'

import type { ToolCall } from '../step.ts'
import { inputSchemaOf } from './input-schema.ts'
import type { Tool } from './tool.ts'

/** What a person was told of a tool, by its hash: another text or schema is another tool. */
export function definitionOf({ name, description, input, effect, server }: Tool): string {
  return hash({
    name,
    description,
    schema: inputSchemaOf(input),
    effect,
    server: server ?? null,
  })
}

/**
 * One call of one tool as it is now, `<definition>:<call>`: a yes given to it holds for nothing else.
 * A `!` before it says that no choice of a person ends the asking.
 */
export const bindingOf = (tool: Tool, { callId, arguments: given }: ToolCall): string =>
  `${tool.asksAlways ? '!' : ''}${definitionOf(tool)}:${hash({ callId, given })}`

/** Tools of which a person said that they need not be asked: the definition they said it of. */
export type Unasked = ReadonlyMap<string, string>

/** The one rule for when a person is asked before a call. */
export const asksFirst = (tool: Tool, unasked: Unasked = NOBODY): boolean =>
  // Named one by one, so that what says nothing of itself is asked about.
  (tool.needsApproval === true || (tool.effect !== 'none' && tool.effect !== 'reads')) &&
  (tool.asksAlways === true || unasked.get(tool.name) !== definitionOf(tool))

const NOBODY: Unasked = new Map()

/** That a call may be made: only `callTool` gives one, and no tool runs without. */
export class Permit {
  readonly #boundTo: string | undefined
  readonly #unasked: Unasked

  /** @param boundTo what a person said yes to. */
  constructor(boundTo: string | undefined, unasked: Unasked = NOBODY) {
    this.#boundTo = boundTo
    this.#unasked = unasked
  }

  /** @throws when nobody allowed exactly this. */
  assertFor(tool: Tool, call: ToolCall): void {
    if (!asksFirst(tool, this.#unasked)) return
    if (this.#boundTo !== bindingOf(tool, call))
      throw new Error(`nobody allowed this call of ${tool.name}`)
  }
}

/** Keys in order, so that equal things have equal hashes. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

const hash = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
