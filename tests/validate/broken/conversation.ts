import { randomUUID } from 'node:crypto'

import { changingEvents, hearing, matches, withEvent } from '../alterations.ts'
import type { Message, SocketAlteration } from '../altered-sockets.ts'
import { late, type Alteration } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

type EventChange = Parameters<typeof changingEvents>[0]

/** In the place of an event that does not come; so no number is missing. */
const instead = (event: Message): Message => ({ ...event, type: 'something_else' })

const without =
  (type: string): EventChange =>
  (event, frame) =>
    event.type === type ? [withEvent(frame, instead(event))] : undefined

/** What was never said is not acknowledged, or Netra would end the socket. */
const deaf: SocketAlteration['up'] = (message) => (message.type === 'ack' ? [] : [message])

const alsoDeaf = (alteration: Alteration): Alteration => ({
  socket: (asked) => ({ ...alteration.socket?.(asked), up: deaf }),
})

const critical = [
  ['begins without a word', 'agent_started', 'agent-started'],
  ['does not say what its agent thinks', 'agent_thinking', 'agent-thinking'],
  ['does not say which tool works', 'tool_executing', 'tool-executing'],
  ['does not say what a tool returned', 'tool_completed', 'tool-completed'],
  ['never ends', 'agent_completed', 'agent-completed'],
] as const

