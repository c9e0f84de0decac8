import { answering, changing, changingEvents, changingJson } from '../alterations.ts'
import type { BrokenServer } from '../judge.ts'

const ONE = /^GET \/api\/threads\/[^/]+$/
const MESSAGES = /^GET \/api\/threads\/[^/]+\/messages$/

export const brokenThreads: readonly BrokenServer[] = [
  {
    name: 'makes something else than a thread',
    breaks: 'threads.create',
    alter: () => changingJson('POST /api/threads', (body) => ({ ...body, object: 'conversation' })),
  },
  {
    name: 'gives the first page again',
    breaks: 'threads.list',
    alter: () => ({
      request: (asked) => void (asked.path = asked.path.replace(/&offset=\d+/, '')),
    }),
  },
  {
    name: 'has a proxy in front that takes PUT and does not pass it on',
    breaks: 'threads.rename',
    alter: () =>
      answering(/^PUT /, ({ body }) => ({
        headers: { 'content-type': 'application/json' },
        body,
      })),
  },
  {
    name: 'tells its history backwards',
    breaks: 'threads.history',
    alter: () =>
      changingJson(MESSAGES, ({ messages, ...rest }) => ({
        ...rest,
        messages: (messages as unknown[]).toReversed(),
      })),
  },
  {
    name: 'counts no answers',
    breaks: 'threads.message-count',
    alter: () =>
      changingJson(ONE, (body) => ({ ...body, message_count: Number(body['message_count']) / 2 })),
  },
  {
    name: 'mixes two threads on one socket',
    breaks: 'threads.switch',
    alter: () => {
      const first = new Map<unknown, unknown>()
      return changingEvents((event, frame, socket) => {
        if (!first.has(socket)) first.set(socket, event['thread_id'])
        if (event['thread_id'] === undefined) return undefined
        return [{ ...frame, event: { ...event, thread_id: first.get(socket) } }]
      })
    },
  },
  {
    name: 'says that it deletes and does not',
    breaks: 'threads.delete',
    alter: () => answering(/^DELETE \/api\/threads\//, () => ({ status: 204 })),
  },
  {
    name: 'answers whoever asks for a thread as its owner',
    breaks: 'threads.foreign',
    alter: () => {
      const owners = new Map<string, string>()
      return {
        ...changing('POST /api/threads', (answered, asked) => {
          const { id } = JSON.parse(answered.body) as { id: string }
          owners.set(id, String(asked.headers.authorization))
        }),
        request(asked) {
          const id = /^\/api\/threads\/([^/?]+)/.exec(asked.path)?.[1] ?? ''
          const owner = owners.get(id)
          if (asked.method === 'GET' && owner !== undefined) asked.headers.authorization = owner
        },
      }
    },
  },
]
