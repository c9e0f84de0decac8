import { CheckFailure } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { isMessage, type Message } from './heard.ts'

/** One long poll of a stream. @throws CheckFailure */
export async function poll(
  { http, pace }: CheckContext,
  token: string,
  at: { stream: string; position: string | null },
): Promise<{ messages: Message[]; position: string }> {
  const query = new URLSearchParams({
    stream: at.stream,
    ...(at.position !== null && { position: at.position }),
  })
  const answer = await http.ask(`/api/events?${query.toString()}`, {
    token,
    headers: { accept: 'application/json' },
    withinMs: pace.turnMs,
  })
  const { messages, position } = answer.json()
  if (!Array.isArray(messages) || !messages.every(isMessage) || typeof position !== 'string') {
    throw new CheckFailure('the poll answered no messages or position')
  }
  return { messages, position }
}

/** The position of a message that carries one: of an event with the epoch of the reader. */
export const seqOf = (message: Message): number | undefined =>
  message.type === 'event' && typeof message['seq'] === 'number' ? message['seq'] : undefined
