import { hearing } from '../alterations.ts'
import type { Message } from '../altered-sockets.ts'
import type { Alteration } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

/** Changes messages of one type; `undefined` swallows them. */
const changingMessages = (
  type: string,
  change: (message: Message) => Message | undefined,
): Alteration =>
  hearing(() => (message) => {
    if (message.type !== type) return [message]
    const changed = change(message)
    return changed ? [changed] : []
  })

/** Long enough for an account to be made. */
const SOON = { answerMs: 6_000 }

export const brokenClassic: readonly BrokenServer[] = [
  {
    name: 'welcomes people before it is ready for them',
    breaks: 'classic.welcome',
    alter: () =>
      changingMessages('system_message', (message) => {
        const data = { ...(message['data'] as object), connection_ready: false }
        return {
          ...message,
          ...('connection_ready' in message && { connection_ready: false }),
          data,
        }
      }),
  },
  {
    name: 'has a proxy in front that answers without a subprotocol',
    breaks: 'classic.subprotocol',
    alter: () => ({
      socket: () => ({
        headers(lines) {
          const at = lines.findIndex((line) => /^sec-websocket-protocol:/i.test(line))
          if (at >= 0) lines.splice(at, 1)
        },
      }),
    }),
  },
  {
    name: 'loses a pong',
    breaks: 'classic.ping',
    pace: SOON,
    alter: () => {
      let pongs = 0
      return changingMessages('pong', (message) => (++pongs === 1 ? undefined : message))
    },
  },
  {
    name: 'answers no heartbeat',
    breaks: 'classic.heartbeat',
    pace: SOON,
    alter: () => changingMessages('heartbeat_ack', () => undefined),
  },
  {
    name: 'does not say what its agent thinks',
    breaks: 'classic.five-events',
    alter: () => changingMessages('agent_thinking', () => undefined),
  },
  {
    name: 'has its fields in payload alone',
    breaks: 'classic.flat-fields',
    alter: () =>
      changingMessages('tool_completed', (message) => ({ ...message, results: undefined })),
  },
  {
    name: 'answers something else',
    breaks: 'classic.answer',
    alter: () =>
      changingMessages('agent_completed', (message) => ({ ...message, final_response: 'Done.' })),
  },
  {
    name: 'takes an unknown message for a mistake',
    breaks: 'classic.unknown-type',
    alter: () =>
      changingMessages('ack', (message) => ({
        ...message,
        type: 'error',
        error_code: 'UNKNOWN_TYPE',
      })),
  },
  {
    name: 'ends a socket for one bad frame',
    breaks: 'classic.bad-json',
    alter: () =>
      hearing(() => (message, { end }) => {
        if (message.type === 'error') end(1007)
        return [message]
      }),
  },
  {
    name: 'closes without a word',
    breaks: 'classic.no-token',
    alter: () => changingMessages('error_message', () => undefined),
  },
  {
    name: 'tells by its stream of no tools',
    breaks: 'classic.stream',
    alter: () => ({ stream: (block) => (block.includes('"tool_executing"') ? [] : [block]) }),
  },
  {
    name: 'has a proxy in front that takes Last-Event-ID away',
    breaks: 'classic.stream-resume',
    alter: () => ({ request: ({ headers }) => void delete headers['last-event-id'] }),
  },
]
