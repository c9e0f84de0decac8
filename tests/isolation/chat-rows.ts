import {
  get,
  patch,
  polled,
  post,
  put,
  remove,
  type OwnedRow,
  type Row,
  type Thing,
} from './row.ts'
import {
  adoptedPlan,
  form,
  newFile,
  newNote,
  newReport,
  newThread,
  lastingRun,
  talkOf,
  waitingApproval,
} from './things.ts'

const thread = (row: Partial<OwnedRow> & Pick<OwnedRow, 'ask'>): OwnedRow => ({
  make: talkOf,
  names: ['thread'],
  ...row,
})

const oneThread = ({ thread: id }: Thing) => get(`/api/threads/${id}`)

/** One row for each way of asking an agent: into a thread of the owner, with a file of the owner. */
const execution = (path: string, body: object, rows: 'thread' | 'file'): OwnedRow => ({
  case: `with a ${rows} of the owner`,
  make: (stage) => ({ ...talkOf(stage) }),
  names: [rows],
  ask: (thing) =>
    post(path, {
      ...body,
      message: `again ${thing.marker}`,
      context: rows === 'thread' ? { thread_id: thing['thread'] } : { file_ids: [thing['file']] },
    }),
})

export const agentRows = (path: string, body: object = {}): Row[] => [
  execution(path, body, 'thread'),
  execution(path, body, 'file'),
]

const ONE_CATALOGUE = 'the same list for everybody who is signed in; it holds nothing of anybody'

const stopping = (path: string, by: 'run' | 'thread'): OwnedRow => ({
  case: `by its ${by}`,
  make: lastingRun,
  names: [by],
  once: true,
  ask: (thing) => post(path, { [`${by}_id`]: thing[by] }),
  shownBy: oneThread,
})

const command = (
  name: string,
  message: (thing: Thing) => object,
  row: Omit<OwnedRow, 'ask'>,
): OwnedRow => ({
  case: name,
  ask: (thing) => post('/api/commands', { id: `ask-${thing.marker}`, ...message(thing) }),
  ...row,
})

/** The owner's epoch, at the stream's beginning. */
const begin = (thing: Thing): string => (thing['position'] ?? '').replace(/:\d+$/, ':0')

const text = (thing: Thing) => [{ type: 'text', text: `more ${thing.marker}` }]
const fresh = (thing: Thing): string => `${thing.marker}-${crypto.randomUUID()}`

