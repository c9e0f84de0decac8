import type { Story } from './fixture-live.ts'

const start = Date.parse('2026-11-21T09:00:00Z')
let clock = 0
let count = 0

const common = (type: string, more: Record<string, unknown>) => {
  clock += 250
  count += 1
  return {
    id: `e${count}`,
    type,
    at: new Date(start + clock).toISOString(),
    user_id: 'u1',
    thread_id: 't1',
    run_id: null,
    agent: null,
    trace_id: null,
    ...more,
  }
}

const FILE = { file_id: 'f1', name: 'conv.csv', media_type: 'text/csv', bytes: 832_411 }

const asked = (id: string, text: string, parent: string | null, files: unknown[] = []) =>
  common('message_added', {
    message_id: id,
    parent_message_id: parent,
    role: 'user',
    content: [{ type: 'text', text }],
    attachments: files,
  })

const run = (id: string, question: string, model = 'netra/builtin') => [
  common('run_accepted', {
    run_id: id,
    agent: 'data',
    client_message_id: `c-${id}`,
    model,
    parent_message_id: question,
  }),
  common('agent_started', { run_id: id, agent: 'data', attempt: 1 }),
]

const thought = (runId: string, text: string) =>
  common('agent_thinking', { run_id: runId, agent: 'data', thought: text, step: 1 })

const tool = (runId: string, id: string, name: string, args: Record<string, unknown>) =>
  common('tool_executing', {
    run_id: runId,
    agent: 'data',
    tool_call_id: id,
    tool_name: name,
    arguments: args,
  })

const toolEnd = (call: [run: string, id: string, name: string], result: unknown, status = 'ok') =>
  common('tool_completed', {
    run_id: call[0],
    agent: 'data',
    tool_call_id: call[1],
    tool_name: call[2],
    status,
    result,
    duration_ms: 84,
  })

const deltas = (runId: string, messageId: string, text: string, size = 12) => {
  const list = []
  for (let offset = 0; offset < text.length; offset += size) {
    list.push({
      type: 'message_delta',
      run_id: runId,
      message_id: messageId,
      part: 0,
      offset,
      text: text.slice(offset, offset + size),
    })
  }
  return list
}

const spoken = (runId: string, messageId: string, text: string) =>
  common('message_completed', {
    run_id: runId,
    agent: 'data',
    message_id: messageId,
    content: [{ type: 'text', text }],
    usage: { input_tokens: 0, output_tokens: 0 },
  })

const done = (runId: string, messageId: string, text: string, more = {}) =>
  common('agent_completed', {
    run_id: runId,
    agent: 'data',
    message_id: messageId,
    final_response: text,
    usage: { input_tokens: 0, output_tokens: 0 },
    cost: { usd: 0 },
    duration_ms: 1240,
    steps: 3,
    ...more,
  })

const PROFILE = {
  file_id: 'f1',
  name: 'conv.csv',
  table: 'data',
  rows: 19_366,
  columns: [
    {
      name: 'TIMESTAMP',
      kind: 'time',
      sql_type: 'TIMESTAMP',
      nulls: 0,
      distinct: 19_366,
      min: '2023-11-16 18:15:46.680590',
      max: '2023-11-16 19:14:20.470812',
      mean: null,
    },
    {
      name: 'ContextTokens',
      kind: 'integer',
      sql_type: 'BIGINT',
      nulls: 0,
      distinct: 3805,
      min: 2,
      max: 14_050,
      mean: 1154.697,
    },
    {
      name: 'GeneratedTokens',
      kind: 'integer',
      sql_type: 'BIGINT',
      nulls: 0,
      distinct: 853,
      min: 7,
      max: 1000,
      mean: 211.1325,
    },
  ],
  rejected: { count: 0, reasons: [] },
  roles: { time: 'TIMESTAMP', input_tokens: 'ContextTokens', output_tokens: 'GeneratedTokens' },
}

const TOTALS = {
  columns: [
    { name: 'requests', kind: 'integer' },
    { name: 'input_tokens', kind: 'integer' },
    { name: 'output_tokens', kind: 'integer' },
  ],
  rows: [[19_366, 22_361_870, 4_088_792]],
  row_count: 1,
  truncated: false,
}

const minutes = Array.from({ length: 59 }, (_, index) => {
  const minute = 15 + index
  const time = `2023-11-16 ${18 + Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:00`
  return [time, Math.round(330 + 70 * Math.sin(index / 6) + 25 * Math.sin(index * 2.3))]
})

