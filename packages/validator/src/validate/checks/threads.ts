import { randomUUID } from 'node:crypto'

import { CheckFailure, type Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { digestOf } from '../live/digest.ts'
import { objectIn } from '../live/heard.ts'
import { NativeClient } from '../live/native.ts'
import { tidy } from '../live/tidy.ts'
import { cause, inGroup } from './group.ts'

const TIMEOUT_MS = 40_000

const storeCause = cause(
  'What is written is not what is read: several processes with a store each, a cache between, or a damaged store.',
  'See that all processes share one PostgreSQL or that there is one alone; let no proxy cache answers of /api.',
)
const routeCause = cause(
  'A proxy does not pass this method or path on.',
  'Pass every method below /api on to Netra: GET, POST, PUT and DELETE.',
  /answered (?:40[345]|50[12])/,
)

type Row = Record<string, unknown>

async function create({ http }: CheckContext, token: string, title: string): Promise<Row> {
  const made = await http.ask('/api/threads', { token, body: { title }, expect: 201 })
  const thread = made.json()
  if (typeof thread['id'] !== 'string') throw new CheckFailure('the thread has no id')
  return thread
}

const pathOf = (id: unknown): string => `/api/threads/${encodeURIComponent(String(id))}`

async function rowsOf({ http }: CheckContext, token: string, query = ''): Promise<Row[]> {
  const { text } = await http.ask(`/api/threads${query}`, { token })
  const rows: unknown = JSON.parse(text)
  if (!Array.isArray(rows)) throw new CheckFailure('/api/threads answered no list')
  return rows as Row[]
}

export const threadChecks: readonly Check[] = inGroup('threads', [
  {
    id: 'threads.create',
    title: 'A thread can be made and is found again',
    weight: 'blocking',
    causes: [routeCause, storeCause],
    async run(context) {
      const account = await context.account()
      const title = `validate ${randomUUID()}`
      const { id, object, message_count } = await create(context, account.token, title)
      const found = (await context.http.ask(pathOf(id), { token: account.token })).json()
      await tidy(context, account, [String(id)])
      if (found['id'] !== id || found['title'] !== title) {
        throw new CheckFailure(`“${title}” was made, and “${String(found['title'])}” found`)
      }
      if (object !== 'thread') throw new CheckFailure(`object is ${String(object)}, not thread`)
      if (message_count !== 0) throw new CheckFailure(`message_count is ${String(message_count)}`)
      return `thread ${String(id)}`
    },
  },
  {
    id: 'threads.list',
    title: 'Threads are listed in pages, each once',
    weight: 'blocking',
    causes: [routeCause, storeCause],
    async run(context) {
      const account = await context.account()
      const made: unknown[] = []
      for (const place of [1, 2, 3]) {
        made.push((await create(context, account.token, `page ${place}`))['id'])
      }
      const pages = [
        await rowsOf(context, account.token, '?limit=2&offset=0'),
        await rowsOf(context, account.token, '?limit=2&offset=2'),
      ]
      const ids = pages.flat().map(({ id }) => id)
      await tidy(context, account, made.map(String))
      const [first = [], second = []] = pages
      if (first.length !== 2) throw new CheckFailure(`a page of 2 has ${first.length}`)
      if (second.length === 0) throw new CheckFailure('the second page is empty')
      if (new Set(ids).size !== ids.length) throw new CheckFailure('a thread is in both pages')
      const lacking = made.filter((id) => !ids.includes(id))
      if (lacking.length > 0) throw new CheckFailure(`the pages lack ${lacking.join(', ')}`)
      return `${first.length} and ${second.length} threads`
    },
  },
  {
    id: 'threads.rename',
    title: 'A thread keeps the name that it is given',
    weight: 'blocking',
    causes: [routeCause, storeCause],
    async run(context) {
      const account = await context.account()
      const { token } = account
      const { id } = await create(context, token, 'before')
      const title = `after ${randomUUID()}`
      await context.http.ask(pathOf(id), { method: 'PUT', token, body: { title } })
      const found = (await context.http.ask(pathOf(id), { token })).json()['title']
      await tidy(context, account, [String(id)])
      if (found !== title) throw new CheckFailure(`named “${title}”, it is “${String(found)}”`)
      return `“${title}”`
    },
  },
  {
    id: 'threads.history',
    title: 'The history has every message, in order, with its answer',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [routeCause, storeCause],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const texts = ['one', 'two', 'three'].map((word) => `${word} ${randomUUID()}`)
      let threadId: string | null = null
      for (const text of texts) threadId = (await client.turn(text, { threadId })).threadId
      const path = `${pathOf(threadId)}/messages`
      const { messages } = (await context.http.ask(path, { token: account.token })).json()
      await tidy(context, account, [String(threadId)])
      const rows = Array.isArray(messages) ? (messages as Row[]) : []
      const due = texts.flatMap((text) => [`user ${text}`, `assistant ${digestOf(text)}`])
      if (rows.length !== due.length) {
        throw new CheckFailure(`${rows.length} messages, not ${due.length}`)
      }
      for (const [index, row] of rows.entries()) {
        const [role = '', ...words] = (due[index] ?? '').split(' ')
        if (row['role'] === role && JSON.stringify(row['content']).includes(words.join(' '))) {
          continue
        }
        throw new CheckFailure(
          `message ${index + 1} is of ${String(row['role'])}: ${JSON.stringify(row['content']).slice(0, 100)}; due was ${due[index]}`,
        )
      }
      return `${rows.length} messages, each answer after its question`
    },
  },
  {
    id: 'threads.message-count',
    title: 'message_count counts the messages',
    weight: 'advisory',
    timeoutMs: TIMEOUT_MS,
    causes: [storeCause],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const { threadId } = await client.turn('count')
      await client.turn('count', { threadId })
      const { token } = account
      const found = (await context.http.ask(pathOf(threadId), { token })).json()
      await tidy(context, account, [threadId])
      if (found['message_count'] !== 4) {
        throw new CheckFailure(`message_count is ${String(found['message_count'])}, not 4`)
      }
      return '4 after two turns'
    },
  },
  {
    id: 'threads.switch',
    title: 'On one socket two threads go on at once without mixing',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'Events of one thread appear in another: something between changes messages, or a fault of Netra.',
        'Look at stream and thread_id of the events in the evidence; report it if it happens without a proxy.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const texts = [`left ${randomUUID()}`, `right ${randomUUID()}`]
      const sent = [await client.say(`${texts[0]}\n!stream 6 20`), await client.say(texts[1] ?? '')]
      for (const { threadId, position } of sent) {
        await client.subscribe(`thread:${threadId}`, position)
      }
      const ends = await Promise.all(sent.map((one) => client.end(one)))
      // And back to the first one.
      const back = `back ${randomUUID()}`
      const again = await client.turn(back, { threadId: sent[0]?.threadId ?? null })
      await tidy(
        context,
        account,
        sent.map(({ threadId }) => threadId),
      )
      for (const { threadId } of sent) {
        for (const { message } of client.eventsOf(`thread:${threadId}`)) {
          const found = objectIn(message, 'event')['thread_id']
          if (found === undefined || found === null || found === threadId) continue
          throw new CheckFailure(`an event of ${JSON.stringify(found)} came in thread ${threadId}`)
        }
      }
      for (const [index, end] of [...ends, again.end].entries()) {
        const due = digestOf([...texts, back][index] ?? '')
        if (String(end['final_response']).includes(due)) continue
        throw new CheckFailure(`turn ${index + 1} was answered with another's answer`)
      }
      return 'three turns in two threads, each with its own answer'
    },
  },
  {
    id: 'threads.delete',
    title: 'A thread that is deleted is gone, from the list too',
    weight: 'blocking',
    causes: [routeCause, storeCause],
    async run(context) {
      const { token } = await context.account()
      const { id } = await create(context, token, 'to be deleted')
      await context.http.ask(pathOf(id), { method: 'DELETE', token, expect: 204 })
      await context.http.ask(pathOf(id), { token, expect: 404 })
      const left = await rowsOf(context, token, '?limit=200')
      if (left.some((row) => row['id'] === id)) throw new CheckFailure('it is still in the list')
      return '204, then 404'
    },
  },
  {
    id: 'threads.foreign',
    title: "Another person's thread is as one that does not exist",
    weight: 'blocking',
    causes: [
      cause(
        "People can see each other's threads: a breach of isolation, or a cache that answers one with another's answer.",
        'Take the server out of service; let no proxy cache answers of /api; report it as SECURITY.md says.',
      ),
    ],
    async run(context) {
      const [owner, other] = [await context.account(0), await context.account(1)]
      const { id } = await create(context, owner.token, `secret ${randomUUID()}`)
      for (const path of [pathOf(id), `${pathOf(id)}/messages`]) {
        await context.http.ask(path, { token: other.token, expect: 404 })
      }
      const listed = await rowsOf(context, other.token, '?limit=200')
      await tidy(context, owner, [String(id)])
      if (listed.some((row) => row['id'] === id)) throw new CheckFailure('it is in their list')
      return '404, and in no list of theirs'
    },
  },
])
