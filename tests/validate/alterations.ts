import type { Ends, Message } from './altered-sockets.ts'
import type { Alteration, Answered, Asked, MaybeLater } from './altering-proxy.ts'

type Json = Record<string, unknown>

/** Requests, by their path without a query; with a method before it, only those. */
export const matches = (asked: Asked, what: string | RegExp): boolean => {
  const path = asked.path.split('?')[0] ?? ''
  return typeof what === 'string'
    ? what === path || what === `${asked.method} ${path}`
    : what.test(`${asked.method} ${path}`)
}

export const json = (status: number, body: unknown): Partial<Answered> => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** Answers by itself, in the place of Netra. */
export const answering = (
  what: string | RegExp,
  answer: (asked: Asked) => MaybeLater<Partial<Answered> | undefined>,
): Alteration => ({
  answer: (asked) => (matches(asked, what) ? answer(asked) : undefined),
})

/** Changes whole answers of Netra. */
export const changing = (
  what: string | RegExp,
  change: (answered: Answered, asked: Asked) => MaybeLater<void>,
): Alteration => ({
  response: (asked, answered) => (matches(asked, what) ? change(answered, asked) : undefined),
})

/** Changes the JSON of answers that are good. */
export const changingJson = (
  what: string | RegExp,
  change: (body: Json, asked: Asked) => MaybeLater<unknown>,
): Alteration =>
  changing(what, async (answered, asked) => {
    if (answered.status >= 300 || answered.body === '') return
    const body = JSON.parse(answered.body) as Json
    answered.body = JSON.stringify((await change(body, asked)) ?? body)
  })

/** Changes what comes over sockets; what is to be known of one socket begins anew with it. */
export const hearing = (
  start: () => (message: Message, ends: Ends) => MaybeLater<Message[]>,
): Alteration => ({ socket: () => ({ down: start() }) })

/** Changes events of the native protocol; the last argument tells sockets apart. */
export const changingEvents = (
  change: (event: Message, frame: Message, socket: object) => Message[] | undefined,
): Alteration =>
  hearing(() => {
    const socket = {}
    return (frame) => {
      if (frame.type !== 'event') return [frame]
      return change(frame['event'] as Message, frame, socket) ?? [frame]
    }
  })

/** A frame with another event in it. */
export const withEvent = (frame: Message, event: unknown): Message => ({ ...frame, event })