const CHART = {
  columns: [
    { name: 'minute', kind: 'time' },
    { name: 'requests', kind: 'integer' },
  ],
  rows: minutes,
  row_count: minutes.length,
  truncated: false,
  chart: {
    kind: 'line',
    title: 'Requests per minute',
    x: { column: 'minute', kind: 'time' },
    y: [{ column: 'requests' }],
  },
}

const BARS = {
  columns: [
    { name: 'model', kind: 'text' },
    { name: 'input_tokens', kind: 'integer' },
    { name: 'output_tokens', kind: 'integer' },
  ],
  rows: [
    ['gpt-4o', 8_120_300, 1_420_110],
    ['gpt-4o-mini', 6_512_240, 1_611_032],
    ['claude-sonnet-5', 4_210_880, 720_410],
    ['gemini-3.6-flash', 2_800_410, 200_112],
    ['llama-3.3-70b-instruct', 718_040, 137_128],
  ],
  row_count: 5,
  truncated: false,
  chart: {
    kind: 'bar',
    title: 'Tokens by model',
    x: { column: 'model', kind: 'text' },
    y: [{ column: 'input_tokens' }, { column: 'output_tokens' }],
  },
}

const PRICE = {
  rows: 19_366,
  input_column: 'ContextTokens',
  output_column: 'GeneratedTokens',
  input_tokens: 22_361_870,
  output_tokens: 4_088_792,
  models: [
    {
      asked: 'gpt-4o',
      provider: 'openai',
      model: 'gpt-4o',
      input_usd: 55.904675,
      output_usd: 40.88792,
      total_usd: 96.79,
      total_text: '$96.79',
    },
    {
      asked: 'gpt-4o-mini',
      provider: 'openai',
      model: 'gpt-4o-mini',
      input_usd: 3.354,
      output_usd: 2.453,
      total_usd: 5.81,
      total_text: '$5.81',
    },
  ],
  unknown: [{ model: 'gpt-9', nearest: ['gpt-5', 'gpt-4o'] }],
  catalogue: { package: '@pydantic/genai-prices', version: '0.0.71', priced_at: '2026-11-21' },
}

const SQL =
  'SELECT count(*) AS requests, sum("ContextTokens") AS input_tokens, sum("GeneratedTokens") AS output_tokens FROM data'
const ANSWER1 =
  'There are **19,366** requests, with **22,361,870** input and **4,088,792** output tokens in total.\n\nInput tokens are `ContextTokens`, output tokens are `GeneratedTokens`.'

const first = [
  asked('m1', 'How many requests, and how many input and output tokens in total?', null, [FILE]),
  ...run('r1', 'm1'),
  thought('r1', 'Looking at the columns of conv.csv to see which hold the tokens.'),
  tool('r1', 'c1', 'profile_table', { file_id: 'f1' }),
  toolEnd(['r1', 'c1', 'profile_table'], PROFILE),
  thought('r1', 'Counting rows and adding up ContextTokens and GeneratedTokens.'),
  tool('r1', 'c2', 'query_table', { file_id: 'f1', sql: SQL }),
]
const firstEnd = [
  toolEnd(['r1', 'c2', 'query_table'], TOTALS),
  ...deltas('r1', 'a1', ANSWER1),
  spoken('r1', 'a1', ANSWER1),
  done('r1', 'a1', ANSWER1),
]

const ANSWER2 =
  'Requests per minute range from **236** to **424**; the busiest minute begins at **18:24**.'
const second = [
  asked('m2', 'Requests per minute as a chart', 'a1'),
  ...run('r2', 'm2'),
  thought('r2', 'Grouping the requests by minute.'),
  tool('r2', 'c3', 'chart_table', {
    file_id: 'f1',
    sql: `SELECT date_trunc('minute', "TIMESTAMP") AS minute, count(*) AS requests FROM data GROUP BY 1 ORDER BY 1`,
    kind: 'line',
    title: 'Requests per minute',
    x: 'minute',
    y: ['requests'],
  }),
  toolEnd(['r2', 'c3', 'chart_table'], CHART),
  ...deltas('r2', 'a2', ANSWER2),
  spoken('r2', 'a2', ANSWER2),
  done('r2', 'a2', ANSWER2),
]

