import type { Interrupt, RunAgentInput } from '@ag-ui/core'
import { z } from 'zod'

import { newCallId } from '../call-ids.ts'
import type { Answer, Question, ToolCall, Turn } from '../step.ts'

/** As what an agent's question stands among its calls. */
const ASK = 'ask_person'

const kept = z.object({
  call: z.object({
    callId: z.string(),
    toolName: z.string(),
    arguments: z.record(z.string(), z.unknown()),
  }),
  interrupts: z.array(z.looseObject({ id: z.string(), reason: z.string() })),
  resolved: z.array(
    z.object({
      interruptId: z.string(),
      status: z.enum(['resolved', 'cancelled']),
      payload: z.unknown().optional(),
    }),
  ),
})

/** What the agent waits for: questions that are put to the person one after the other. */
export interface Waiting {
  call: ToolCall
  /** Those that are open, the one that is asked first. */
  interrupts: Interrupt[]
  resolved: NonNullable<RunAgentInput['resume']>
}

export const begin = (interrupts: Interrupt[]): Waiting => next({ interrupts, resolved: [] })

/** One call a question. */
function next({ interrupts, resolved }: Pick<Waiting, 'interrupts' | 'resolved'>): Waiting {
  const [first] = interrupts
  const args = {
    reason: first?.reason ?? '',
    ...(first?.message !== undefined && { message: first.message }),
  }
  return { call: { callId: newCallId(), toolName: ASK, arguments: args }, interrupts, resolved }
}

export const stateOf = (waiting: Waiting): string => JSON.stringify(waiting)

/** What was asked and answered before this attempt; undefined when nothing was. */
export function answeredIn(turn: Turn): { waiting: Waiting; answer: Answer } | undefined {
  for (const [callId, answers] of turn.answers ?? []) {
    const answer = answers.at(-1)
    if (answer?.state === undefined) continue
    const read = kept.safeParse(JSON.parse(answer.state))
    if (read.success && read.data.call.callId === callId) return { waiting: read.data, answer }
  }
  return undefined
}

/** With the answer to the first question; what is left is asked next. */
export function withAnswer({ interrupts, resolved }: Waiting, answer: Answer): Waiting {
  const [first, ...rest] = interrupts
  const entry = {
    interruptId: first?.id ?? '',
    status: answer.action === 'accept' ? ('resolved' as const) : ('cancelled' as const),
    ...(answer.action === 'accept' && { payload: payloadOf(first, answer) }),
  }
  return next({ interrupts: rest, resolved: [...resolved, entry] })
}

/** A free answer stands in a field of ours, which the agent knows nothing of. */
function payloadOf(interrupt: Interrupt | undefined, { content = {} }: Answer): unknown {
  if (isForm(interrupt?.responseSchema)) return content
  const { answer } = content
  return { approved: true, ...(typeof answer === 'string' && answer !== '' && { answer }) }
}

export function questionOf({ interrupts }: Waiting, agent: string): Question {
  const [first] = interrupts
  const message = (first?.message ?? `${agent} asks: ${first?.reason ?? ''}`).slice(0, 4_000)
  const schema = first?.responseSchema
  if (isForm(schema)) return { mode: 'form', message, schema }
  return {
    mode: 'form',
    message,
    schema: {
      type: 'object',
      properties: {
        answer: { type: 'string', title: 'Answer', description: 'Leave it empty to say yes.' },
      },
    },
  }
}

const PRIMITIVE = new Set(['string', 'number', 'integer', 'boolean'])

/** A flat schema, of which a form can be made. */
function isForm(schema: unknown): schema is Record<string, unknown> {
  const read = z
    .looseObject({
      type: z.literal('object'),
      properties: z.record(z.string(), z.looseObject({ type: z.unknown() })),
    })
    .safeParse(schema)
  return (
    read.success &&
    Object.values(read.data.properties).every(
      ({ type }) => typeof type === 'string' && PRIMITIVE.has(type),
    )
  )
}
