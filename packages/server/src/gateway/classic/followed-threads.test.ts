import { expect, test } from 'vitest'

import type { Hub, Sink } from '../../hub/hub.ts'
import {
  asId,
  type ConnectionId,
  type RunId,
  type ThreadId,
  type UserId,
} from '../../platform/ids.ts'
import { LIMITS } from '../limits.ts'
import type { ClassicServerMessage } from './classic-server-message.ts'
import { FollowedThreads } from './followed-threads.ts'

const USER = asId<UserId>('somebody')
const thread = (name: number | string): ThreadId => asId<ThreadId>(`thread-${name}`)

/** Followed threads over a hub that delivers what the test says. */
function stage(openRuns: (threadId: ThreadId) => boolean = () => false) {
  const sinks = new Map<string, Sink>()
  const resumed: string[] = []
  const sent: ClassicServerMessage[] = []
  const failures: unknown[] = []
  const outlet = {
    open: true,
    send: (message: ClassicServerMessage) => void sent.push(message),
    failed: (error: unknown) => void failures.push(error),
    isoTime: () => '2026-01-01T00:00:00.000Z',
  }
  const hub = {
    async subscribe(stream: string, _position: string | null, sink: Sink) {
      sinks.set(stream, sink)
      return {
        stream,
        head: 'epoch:0',
        position: 'epoch:7',
        start: () => undefined,
        resume: () => void resumed.push(stream),
        end: () => void sinks.delete(stream),
      }
    },
    deliveries: { begin: () => ({ left: () => undefined }) },
  } as unknown as Hub
  const access = {
    runs: async (_user: UserId, which: { threadId: ThreadId }) =>
      openRuns(which.threadId) ? [{ id: asId<RunId>('run'), agent: 'data' }] : [],
  }
  const followed = new FollowedThreads({
    hub,
    access: access as never,
    connectionId: asId<ConnectionId>('connection'),
    outlet,
  })
  return { followed, sinks, sent, failures, outlet, resumed }
}

test('beyond the limit the thread that was used longest ago is left, never one with a run', async () => {
  const { followed, sinks } = stage((threadId) => threadId === thread(0))
  for (let count = 0; count < LIMITS.maxSubscriptions; count++) {
    await followed.follow(USER, thread(count), { position: null })
  }
  followed.touch(thread(1))
  expect(await followed.follow(USER, thread('new'), { position: null })).toBe(true)
  expect([0, 1, 2, 3].map((name) => followed.has(thread(name)))).toEqual([true, true, false, true])
  expect(sinks.size).toBe(LIMITS.maxSubscriptions)
})

test('when every followed thread has a run under way, one more is refused', async () => {
  const { followed } = stage(() => true)
  for (let count = 0; count < LIMITS.maxSubscriptions; count++) {
    await followed.follow(USER, thread(count), { position: null })
  }
  expect(await followed.follow(USER, thread('new'), { position: null })).toBe(false)
  followed.end()
  expect(followed.has(thread(0))).toBe(false)
})

test('a delta says whose it is by the run that was under way when the thread was followed', async () => {
  const { followed, sinks, sent } = stage(() => true)
  await followed.follow(USER, thread(1), { position: 'epoch:6' })
  const event = {
    type: 'message_delta',
    run_id: 'run',
    message_id: 'm',
    part: 0,
    offset: 0,
    text: 'x',
  }
  const frame = { type: 'event', stream: 'thread:thread-1', seq: 7, event }
  sinks.get('thread:thread-1')?.send(JSON.stringify(frame), true)
  expect(sent).toMatchObject([
    {
      type: 'message_delta',
      agent_name: 'data',
      event_id: 'thread:thread-1|epoch:7',
      user_id: USER,
      text: 'x',
      payload: { text: 'x' },
    },
  ])
})

test('what was lost is told, then the thread as it is; what cannot be read ends the socket', async () => {
  const { followed, sinks, sent, failures } = stage()
  await followed.follow(USER, thread(1), { position: null })
  const sink = sinks.get('thread:thread-1')
  const at = { stream: 'thread:thread-1', position: 'epoch:9' }
  sink?.send(JSON.stringify({ type: 'reset', ...at, why: 'epoch_changed' }), false)
  const state = {
    title: 'Costs',
    archived: false,
    deleted: false,
    messages: [],
    runs: [],
    tool_calls: [],
    approvals: [],
    before: null,
  }
  sink?.send(JSON.stringify({ type: 'snapshot', ...at, why: 'epoch_changed', state }), true)
  expect(sent).toMatchObject([
    { type: 'system_message', data: { event: 'events_lost', why: 'epoch_changed' } },
    { type: 'thread_loaded', title: 'Costs', event_id: 'thread:thread-1|epoch:9' },
  ])
  sink?.send('{"type":"event"', true)
  expect(failures).toHaveLength(1)
})