export const brokenConversation: readonly BrokenServer[] = [
  {
    name: 'does not welcome programs',
    breaks: 'conversation.welcome',
    pace: { answerMs: 3_000 },
    alter: () => ({
      socket(asked) {
        let isProgram = false
        if (!matches(asked, '/ws')) return undefined
        return {
          up(message) {
            isProgram ||= message.type === 'hello' && message['token'] !== undefined
            return [message]
          },
          down: (message) => (isProgram && message.type === 'welcome' ? [] : [message]),
        }
      },
    }),
  },
  {
    name: 'does not say what its limits are',
    breaks: 'conversation.welcome-contents',
    alter: () =>
      hearing(() => (message) => [
        message.type === 'welcome' ? { ...message, limits: undefined } : message,
      ]),
  },
  {
    name: 'is slow to welcome people',
    breaks: 'conversation.welcome-time',
    alter: () => {
      let sockets = 0
      return hearing(() => {
        const number = ++sockets
        return async (message) => {
          if (message.type === 'welcome' && number <= 7) await late(2_100)
          return [message]
        }
      })
    },
  },
  {
    name: 'has a proxy in front that knows only /ws',
    breaks: 'conversation.websocket-path',
    alter: () => ({
      upgrade: (asked) => (matches(asked, '/websocket') ? { status: 404 } : undefined),
    }),
  },
  {
    name: 'has a proxy in front that puts its own Origin in',
    breaks: 'conversation.browser-sign-in',
    alter: () => ({
      request({ headers }) {
        if (headers.upgrade && headers.origin) headers.origin = 'http://inner.example'
      },
    }),
  },
  {
    name: 'has a proxy in front that signs everybody in as the first',
    breaks: 'conversation.nobody-refused',
    alter: () => {
      let first: unknown
      return {
        socket: () => ({
          up(message) {
            if (message.type !== 'hello' || message['token'] === undefined) return [message]
            return [{ ...message, token: (first ??= message['token']) }]
          },
        }),
      }
    },
  },
  {
    name: 'takes no messages',
    breaks: 'conversation.accepted',
    alter: () => ({
      socket: () => ({
        up(message, { tell }) {
          if (message.type !== 'send_message') return [message]
          const { id } = message
          tell({ type: 'error', id, code: 'unavailable', message: 'Not now.', retry: 'after' })
          return []
        },
      }),
    }),
  },
  ...critical.map(([name, type, id]): BrokenServer => ({
    name,
    breaks: `conversation.${id}`,
    pace: { turnMs: 4_000 },
    alter: () => changingEvents(without(type)),
  })),
  {
    name: 'does not say how long a tool took',
    breaks: 'conversation.tool-completed',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'tool_completed'
          ? [withEvent(frame, { ...event, duration_ms: undefined })]
          : undefined,
      ),
  },
  {
    name: 'tells the end of a tool before its beginning',
    breaks: 'conversation.order',
    alter: () => swapping('tool_executing', 'tool_completed'),
  },
  {
    name: 'ends a run twice',
    breaks: 'conversation.one-end',
    alter: () => alsoDeaf(endingTwice()),
  },
  {
    name: 'loses an event',
    breaks: 'conversation.contiguous',
    alter: () => changingEvents(({ type }) => (type === 'run_accepted' ? [] : undefined)),
  },
  {
    name: 'loses a piece of the answer',
    breaks: 'conversation.deltas-fold',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'message_delta' && event['offset'] === 0
          ? [withEvent(frame, { ...event, text: String(event['text']).slice(1) })]
          : undefined,
      ),
  },
  {
    name: 'answers without what the tool returned',
    breaks: 'conversation.answer',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'agent_completed'
          ? [withEvent(frame, { ...event, final_response: 'Done.' })]
          : undefined,
      ),
  },
  {
    name: 'holds the first event back',
    breaks: 'conversation.first-event',
    alter: () =>
      hearing(() => {
        let isFirst = true
        return async (message) => {
          if (isFirst && String(message['stream']).startsWith('thread:')) {
            isFirst = false
            await late(2_200)
          }
          return [message]
        }
      }),
  },
  {
    name: 'sends somebody an event of somebody else',
    breaks: 'conversation.own-ids',
    alter: () =>
      alsoDeaf(
        changingEvents((event, frame) => {
          if (event.type !== 'agent_started') return undefined
          const [user_id, thread_id] = [randomUUID(), randomUUID()]
          const foreign = withEvent(frame, { ...event, user_id, thread_id })
          return [frame, { ...foreign, stream: `thread:${thread_id}` }]
        }),
      ),
  },
  {
    name: 'does not tell other devices of a new thread',
    breaks: 'conversation.user-stream',
    alter: () => changingEvents(without('thread_created')),
  },
  {
    name: 'has a proxy in front that gives messages names of its own',
    breaks: 'conversation.idempotent',
    alter: () => ({
      socket: () => ({
        up: (message) => [
          message.type === 'send_message'
            ? { ...message, client_message_id: randomUUID() }
            : message,
        ],
      }),
    }),
  },
  {
    name: 'has a model that answers nothing',
    breaks: 'conversation.with-model',
    options: { withModel: true },
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'agent_completed' && event['agent'] !== 'selftest'
          ? [withEvent(frame, { ...event, final_response: '' })]
          : undefined,
      ),
  },
  {
    name: 'forgets one of two devices',
    breaks: 'conversation.second-device',
    alter: () => {
      const devices = new Map<unknown, object>()
      return changingEvents((event, frame, socket) => {
        const { stream } = frame
        const first = devices.get(stream) ?? socket
        devices.set(stream, first)
        return first === socket ? undefined : without('agent_thinking')(event, frame, socket)
      })
    },
  },
]

/** The numbers stay where they are. */
function swapping(first: string, second: string): Alteration {
  return hearing(() => {
    let held: Message[] = []
    return (frame) => {
      const event = frame['event'] as Message | undefined
      const isHolding = held.length > 0 || event?.type === first
      if (!isHolding) return [frame]
      held.push(frame)
      if (event?.type !== second) return []
      const [opening] = held
      const all = held
      held = []
      if (!opening) return all
      const between = all.slice(1, -1)
      return [withEvent(opening, event), ...between, withEvent(frame, opening['event'])]
    }
  })
}

/** Whatever comes after the second end has a number more. */
function endingTwice(): Alteration {
  const ended = new Map<object, Set<unknown>>()
  return changingEvents((event, frame, socket) => {
    const streams = ended.get(socket) ?? new Set()
    ended.set(socket, streams)
    const later = { ...frame, seq: Number(frame['seq']) + 1 }
    if (streams.has(frame['stream'])) return [later]
    if (event.type !== 'agent_completed') return undefined
    streams.add(frame['stream'])
    return [frame, later]
  })
}
