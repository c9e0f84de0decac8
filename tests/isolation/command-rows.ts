import type { ClientMessage } from '@netra/protocol'

import type { Thing } from './row.ts'
import type { Stage } from './stage-shape.ts'
import { lastingRun, talkOf, waitingApproval } from './things.ts'

/** What a client may say on a native socket, about somebody's things. */
export interface CommandRow {
  case?: string
  make(stage: Stage): Promise<Thing> | Thing
  names: readonly string[]
  once?: true
  /** After the welcome. */
  say(thing: Thing): object[]
  /** In the hello itself. */
  resume?(thing: Thing): object[]
  /** Who names what is not theirs is answered as if it were not there, or not at all. */
  answered: boolean
}

const id = 'the-question'
const follow = (stream: string): object => ({
  type: 'subscribe',
  id: 'follow',
  stream,
  position: null,
})
const threadOf = (thing: Thing): string => `thread:${thing['thread']}`
const userOf = (thing: Thing): string => `user:${thing['user']}`
const mine = (stage: Stage): Thing => ({ ...stage.talk, user: stage.ada.userId })

export const COMMAND_ROWS: Record<ClientMessage['type'], CommandRow[]> = {
  hello: [
    {
      case: 'resuming a thread',
      make: talkOf,
      names: ['thread'],
      resume: (thing) => [{ stream: threadOf(thing), position: null }],
      say: () => [],
      answered: false,
    },
    {
      case: "resuming from the owner's position",
      make: talkOf,
      names: ['thread'],
      resume: (thing) => [
        { stream: threadOf(thing), position: (thing['position'] ?? '').replace(/:\d+$/, ':1') },
      ],
      say: () => [],
      answered: false,
    },
    {
      case: "resuming the user's stream",
      make: mine,
      names: ['user'],
      resume: (thing) => [{ stream: userOf(thing), position: null }],
      say: () => [],
      answered: false,
    },
  ],
  subscribe: [
    {
      make: talkOf,
      names: ['thread'],
      say: (thing) => [{ type: 'subscribe', id, stream: threadOf(thing), position: null }],
      answered: true,
    },
    {
      case: "the user's stream",
      make: mine,
      names: ['user'],
      say: (thing) => [{ type: 'subscribe', id, stream: userOf(thing), position: null }],
      answered: true,
    },
  ],
  unsubscribe: [
    {
      make: talkOf,
      names: ['thread'],
      say: (thing) => [
        follow(threadOf(thing)),
        { type: 'unsubscribe', id, stream: threadOf(thing), position: thing['position'] },
      ],
      answered: true,
    },
  ],
  send_message: [
    {
      make: talkOf,
      names: ['thread'],
      say: (thing) => [follow(threadOf(thing)), send(thing, { thread_id: thing['thread'] })],
      answered: true,
    },
    {
      case: 'with a file',
      make: talkOf,
      names: ['file', 'thread'],
      say: (thing) => [
        follow(threadOf(thing)),
        send(thing, { thread_id: null, attachments: [{ file_id: thing['file'] }] }),
      ],
      answered: true,
    },
    {
      case: 'after a message',
      make: talkOf,
      names: ['message', 'thread'],
      say: (thing) => [
        follow(threadOf(thing)),
        send(thing, { thread_id: thing['thread'], parent_message_id: thing['message'] }),
      ],
      answered: true,
    },
  ],
  regenerate: [
    {
      make: talkOf,
      names: ['thread', 'message'],
      say: (thing) => [
        follow(threadOf(thing)),
        {
          type: 'regenerate',
          id,
          client_message_id: crypto.randomUUID(),
          thread_id: thing['thread'],
          message_id: thing['message'],
        },
      ],
      answered: true,
    },
  ],
  cancel_run: [
    {
      make: lastingRun,
      once: true,
      names: ['run', 'thread'],
      say: (thing) => [follow(threadOf(thing)), { type: 'cancel_run', id, run_id: thing['run'] }],
      answered: true,
    },
  ],
  decide: [
    {
      make: waitingApproval,
      once: true,
      names: ['run', 'call', 'thread'],
      say: (thing) => [
        follow(threadOf(thing)),
        {
          type: 'decide',
          id,
          run_id: thing['run'],
          tool_call_id: thing['call'],
          approved: false,
          fence: 1,
        },
      ],
      answered: true,
    },
  ],
  ack: [
    {
      make: talkOf,
      names: ['thread'],
      say: (thing) => [
        follow(threadOf(thing)),
        { type: 'ack', positions: { [threadOf(thing)]: thing['position'] }, bytes: 0 },
        { type: 'ping', nonce: 'after' },
      ],
      answered: false,
    },
  ],
  authenticate: [
    {
      case: 'with a fresh token of the same person',
      make: (stage) => ({ ...stage.talk, token: stage.ada.token }),
      names: ['thread'],
      say: (thing) => [{ type: 'authenticate', token: thing['token'] }, follow(threadOf(thing))],
      answered: false,
    },
  ],
  ping: [
    {
      make: talkOf,
      names: ['thread'],
      say: (thing) => [follow(threadOf(thing)), { type: 'ping', nonce: 'n' }],
      answered: false,
    },
  ],
  pong: [
    {
      make: talkOf,
      names: ['thread'],
      say: (thing) => [follow(threadOf(thing)), { type: 'pong', nonce: 'n' }],
      answered: false,
    },
  ],
}

const send = (thing: Thing, more: object): object => ({
  type: 'send_message',
  id,
  client_message_id: crypto.randomUUID(),
  content: [{ type: 'text', text: `${thing.marker} again` }],
  ...more,
})
