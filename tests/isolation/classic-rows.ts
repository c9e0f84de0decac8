import type { ClassicType } from '../../packages/server/src/gateway/classic/classic-message.ts'
import type { CommandRow } from './command-rows.ts'
import type { Opening, TokenForm } from './heard.ts'
import type { Thing } from './row.ts'
import { lastingRun, newThread, talkOf } from './things.ts'

const reply = { request_id: 'the-question' }
const classic = (type: string, payload: object): object => ({
  type,
  payload: { ...payload, ...reply },
})

const history = (thing: Thing): object => ({
  type: 'get_thread_history',
  payload: { thread_id: thing['thread'], request_id: 'history' },
})

const inThread = (type: ClassicType, payload: (thing: Thing) => object): CommandRow => ({
  make: talkOf,
  names: ['thread'],
  answered: true,
  say: (thing) => [history(thing), classic(type, payload(thing))],
})

const again = (thing: Thing): string => `${thing.marker} again`

const started = (type: ClassicType, field: string): CommandRow[] => [
  inThread(type, (thing) => ({ [field]: again(thing), thread_id: thing['thread'] })),
  {
    case: 'with a file',
    make: talkOf,
    names: ['file', 'thread'],
    answered: true,
    say: (thing) => [
      history(thing),
      classic(type, {
        [field]: again(thing),
        attachments: [{ file_id: thing['file'] }],
        thread_id: null,
      }),
    ],
  },
]

const beat = (type: ClassicType): CommandRow => ({
  ...inThread(type, () => ({})),
  answered: false,
})

/** What a client of the classic codec may say, about somebody's things. */
export const CLASSIC_ROWS: Record<ClassicType, CommandRow[]> = {
  user_message: started('user_message', 'content'),
  chat_message: started('chat_message', 'content'),
  start_agent: started('start_agent', 'user_request'),
  stop_agent: [
    {
      make: lastingRun,
      once: true,
      names: ['run', 'thread'],
      answered: true,
      say: (thing) => [history(thing), classic('stop_agent', { run_id: thing['run'] })],
    },
    {
      case: 'by its thread',
      make: lastingRun,
      once: true,
      names: ['thread'],
      answered: true,
      say: (thing) => [history(thing), classic('stop_agent', { thread_id: thing['thread'] })],
    },
  ],
  list_threads: [
    { ...inThread('list_threads', () => ({ limit: 200 })), make: newThread, names: [] },
  ],
  get_threads: [{ ...inThread('get_threads', () => ({ limit: 200 })), make: newThread, names: [] }],
  get_thread_history: [
    inThread('get_thread_history', (thing) => ({ thread_id: thing['thread'] })),
    {
      case: "with the owner's message as the cursor",
      make: talkOf,
      names: ['thread', 'message'],
      answered: true,
      say: (thing) => [
        history(thing),
        classic('get_thread_history', { thread_id: thing['thread'], before: thing['message'] }),
      ],
    },
  ],
  create_thread: [{ ...inThread('create_thread', () => ({ title: 'of the asker' })), names: [] }],
  switch_thread: [
    inThread('switch_thread', (thing) => ({ thread_id: thing['thread'] })),
    {
      case: "from the owner's position",
      make: talkOf,
      names: ['thread'],
      answered: true,
      say: (thing) => [
        classic('switch_thread', { thread_id: thing['thread'], last_event_id: null }),
        classic('switch_thread', { thread_id: thing['thread'], last_event_id: thing['position'] }),
      ],
    },
  ],
  rename_thread: [
    inThread('rename_thread', (thing) => ({ thread_id: thing['thread'], title: again(thing) })),
  ],
  delete_thread: [
    {
      make: newThread,
      once: true,
      names: ['thread'],
      answered: true,
      say: (thing) => [
        { type: 'list_threads', payload: { limit: 200 } },
        classic('delete_thread', { thread_id: thing['thread'] }),
      ],
    },
  ],
  authenticate: [
    {
      ...beat('authenticate'),
      make: (stage) => ({ ...stage.talk, token: stage.ada.token }),
      say: (thing) => [classic('authenticate', { token: thing['token'] }), history(thing)],
    },
  ],
  refresh_token: [
    {
      ...beat('refresh_token'),
      make: (stage) => ({ ...stage.talk, token: stage.ada.token }),
      say: (thing) => [classic('refresh_token', { token: thing['token'] }), history(thing)],
    },
  ],
  ping: [beat('ping')],
  pong: [beat('pong')],
  heartbeat: [beat('heartbeat')],
  heartbeat_ack: [beat('heartbeat_ack')],
}

export const CLASSIC_FORMS: readonly TokenForm[] = ['as a bearer', 'as a subprotocol']

const LAST = { type: 'rename_thread', payload: { thread_id: 'none', request_id: 'the-end' } }

/** A classic socket of whoever shows this token. */
export function classicOpening(token: string, form: TokenForm, then: readonly object[]): Opening {
  const isBearer = form === 'as a bearer'
  return {
    protocols: isBearer ? [] : ['jwt-auth', `jwt.${Buffer.from(token).toString('base64url')}`],
    options: { headers: isBearer ? { authorization: `Bearer ${token}` } : {} },
    say: [],
    after: { type: 'system_message', say: [...then, LAST] },
    end: 'the-end',
  }
}
