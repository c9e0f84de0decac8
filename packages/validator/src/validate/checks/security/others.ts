import { randomUUID } from 'node:crypto'

import type { Cause, Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import type { Ask } from '../../http-client.ts'
import { due, textIn } from '../../probe/due.ts'

const SHARED: Cause = {
  cause:
    'Somebody sees what belongs to somebody else: rights are not asked for, or a cache answers.',
  fix: 'Take the server off the network. Let no proxy keep answers of /api, then look at the access rules.',
}
const FEW: Cause = {
  when: /--users|nobody may register/,
  cause: 'The run has too few accounts to see this.',
  fix: 'Leave --users at 2 or more, and let people be registered (or give an administrator).',
}

interface Two {
  threadId: string
  mine: string
  theirs: string
}

/** A thread of one person, and somebody else; it is gone again afterwards. */
async function withThread(
  context: CheckContext,
  body: (two: Two) => Promise<string>,
): Promise<string> {
  const { token: mine } = await context.account(0)
  const { token: theirs } = await context.account(1)
  const title = `validate ${randomUUID()}`
  const answer = await context.http.ask('/api/threads', {
    token: mine,
    body: { title },
    expect: 201,
  })
  const threadId = textIn(answer.json(), 'id', 'the thread')
  try {
    return await body({ threadId, mine, theirs })
  } finally {
    await context.http.ask(`/api/threads/${threadId}`, {
      method: 'DELETE',
      token: mine,
      // Removed by somebody else: that is what failed.
      expect: [200, 204, 404],
    })
  }
}

/** To the letter what is said of a thread that nobody has. */
async function likeNone(
  { http }: CheckContext,
  { threadId, theirs: token }: Two,
  questions: readonly { path: (id: string) => string; ask?: Ask }[],
): Promise<void> {
  for (const { path, ask = {} } of questions) {
    const said = async (id: string) => {
      const { text } = await http.ask(path(id), { ...ask, token, expect: 404 })
      return withoutOwn(text, id)
    }
    const [foreign, absent] = [await said(threadId), await said(randomUUID())]
    due(foreign === absent, `${path('…')} tells them apart: ${foreign} and ${absent}`)
  }
}

/** What is each answer's own, as its trace. */
const withoutOwn = (text: string, id: string): string =>
  text.replaceAll(id, 'ID').replaceAll(/"(?:trace_id|request_id|timestamp)":"[^"]*"/g, '')

export const isolationChecks: readonly Check[] = [
  {
    id: 'security.foreign-read',
    group: 'security',
    title: 'A thread of somebody else reads like none',
    weight: 'blocking',
    causes: [FEW, SHARED],
    run: (context) =>
      withThread(context, async (two) => {
        const questions = [
          { path: (id: string) => `/api/threads/${id}` },
          { path: (id: string) => `/api/threads/${id}/messages` },
          { path: (id: string) => `/api/threads/${id}/delivery` },
          { path: (id: string) => `/api/chat/messages?thread_id=${id}` },
          {
            path: (id: string) => `/api/events?stream=thread:${id}`,
            ask: { headers: { accept: 'application/json' } },
          },
        ]
        await likeNone(context, two, questions)
        return `${questions.length} ways to ask, as for a thread that is not there`
      }),
  },
  {
    id: 'security.foreign-change',
    group: 'security',
    title: 'A thread of somebody else cannot be changed',
    weight: 'blocking',
    causes: [FEW, SHARED],
    run: (context) =>
      withThread(context, async (two) => {
        const { threadId, mine } = two
        const title = 'not mine'
        await likeNone(context, two, [
          { path: (id) => `/api/threads/${id}`, ask: { method: 'PUT', body: { title } } },
          { path: (id) => `/api/threads/${id}/auto-rename`, ask: { method: 'POST' } },
          { path: (id) => `/api/threads/${id}/messages`, ask: { body: { content: 'not mine' } } },
          { path: (id) => `/api/threads/${id}`, ask: { method: 'DELETE' } },
        ])
        const still = (await context.http.ask(`/api/threads/${threadId}`, { token: mine })).json()
        due(still['title'] !== title, 'somebody else has renamed it')
        return 'four ways to try, and it is as it was'
      }),
  },
  {
    id: 'security.foreign-list',
    group: 'security',
    title: 'Lists hold nothing of others',
    weight: 'blocking',
    causes: [FEW, SHARED],
    run: (context) =>
      withThread(context, async ({ threadId, mine, theirs }) => {
        const own = await context.http.ask('/api/threads?limit=200', { token: mine })
        due(own.text.includes(threadId), 'one’s own thread is not in one’s list')
        for (const path of ['/api/threads?limit=200', '/api/threads?q=validate', '/auth/me/data']) {
          const { text } = await context.http.ask(path, { token: theirs })
          due(!text.includes(threadId), `${path} of somebody else holds it`)
        }
        return 'neither list nor search'
      }),
  },
]