const ANSWER3 = `On **gpt-4o** this workload costs **$96.79**, on **gpt-4o-mini** **$5.81**.

| model | input | output | total |
|:--|--:|--:|--:|
| gpt-4o | $55.90 | $40.89 | $96.79 |
| gpt-4o-mini | $3.35 | $2.45 | $5.81 |

Priced per row with the catalogue's prices of OpenAI.`
const third = [
  asked('m3', 'What would this workload cost on gpt-4o, and on gpt-4o-mini?', 'a2'),
  ...run('r3', 'm3', 'openai/gpt-5.4-mini'),
  ...deltas('r3', 'a3x', 'I will price every row of the table against both models.'),
  spoken('r3', 'a3x', 'I will price every row of the table against both models.'),
  tool('r3', 'c4', 'price_workload', { file_id: 'f1', models: ['gpt-4o', 'gpt-4o-mini'] }),
  toolEnd(['r3', 'c4', 'price_workload'], PRICE),
  tool('r3', 'c5', 'chart_table', {
    file_id: 'f1',
    sql: 'SELECT 1',
    kind: 'bar',
    title: 'Tokens by model',
    x: 'model',
    y: ['input_tokens', 'output_tokens'],
  }),
  toolEnd(['r3', 'c5', 'chart_table'], BARS),
  ...deltas('r3', 'a3', ANSWER3),
  spoken('r3', 'a3', ANSWER3),
  done('r3', 'a3', ANSWER3, {
    usage: { input_tokens: 2841, output_tokens: 213 },
    cost: { usd: 0.00118 },
    duration_ms: 4210,
    steps: 4,
  }),
]

const LONG = `# How a workload is read

Netra reads a CSV **once**, keeps it in a child process, and answers from it. See [the docs](https://docs.example.org/tables?x=1) or https://duckdb.org.

## Steps

1. Profile the columns
   - kinds, empty cells, distinct values
   - *roles*: which column holds what
2. Query with read-only SQL
3. Say what came out

> Every number stands on a tool call that you can open.

\`\`\`sql
SELECT model, quantile_cont(latency_ms, 0.95) AS p95, count(*) AS requests FROM data WHERE model IS NOT NULL GROUP BY model ORDER BY p95 DESC LIMIT 10;
\`\`\`

### A table

| model | requests | p95 latency | a long remark that needs room |
|---|--:|--:|---|
| gpt-4o | 8,120 | 1,240 ms | the slowest of the lot in the evening hours, when everything queues |
| gpt-4o-mini | 6,512 | 410 ms | fine |

![A remote picture](https://tracker.example.com/pixel.png)

Raw <b onclick="alert(1)">HTML</b> and <script>alert(1)</script> List<String> stays text. [bad](javascript:alert(1)) [own](/settings/models)

averyveryverylongwordwithoutanyspacesthatmustnotbreakthelayoutofthepageonaphonebecauseitisjusttoolong

- [x] done
- [ ] open

---

Final line with \`inline code\` and ~~struck~~ text.`

const MANY = Array.from(
  { length: 60 },
  (_, index) =>
    `Paragraph ${index + 1}. ${'The requests rise towards the evening and fall again at night. '.repeat(3)}`,
).join('\n\n')
const TEN_THOUSAND = Array.from({ length: 180 }, (_, index) =>
  index % 12 === 5
    ? `| a | b |\n|--:|--:|\n| ${index} | ${index * 3} |`
    : index % 9 === 4
      ? `\`\`\`python\nfor row in table[${index}]:\n    print(row)\n\`\`\``
      : `## Part ${index}\n\n${'Each token arrives on its own and the page must not stutter while it does. '.repeat(3)}`,
).join('\n\n')

const THREADS = [
  {
    id: 't1',
    title: 'How many requests, and how many input and output tokens in total?',
    age_h: 0.1,
  },
  { id: 't2', title: 'Cost on gpt-4o', age_h: 3 },
  { id: 't3', title: 'p95 latency by model', age_h: 26 },
  { id: 't4', title: 'Prompt cache hit rate', age_h: 60 },
  { id: 't5', title: 'Weekly report for the platform team, with charts', age_h: 100 },
  { id: 't6', title: 'Compare October and November', age_h: 400 },
]

