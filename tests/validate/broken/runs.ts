import { randomUUID } from 'node:crypto'

import { changing, changingEvents, changingJson, hearing, withEvent } from '../alterations.ts'
import type { Message } from '../altered-sockets.ts'
import { late } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

export const brokenCancel: readonly BrokenServer[] = [
  {
    name: 'ignores a cancel',
    breaks: 'cancel.stops',
    pace: { turnMs: 5_000 },
    alter: () => ({
      socket: () => ({
        up(message, { tell }) {
          if (message.type !== 'cancel_run') return [message]
          tell({ type: 'ok', id: message['id'] })
          return []
        },
      }),
    }),
  },
  {
    name: 'does not say who stopped a run',
    breaks: 'cancel.by-whom',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'run_cancelled' ? [withEvent(frame, { ...event, by: null })] : undefined,
      ),
  },
  {
    name: 'forgets what was said before it was stopped',
    breaks: 'cancel.partial-kept',
    alter: () => {
      const stopped = new Set<unknown>()
      return {
        ...changingEvents((event) => {
          if (event.type === 'run_cancelled') stopped.add(event['thread_id'])
          return undefined
        }),
        ...changingJson(/\/messages$/, (body, { path }) => {
          const id = /^\/api\/threads\/([^/?]+)/.exec(path)?.[1]
          if (!stopped.has(id)) return body
          const messages = (body['messages'] as Message[]).filter(({ role }) => role === 'user')
          return { ...body, messages }
        }),
      }
    },
  },
  {
    name: 'takes no message in a thread in which it was stopped',
    breaks: 'cancel.goes-on',
    alter: () => ({
      socket() {
        let isStopped = false
        return {
          up(message, { tell }) {
            if (message.type === 'cancel_run') isStopped = true
            if (!isStopped || message.type !== 'send_message') return [message]
            const { id } = message
            tell({ type: 'error', id, code: 'conflict', message: 'A run is open.', retry: 'no' })
            return []
          },
        }
      },
    }),
  },
  {
    name: 'takes half an answer for the whole',
    breaks: 'cancel.cut-answer',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'agent_failed'
          ? [withEvent(frame, { ...event, type: 'agent_completed', final_response: 'Done.' })]
          : undefined,
      ),
  },
]

const EXECUTE = '/api/agents/execute'

export const brokenBreaker: readonly BrokenServer[] = [
  {
    name: 'has a breaker that never opens',
    breaks: 'breaker.opens',
    alter: () => changingJson(EXECUTE, (body) => ({ ...body, circuit_breaker_state: 'CLOSED' })),
  },
  {
    name: 'is slow to say that its breaker is open',
    breaks: 'breaker.fast',
    alter: () =>
      changing(EXECUTE, async (answered) => {
        if (answered.body.includes('circuit_breaker_open')) await late(1_200)
      }),
  },
  {
    name: 'does not tell people that its breaker is open',
    breaks: 'breaker.told',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'agent_failed'
          ? [withEvent(frame, { ...event, breaker: undefined })]
          : undefined,
      ),
  },
  {
    name: 'does not say when it tries again',
    breaks: 'breaker.status',
    alter: () =>
      changingJson(/circuit_breaker\/status$/, (body) => ({ ...body, next_attempt_time: null })),
  },
  {
    name: 'has a breaker that stays open',
    breaks: 'breaker.recovers',
    alter: () => {
      let open: unknown
      return changingJson(EXECUTE, (body) => {
        if (body['status'] === 'circuit_breaker_open') open = body
        return open ?? body
      })
    },
  },
]

/** Ends one socket of a run's life as it is welcomed. */
const ending = (place: number): BrokenServer['alter'] => {
  return () => {
    let sockets = 0
    return hearing(() => {
      const number = ++sockets
      return (message, { end }) => {
        if (number === place && message.type === 'welcome') end(1011)
        return [message]
      }
    })
  }
}

const CROWDS = { crowds: [3, 6, 10] }

export const brokenCrowd: readonly BrokenServer[] = [
  { name: 'loses one of few', breaks: 'crowd.five', pace: CROWDS, alter: ending(2) },
  { name: 'loses one of more', breaks: 'crowd.twenty', pace: CROWDS, alter: ending(6) },
  {
    name: 'has a proxy in front that takes few connections',
    breaks: 'crowd.hundred',
    pace: CROWDS,
    alter: () => {
      let open = 0
      return {
        upgrade: () => (open >= 8 ? { status: 503 } : undefined),
        socket() {
          open += 1
          return {
            gone() {
              open -= 1
              return []
            },
          }
        },
      }
    },
  },
  {
    name: 'sends people what is somebody else’s',
    breaks: 'crowd.no-foreign-frame',
    pace: CROWDS,
    alter: () => ({
      socket: () => ({
        // What was never said is not acknowledged, or Netra would end the socket.
        up: (message) => (message.type === 'ack' ? [] : [message]),
        down(frame) {
          const event = frame['event'] as Message | undefined
          if (event?.type !== 'agent_started') return [frame]
          const [user_id, thread_id] = [randomUUID(), randomUUID()]
          const foreign = withEvent(frame, { ...event, user_id, thread_id })
          return [frame, { ...foreign, stream: `thread:${thread_id}` }]
        },
      }),
    }),
  },
]
