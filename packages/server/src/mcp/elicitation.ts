import { createHash } from 'node:crypto'

import type { ElicitResult } from '@modelcontextprotocol/client'
import { z } from 'zod'

import { InputNeeded, ToolError, type Answer, type Question } from '../agent/agent.ts'
import { sorted } from './definition.ts'
import { cut, plainJson, withoutInvisible } from './plain-text.ts'

const MESSAGE_CHARACTERS = 2_000
const SCHEMA_BYTES = 16 * 1024
const MAX_ROUNDS = 10
const NOT_GIVEN = new Set(['sampling/createMessage', 'roots/list'])

/** What a question carries, and its answer brings back: so that a restart forgets nothing. */
const stateOfQuestion = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sign_in') }),
  /** An older server asked in the middle of a call: it is made again, and this is what was asked. */
  z.object({ kind: z.literal('replay'), asked: z.string() }),
  /** A server of 2026-07-28 ended the call with what it needs to go on. */
  z.object({
    kind: z.literal('round'),
    rounds: z.number(),
    requestState: z.string().optional(),
    pending: z.array(z.object({ key: z.string(), params: z.record(z.string(), z.unknown()) })),
    responses: z.record(z.string(), z.record(z.string(), z.unknown())),
  }),
])
type QuestionState = z.infer<typeof stateOfQuestion>
type Round = Extract<QuestionState, { kind: 'round' }>

const stateOf = ({ state }: Answer): QuestionState | undefined => {
  if (state === undefined) return undefined
  const parsed = stateOfQuestion.safeParse(JSON.parse(state))
  return parsed.success ? parsed.data : undefined
}

const ask = (question: Question, state: QuestionState): InputNeeded =>
  new InputNeeded(question, JSON.stringify(state))

const formParams = z.object({
  message: z.string(),
  requestedSchema: z.record(z.string(), z.unknown()),
})
const urlParams = z.object({ mode: z.literal('url'), message: z.string(), url: z.string() })

/** @param from who asks, in words. @throws ToolError when it is nothing that a person can be asked. */
export function questionOf(params: Record<string, unknown>, from: string): Question {
  const words = (message: string): string =>
    `${from} asks: ${cut(withoutInvisible(message), MESSAGE_CHARACTERS)}`
  if (params['mode'] === 'url') {
    const asked = urlParams.safeParse(params)
    const url = asked.success && URL.canParse(asked.data.url) ? new URL(asked.data.url) : undefined
    if (!asked.success || !url || !isForBrowsers(url))
      throw new ToolError(`${from} sends the person to an address that is not opened.`)
    return { mode: 'url', message: words(asked.data.message), url: url.href }
  }
  const asked = formParams.safeParse(params)
  const isLong = (JSON.stringify(params) ?? '').length > SCHEMA_BYTES
  if (!asked.success || isLong)
    throw new ToolError(`${from} asks the person something that cannot be shown as a form.`)
  return {
    mode: 'form',
    message: words(asked.data.message),
    schema: plainJson(asked.data.requestedSchema) as Record<string, unknown>,
  }
}

/** Encrypted, or on the person's own machine; without a name and password of somebody's. */
const isForBrowsers = (url: URL): boolean =>
  url.username === '' &&
  url.password === '' &&
  (url.protocol === 'https:' ||
    (url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)))

const resultOf = ({ action, content }: Answer): ElicitResult => ({
  action,
  ...(action === 'accept' && content && { content: content as ElicitResult['content'] }),
})

export const signInQuestion = (message: string, url: string): InputNeeded =>
  ask({ mode: 'url', message, url }, { kind: 'sign_in' })

/** How often the person was sent to sign in for this call, and what they last said to that. */
export function signInsOf(answers: readonly Answer[]): { count: number; refused: boolean } {
  const signIns = answers.filter((answer) => stateOf(answer)?.kind === 'sign_in')
  return { count: signIns.length, refused: signIns.at(-1)?.action !== 'accept' }
}

/** What an older server asks in the middle of a call is answered with what was said to it before. */
export class Replies {
  readonly #left: { asked: string; result: ElicitResult }[]

  constructor(answers: readonly Answer[]) {
    this.#left = answers.flatMap((answer) => {
      const state = stateOf(answer)
      return state?.kind === 'replay' ? [{ asked: state.asked, result: resultOf(answer) }] : []
    })
  }

  /** @throws InputNeeded when nobody has answered this yet; ToolError when it cannot be asked. */
  to(params: Record<string, unknown>, from: string): ElicitResult {
    const question = questionOf(params, from)
    const asked = createHash('sha256')
      .update(JSON.stringify(sorted(question)))
      .digest('hex')
    const index = this.#left.findIndex((reply) => reply.asked === asked)
    const [found] = index === -1 ? [] : this.#left.splice(index, 1)
    if (found) return found.result
    throw ask(question, { kind: 'replay', asked })
  }
}

const inputRequest = z.object({
  method: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
})

/** What goes back to a server that ended a call with what it needs. */
export interface Continuation {
  rounds: number
  inputResponses?: Record<string, unknown>
  requestState?: string
}

/**
 * How the call goes on after what the person has said; undefined: from its beginning.
 *
 * @throws InputNeeded for the next question of the same round.
 */
export function continuationOf(answers: readonly Answer[], from: string): Continuation | undefined {
  const last = answers.at(-1)
  const round = last && stateOf(last)
  if (!last || round?.kind !== 'round') return undefined
  const [answered, ...pending] = round.pending
  const responses = {
    ...round.responses,
    ...(answered && { [answered.key]: { ...resultOf(last) } }),
  }
  return nextOf({ ...round, pending, responses }, from)
}

function nextOf(round: Round, from: string): Continuation {
  const [next] = round.pending
  if (next) throw ask(questionOf(next.params, from), round)
  return {
    rounds: round.rounds,
    inputResponses: round.responses,
    ...(round.requestState !== undefined && { requestState: round.requestState }),
  }
}

/**
 * The next round of a call that a server ended with what it needs.
 *
 * @throws InputNeeded when a person must say; ToolError when nobody can.
 */
export function roundOf(
  result: { inputRequests?: unknown; requestState?: unknown },
  rounds: number,
  from: string,
): Continuation {
  if (rounds >= MAX_ROUNDS) throw new ToolError(`${from} asks without an end and was given up.`)
  const requests = Object.entries(
    z
      .record(z.string(), inputRequest)
      .catch({})
      .parse(result.inputRequests ?? {}),
  )
  const other = requests.find(([, { method }]) => method !== 'elicitation/create')
  // The method is a word of the server's: it is named where it is one of the protocol's.
  if (other)
    throw new ToolError(
      `${from} wants ${NOT_GIVEN.has(other[1].method) ? other[1].method : 'something'}, which Netra does not give to servers.`,
    )
  return nextOf(
    {
      kind: 'round',
      rounds: rounds + 1,
      ...(typeof result.requestState === 'string' && { requestState: result.requestState }),
      pending: requests.map(([key, { params }]) => ({ key, params })),
      responses: {},
    },
    from,
  )
}