const failedRun = [
  asked('m4', 'And how does that compare to last week?', 'a1'),
  ...run('r4', 'm4', 'openai/gpt-5.4-mini'),
  thought('r4', 'Calling query_table on conv.csv to count rows by day.'),
  tool('r4', 'c6', 'query_table', {
    file_id: 'f1',
    sql: 'SELECT day, count(*) FROM data GROUP BY day',
  }),
  toolEnd(
    ['r4', 'c6', 'query_table'],
    {
      error: 'There is no column "day". The columns are TIMESTAMP, ContextTokens, GeneratedTokens.',
    },
    'error',
  ),
  common('agent_failed', {
    run_id: 'r4',
    agent: 'data',
    code: 'model_rate_limited',
    message:
      'OpenAI answered 429: too many requests for this key. Wait 20 s and try again, or choose another model.',
    retry: 'after',
  }),
]

const approvalStory = (): Record<string, unknown>[] => [
  asked('qa', 'Send the monthly report to the finance team.', null),
  ...run('ra', 'qa'),
  thought('ra', 'Sending the report by mail.'),
  tool('ra', 'ca', 'send_mail', {
    to: ['finance@example.org'],
    subject: 'Model spend in October',
    body: '19,366 requests cost $102.60, of which $96.79 were input tokens.',
  }),
  common('run_attempt', {
    run_id: 'ra',
    agent: 'data',
    attempt: 2,
    fence: 2,
    why: 'This run was interrupted: the server stopped, or could not store anything.',
    superseded: [],
    interrupted: ['ca'],
  }),
  common('approval_requested', {
    run_id: 'ra',
    agent: 'data',
    tool_call_id: 'ca',
    tool_name: 'send_mail',
    arguments: {
      to: ['finance@example.org'],
      subject: 'Model spend in October',
      body: '19,366 requests cost $102.60, of which $96.79 were input tokens.',
    },
    fence: 2,
    expires_at: '2026-11-28T09:00:00.000Z',
  }),
]

const requested = (id: string, name: string, more: Record<string, unknown>) =>
  common('approval_requested', {
    run_id: 'rq',
    agent: 'data',
    tool_call_id: id,
    tool_name: name,
    arguments: {},
    fence: 1,
    interrupted: false,
    expires_at: '2026-11-28T09:00:00.000Z',
    ...more,
  })

const LONG_NOTE = Array.from({ length: 40 }, (_, line) => `line ${line + 1}: keep gpt-4o`).join(
  '\n',
)

const writing = requested('cw', 'finance_desk__set_model_limits', {
  server: 'Finance desk',
  arguments: {
    project: 'search',
    limits: { 'gpt-4o': { usd_per_day: 40 }, 'gpt-4o-mini': { usd_per_day: 200 } },
    note: LONG_NOTE,
    payee: 'finance\u202egro.live@\u202cexample.org',
  },
  change: {
    summary: 'Two limits of the project “search” become lower from tomorrow on.',
    before: { 'gpt-4o': { usd_per_day: 120 }, 'gpt-4o-mini': { usd_per_day: 200 } },
    after: { 'gpt-4o': { usd_per_day: 40 }, 'gpt-4o-mini': { usd_per_day: 200 } },
  },
})

const filling = requested('cf', 'travel__book', {
  server: 'Travel',
  arguments: { from: 'Berlin', to: 'Rome' },
  question: {
    mode: 'form',
    message: 'The MCP server "Travel" asks: Who travels, and how?',
    schema: {
      type: 'object',
      properties: {
        name: { type: 'string', title: 'Name', description: 'As in the passport.', minLength: 2 },
        mail: { type: 'string', format: 'email', title: 'E-mail for the ticket' },
        day: { type: 'string', format: 'date', title: 'Day' },
        seats: { type: 'integer', title: 'Seats', minimum: 1, maximum: 9, default: 1 },
        class: {
          type: 'string',
          oneOf: [
            { const: '1', title: 'First' },
            { const: '2', title: 'Second' },
          ],
        },
        extras: { type: 'array', title: 'Extras', items: { enum: ['Window', 'Quiet', 'Bicycle'] } },
        insured: { type: 'boolean', title: 'With insurance', default: true },
      },
      required: ['name', 'mail', 'day', 'class'],
    },
  },
})

const going = requested('cu', 'pay__invoice', {
  server: 'Pay',
  arguments: { invoice: '2026-118' },
  question: {
    mode: 'url',
    message: 'The MCP server "Pay" asks: Sign in at your bank to release the payment.',
    url: `https://pay.example.com/release/2026-118?session=${'a1b2c3d4'.repeat(12)}`,
  },
})

const askingStory = (...events: Record<string, unknown>[]): Record<string, unknown>[] => [
  asked('qq', 'Lower the limits of the search project, please.', null),
  ...run('rq', 'qq'),
  thought('rq', 'Two limits are above what was used in October.'),
  ...events,
]

