import { randomUUID } from 'node:crypto'

import { isTerminal, type ReceivedEvent } from '@netra/protocol'

import type { Check, Target } from '../runner.ts'
import { openSocket } from '../socket.ts'

/** The built-in model computes this with a tool, so that no key and no money are needed. */
const QUESTION = 'What is 6 * 7?'
const CRITICAL = [
  'agent_started',
  'agent_thinking',
  'tool_executing',
  'tool_completed',
  'agent_completed',
]

export const conversationChecks: readonly Check[] = [
  {
    group: 'conversation',
    name: 'a question is answered, each step seen in order, once',
    remedy:
      'If events are missing, a proxy may buffer or drop frames; compare with the server itself.',
    async run(target) {
      const events = await converse(target)
      const types = events.map((event) => event.type)
      const found = CRITICAL.map((type) => types.indexOf(type as never))
      if (found.includes(-1))
        throw new Error(`of the five critical events only these came: ${types.join(', ')}`)
      if (found.some((at, index) => index > 0 && at < (found[index - 1] ?? 0))) {
        throw new Error(`the order was ${types.join(', ')}`)
      }
      const end = events.at(-1)
      if (end?.type !== 'agent_completed' || !end.final_response.includes('42')) {
        throw new Error('the answer is not 42')
      }
      return `${events.length} events, answered in ${Math.round(end.duration_ms)} ms`
    },
  },
]

async function converse({ socketUrl, token }: Target): Promise<ReceivedEvent[]> {
  if (!socketUrl || !token) throw new Error('no address or token: see the checks before')
  using socket = await openSocket(socketUrl, token)
  socket.send({
    type: 'send_message',
    id: 'send',
    client_message_id: randomUUID(),
    thread_id: null,
    content: [{ type: 'text', text: QUESTION }],
    agent: 'data',
    model: 'netra/builtin',
  })
  const sent = await socket.next(
    (message) => message.type !== 'welcome' && 'id' in message && message.id === 'send',
  )
  if (sent.type !== 'ok') throw new Error(`the message was refused: ${JSON.stringify(sent)}`)
  const stream = `thread:${sent.thread_id}`
  socket.send({ type: 'subscribe', id: 'follow', stream, position: sent.position ?? null })
  await socket.next(
    (message) =>
      message.type === 'event' && message.event.type !== 'unknown' && isTerminal(message.event),
  )
  const events = socket.messages.filter((message) => message.type === 'event')
  events.forEach(({ seq }, index) => {
    if (seq !== index + 1) throw new Error(`event ${seq} came where ${index + 1} was due`)
  })
  return events.map(({ event }) => event)
}
