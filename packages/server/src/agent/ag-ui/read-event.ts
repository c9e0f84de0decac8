import { omitOptionalNulls, type AGUIEvent } from '@ag-ui/core'
import { EventSchemas } from '@ag-ui/core/schemas'

import { AgentFailure } from '../step.ts'

/** Reasoning, as agents of before 1.0 said it. */
const OLDER: Record<string, string> = {
  THINKING_TEXT_MESSAGE_START: 'REASONING_MESSAGE_START',
  THINKING_TEXT_MESSAGE_CONTENT: 'REASONING_MESSAGE_CONTENT',
  THINKING_TEXT_MESSAGE_END: 'REASONING_MESSAGE_END',
}
const KNOWN: ReadonlySet<string> = new Set(
  EventSchemas.options.map(({ shape }) => shape.type.value),
)

/**
 * One event of the stream. Of a type that this version does not know: undefined.
 *
 * @throws AgentFailure when it is no event, or breaks the schema of its type.
 */
export function readEvent(data: string, agent: string): AGUIEvent | undefined {
  const value = parsed(data)
  if (value === undefined) throw notUnderstood(agent, 'something that is not JSON')
  const type = OLDER[value.type] ?? value.type
  if (!KNOWN.has(type)) return undefined
  const isOlder = type !== value.type
  const whole = { ...value, type, ...(isOlder && { messageId: 'thinking', role: 'reasoning' }) }
  // Some producers write what they leave out as null.
  const event = EventSchemas.safeParse(omitOptionalNulls(whole, 'Event'))
  if (event.success) return event.data
  const [issue] = event.error.issues
  const where = issue?.path.join('.') ?? ''
  throw notUnderstood(agent, `${type} without a proper ${where === '' ? 'shape' : where}`)
}

function parsed(data: string): { type: string } | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null && 'type' in value
      ? { ...value, type: String(value.type) }
      : undefined
  } catch {
    return undefined
  }
}

/** It broke the protocol: what it said so far is not to be taken for an answer. */
export const notUnderstood = (agent: string, what: string): AgentFailure =>
  new AgentFailure(
    'model_refused',
    `${agent} sent ${what}, which is not AG-UI 1.0. Try again; if it goes on, tell whoever runs ${agent}.`,
    { retry: 'same' },
  )