export const STORIES: Record<string, Story> = {
  writing: { events: askingStory(writing), threads: THREADS },
  filling: { events: askingStory(filling), threads: THREADS },
  going: { events: askingStory(going), threads: THREADS },
  waiting: { path: '/waiting', threads: THREADS, waiting: true },
  nothing: { path: '/waiting', threads: THREADS },
  approval: { events: approvalStory() },
  empty: { path: '/', threads: THREADS },
  first: { path: '/', threads: [] },
  running: { events: first, threads: THREADS },
  finished: { events: [...first, ...firstEnd, ...second], threads: THREADS },
  priced: {
    events: [...first, ...firstEnd, ...second, ...third],
    threads: THREADS,
    connected: true,
  },
  error: { events: [...first, ...firstEnd, ...failedRun], threads: THREADS, connected: true },
  cancelled: {
    events: [
      ...first,
      ...firstEnd,
      asked('m5', 'Tell me a long story', 'a1'),
      ...run('r5', 'm5'),
      ...deltas('r5', 'a5', 'Once upon a time there was a table with nineteen thousand rows, and'),
      common('run_cancelled', { run_id: 'r5', agent: 'data', by: 'u1' }),
    ],
    threads: THREADS,
  },
  long: {
    events: [
      asked(
        'm1',
        `Explain how you read a table. ${'I would like all of it, in detail. '.repeat(6)}`,
        null,
      ),
      ...run('r1', 'm1', 'openai/gpt-5.4-mini'),
      thought('r1', 'Writing an overview.'),
      spoken('r1', 'a1', LONG),
      done('r1', 'a1', LONG, {
        usage: { input_tokens: 412, output_tokens: 640 },
        cost: { usd: 0.0031 },
      }),
    ],
    threads: THREADS,
    connected: true,
  },
  pages: {
    events: [
      asked('m1', 'A long one', null),
      ...run('r1', 'm1'),
      spoken('r1', 'a1', MANY),
      done('r1', 'a1', MANY),
    ],
    threads: THREADS,
  },
  stream: {
    events: [
      asked('m1', 'Ten thousand tokens', null),
      ...run('r1', 'm1'),
      thought('r1', 'Writing.'),
      ...deltas('r1', 'a1', TEN_THOUSAND, 24),
      spoken('r1', 'a1', TEN_THOUSAND),
      done('r1', 'a1', TEN_THOUSAND),
    ],
    pace: 4,
    threads: THREADS,
  },
  replay: {
    events: [...first, ...firstEnd, ...second, ...third],
    pace: 120,
    threads: THREADS,
    connected: true,
  },
  branches: {
    events: [
      ...first,
      ...firstEnd,
      ...run('r1b', 'm1'),
      spoken('r1b', 'a1b', 'Another answer.'),
      done('r1b', 'a1b', 'Another answer.'),
      asked('m6', 'Edited question?', null),
      ...run('r6', 'm6'),
      spoken('r6', 'a6', 'An answer to the edited question.'),
      done('r6', 'a6', 'An answer to the edited question.'),
    ],
    threads: THREADS,
  },
  offline: {
    events: [...first, ...firstEnd],
    threads: THREADS,
    connection: { kind: 'waiting', retryAt: Date.now() + 24_000 },
    outgoing: [
      {
        clientMessageId: 'x',
        threadId: 't1',
        text: 'And per hour?',
        attachments: [],
        status: 'waiting',
      },
    ],
  },
  signedOut: {
    events: [...first, ...firstEnd],
    threads: THREADS,
    connection: { kind: 'signed_out', why: 'ended' },
  },
  models: { path: '/settings/models', threads: THREADS, connected: true },
  member: { path: '/settings/models', threads: THREADS, role: 'user', connected: true },
  invitations: { path: '/settings/invitations', threads: THREADS },
  account: { path: '/settings/account', threads: THREADS },
  security: { path: '/settings/security', threads: THREADS },
  apiKeys: { path: '/settings/api-keys', threads: THREADS },
  users: { path: '/settings/users', threads: THREADS },
  registration: { path: '/settings/registration', threads: THREADS },
  retention: { path: '/settings/retention', threads: THREADS },
  auditLog: { path: '/settings/audit-log', threads: THREADS },
  forgotPassword: { path: '/forgot-password' },
  signIn: { path: '/sign-in' },
  setup: { path: '/setup' },
  missing: { path: '/nowhere' },
}