export const CHAT_ROWS: Record<string, Row | Row[]> = {
  'GET /api/threads': [
    { make: talkOf, ask: () => get('/api/threads'), everybodysOwn: 'their own threads' },
    {
      case: 'searched by the marker',
      make: talkOf,
      ask: ({ marker }) => get(`/api/threads?q=${marker}`),
      everybodysOwn: 'their own threads',
    },
  ],
  'POST /api/threads': {
    make: () => ({ marker: crypto.randomUUID() }),
    ask: ({ marker }) => post('/api/threads', { title: marker }),
    everybodysOwn: 'a thread of their own',
  },
  'GET /api/threads/:id': thread({ ask: oneThread }),
  'PUT /api/threads/:id': thread({
    ask: (thing) => put(`/api/threads/${thing['thread']}`, { archived: false }),
    shownBy: oneThread,
  }),
  'DELETE /api/threads/:id': thread({
    make: newThread,
    once: true,
    ask: (thing) => remove(`/api/threads/${thing['thread']}`),
    shownBy: oneThread,
  }),
  'POST /api/threads/:id/auto-rename': thread({
    ask: (thing) => post(`/api/threads/${thing['thread']}/auto-rename`),
  }),
  'GET /api/threads/:id/export': [
    thread({ ask: (thing) => get(`/api/threads/${thing['thread']}/export`) }),
    thread({
      case: 'as JSON',
      ask: (thing) => get(`/api/threads/${thing['thread']}/export?format=json`),
    }),
  ],
  'GET /api/runs/:id/timeline': thread({
    ask: (thing) => get(`/api/runs/${thing['run']}/timeline`),
    make: (stage) => ({ ...stage.talk, marker: stage.talk.run }),
    names: ['run'],
  }),
  'POST /api/runs/:id/seen': thread({
    ask: (thing) =>
      post(`/api/runs/${thing['run']}/seen`, {
        click_to_ok_ms: 1,
        click_to_first_event_ms: 2,
        click_to_first_text_ms: 3,
        click_to_end_ms: 4,
      }),
    names: ['run'],
    shownBy: (thing) => get(`/api/threads/${thing['thread']}`),
  }),
  'GET /api/memory': {
    make: newNote,
    ask: () => get('/api/memory'),
    everybodysOwn: 'what is remembered of them',
  },
  'PUT /api/memory': {
    make: newNote,
    ask: () => put('/api/memory', { is_on: true }),
    everybodysOwn: 'what is remembered of them',
  },
  'DELETE /api/memory': {
    make: newNote,
    once: true,
    ask: () => remove('/api/memory'),
    shownBy: () => get('/api/memory'),
    everybodysOwn: 'what is remembered of them',
  },
  'POST /api/memory/notes': {
    make: () => ({ marker: crypto.randomUUID() }),
    ask: ({ marker }) => post('/api/memory/notes', { kind: 'fact', text: marker }),
    everybodysOwn: 'a note of their own',
  },
  'PATCH /api/memory/notes/:id': {
    make: newNote,
    names: ['note'],
    ask: (thing) => patch(`/api/memory/notes/${thing['note']}`, { kind: 'fact' }),
  },
  'DELETE /api/memory/notes/:id': {
    make: newNote,
    names: ['note'],
    once: true,
    ask: (thing) => remove(`/api/memory/notes/${thing['note']}`),
    shownBy: () => get('/api/memory'),
  },
  'GET /api/threads/:id/delivery': thread({
    ask: (thing) => get(`/api/threads/${thing['thread']}/delivery`),
    make: (stage) => ({ ...stage.talk, marker: stage.talk.thread }),
  }),
  'GET /api/threads/:id/messages': [
    thread({ ask: (thing) => get(`/api/threads/${thing['thread']}/messages`) }),
    thread({
      case: "with the owner's message as the cursor",
      ask: (thing) => get(`/api/threads/${thing['thread']}/messages?before=ffffffff`),
      tries: (thing, { eveTalk }) => [
        get(`/api/threads/${eveTalk.thread}/messages?before=${thing['message']}`),
        get(`/api/chat/messages?thread_id=${eveTalk.thread}&before=${thing['message']}`),
      ],
    }),
  ],
  'POST /api/threads/:id/messages': thread({
    ask: (thing) =>
      post(`/api/threads/${thing['thread']}/messages`, { content: `more ${thing.marker}` }),
    shownBy: (thing) => get(`/api/threads/${thing['thread']}/messages`),
  }),
  'GET /api/chat/messages': thread({
    ask: (thing) => get(`/api/chat/messages?thread_id=${thing['thread']}`),
  }),
  'POST /api/chat/messages': thread({
    ask: (thing) =>
      post('/api/chat/messages', { content: `m ${thing.marker}`, thread_id: thing['thread'] }),
    shownBy: oneThread,
  }),
  'POST /api/chat/stream': [
    thread({
      ask: (thing) =>
        post('/api/chat/stream', { content: `s ${thing.marker}`, thread_id: thing['thread'] }),
    }),
    {
      case: 'with a file of the owner',
      make: talkOf,
      names: ['file'],
      ask: (thing) =>
        post('/api/chat/stream', {
          content: thing.marker,
          attachments: [{ file_id: thing['file'] }],
        }),
    },
  ],
  'GET /api/events': [
    thread({
      case: 'streamed',
      ask: (thing) => get(`/api/events?stream=thread:${thing['thread']}`),
    }),
    thread({
      case: 'polled',
      ask: (thing) => polled(`/api/events?stream=thread:${thing['thread']}`),
    }),
    thread({
      case: "from the owner's position",
      ask: (thing) =>
        get(
          `/api/events?stream=thread:${thing['thread']}&position=${encodeURIComponent(begin(thing))}`,
        ),
    }),
    {
      case: "the user's own stream",
      names: ['user'],
      make: (stage) => ({ ...stage.talk, user: stage.ada.userId }),
      ask: (thing) => polled(`/api/events?stream=user:${thing['user']}`),
    },
  ],
  'POST /api/commands': [
    command(
      'send_message',
      (thing) => ({
        type: 'send_message',
        client_message_id: fresh(thing),
        thread_id: thing['thread'],
        content: text(thing),
      }),
      { make: talkOf, names: ['thread'] },
    ),
    command(
      'send_message with a file',
      (thing) => ({
        type: 'send_message',
        client_message_id: fresh(thing),
        thread_id: null,
        content: text(thing),
        attachments: [{ file_id: thing['file'] }],
      }),
      { make: talkOf, names: ['file'] },
    ),
    command(
      'regenerate',
      (thing) => ({
        type: 'regenerate',
        client_message_id: fresh(thing),
        thread_id: thing['thread'],
        message_id: thing['message'],
      }),
      {
        make: talkOf,
        names: ['thread', 'message'],
        tries: (thing, { eveTalk }) => [
          post('/api/commands', {
            type: 'regenerate',
            id: 'try',
            client_message_id: fresh(thing),
            thread_id: eveTalk.thread,
            message_id: thing['message'],
          }),
        ],
      },
    ),
    command('cancel_run', (thing) => ({ type: 'cancel_run', run_id: thing['run'] }), {
      make: lastingRun,
      names: ['run'],
      once: true,
    }),
    command(
      'decide',
      (thing) => ({
        type: 'decide',
        run_id: thing['run'],
        tool_call_id: thing['call'],
        approved: true,
        fence: 1,
      }),
      { make: waitingApproval, names: ['run', 'call'], once: true },
    ),
  ],
  'GET /api/agents': { open: ONE_CATALOGUE },
  'GET /api/models': { open: ONE_CATALOGUE },
  'POST /api/agents/execute': agentRows('/api/agents/execute', { type: 'assistant' }),
  'POST /api/agents/data': agentRows('/api/agents/data'),
  'GET /api/agents/:agent/circuit_breaker/status': { open: ONE_CATALOGUE },
  'POST /api/agents/supervisor': agentRows('/api/agents/supervisor'),
  'POST /api/agents/triage': agentRows('/api/agents/triage'),
  'POST /api/agents/optimization': agentRows('/api/agents/optimization'),
  'POST /api/agents/actions': agentRows('/api/agents/actions'),
  'POST /api/agents/reporting': agentRows('/api/agents/reporting'),
  'POST /api/agents/data_helper': agentRows('/api/agents/data_helper'),
  'GET /api/reports/:file_id': [
    {
      case: 'as Markdown',
      make: newReport,
      names: ['report'],
      ask: (thing) => get(`/api/reports/${thing['report']}`),
    },
    {
      case: 'as JSON',
      make: newReport,
      names: ['report'],
      ask: (thing) => polled(`/api/reports/${thing['report']}`),
    },
  ],
  'GET /api/plans': {
    make: adoptedPlan,
    ask: () => get('/api/plans'),
    everybodysOwn: 'their own plans',
  },
  'POST /api/agents/start': thread({
    ask: (thing) =>
      post('/api/agents/start', { message: `s ${thing.marker}`, thread_id: thing['thread'] }),
    shownBy: oneThread,
  }),
  'POST /api/agents/stream': [
    thread({
      ask: (thing) =>
        post('/api/agents/stream', { message: `s ${thing.marker}`, thread_id: thing['thread'] }),
    }),
    {
      case: 'with a file of the owner',
      make: talkOf,
      names: ['file'],
      ask: (thing) =>
        post('/api/agents/stream', {
          message: thing.marker,
          context: { file_ids: [thing['file']] },
        }),
    },
  ],
  'POST /api/agents/cancel': stopping('/api/agents/cancel', 'run'),
  'POST /api/agents/stop': [
    stopping('/api/agents/stop', 'run'),
    stopping('/api/agents/stop', 'thread'),
  ],
  'GET /api/agents/status': [
    {
      make: (stage) => ({ ...talkOf(stage), marker: stage.talk.run }),
      ask: () => get('/api/agents/status?limit=200'),
      everybodysOwn: 'their own runs',
    },
    {
      case: 'of a run',
      make: (stage) => ({ ...talkOf(stage), marker: stage.talk.run }),
      names: ['run'],
      ask: (thing) => get(`/api/agents/status?run_id=${thing['run']}`),
    },
    {
      case: 'of a thread',
      make: (stage) => ({ ...talkOf(stage), marker: stage.talk.run }),
      names: ['thread'],
      ask: (thing) => get(`/api/agents/status?limit=200&thread_id=${thing['thread']}`),
      everybodysOwn: 'none of their runs is in a thread of another',
    },
  ],
  'POST /api/files': {
    make: () => ({ marker: crypto.randomUUID() }),
    ask: ({ marker }) => form(marker),
    everybodysOwn: 'a file of their own',
  },
  'POST /api/files/sample': {
    make: () => ({ marker: '"origin":"sample"' }),
    ask: () => post('/api/files/sample'),
    everybodysOwn: 'a sample of their own',
  },
  'GET /api/files': {
    make: talkOf,
    ask: () => get('/api/files'),
    everybodysOwn: 'their own files',
  },
  'GET /api/files/:id/content': {
    make: talkOf,
    names: ['file'],
    ask: (thing) => get(`/api/files/${thing['file']}/content`),
  },
  'DELETE /api/files/:id': {
    make: newFile,
    names: ['file'],
    once: true,
    ask: (thing) => remove(`/api/files/${thing['file']}`),
    shownBy: (thing) => get(`/api/files/${thing['file']}/content`),
  },
}
