import { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Tables } from '../journal.ts'
import { BESIDE } from '../migrations/beside.ts'
import { rowMigrations } from '../migrations/migrations.ts'
import { migrate } from './migrate.ts'

let database: DatabaseSync

beforeEach(() => {
  database = new DatabaseSync(':memory:')
})
afterEach(() => database.close())

const planOf = (sql: string): string =>
  database
    .prepare(`explain query plan ${sql}`)
    .all()
    .map((row) => String(row['detail']))
    .join('; ')

test.each([
  [
    'threads of a user, newest first',
    "select * from thread where user_id = 'u' order by updated_at desc limit 20",
  ],
  ['messages of a thread, in order', "select * from message where thread_id = 't' order by id"],
  [
    'the newest message of a thread',
    "select * from message where thread_id = 't' order by id desc limit 1",
  ],
  ['runs by state', "select * from run where state in ('queued', 'running')"],
  ['runs of a thread', "select * from run where thread_id = 't' order by created_at"],
  ['a first answer', "select * from idempotency where user_id = 'u' and client_message_id = 'm'"],
  ['old idempotency records', "delete from idempotency where created_at < '2026'"],
  ['files of a user', "select * from file where user_id = 'u' order by created_at"],
  [
    'search in the titles and texts of one user',
    `select thread.id from thread left join message
       on message.thread_id = thread.id and message.user_id = thread.user_id
     where thread.user_id = 'u' and (thread.title like '%x%' or message.search_text like '%x%')`,
  ],
])('%s: an index answers', (_, sql) => {
  migrate(database, 'rows', rowMigrations)
  const plan = planOf(sql)
  expect(plan).toMatch(/USING .*INDEX/)
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/)
})

test('a step is made once, and a new one is added to what is there', () => {
  const first = { name: 'first', statements: ['create table a (x)', 'insert into a values (1)'] }
  const second = { name: 'second', statements: ['alter table a add column y'] }
  migrate(database, 'part', [first])
  migrate(database, 'part', [first])
  migrate(database, 'part', [first, second])
  expect(database.prepare('select * from a').all()).toEqual([{ x: 1, y: null }])
})

test('a step that fails leaves nothing of itself', () => {
  const wrong = { name: 'wrong', statements: ['create table a (x)', 'create table a (x)'] }
  expect(() => migrate(database, 'part', [wrong])).toThrow(/already exists/)
  expect(planOf('select 1')).toContain('CONSTANT')
  expect(() => database.prepare('select * from a')).toThrow(/no such table/)
})

test('two parts have versions of their own', () => {
  migrate(database, 'one', [{ name: '1', statements: ['create table one (x)'] }])
  migrate(database, 'two', [{ name: '1', statements: ['create table two (x)'] }])
  expect(database.prepare('select part, version from schema_version order by part').all()).toEqual([
    { part: 'one', version: 1 },
    { part: 'two', version: 1 },
  ])
})

test('a version from the future is refused', () => {
  migrate(database, 'part', [
    { name: '1', statements: [] },
    { name: '2', statements: [] },
  ])
  expect(() => migrate(database, 'part', [{ name: '1', statements: [] }])).toThrow(/newer Netra/)
})

/** Complete by type: a column of `Tables` that is missing here does not compile. */
const COLUMNS: { [Table in keyof Tables]: Record<keyof Tables[Table], 'nullable' | 'filled'> } = {
  thread: {
    id: 'filled',
    user_id: 'filled',
    title: 'filled',
    titled: 'filled',
    archived: 'filled',
    message_count: 'filled',
    metadata: 'filled',
    created_at: 'filled',
    updated_at: 'filled',
  },
  message: {
    id: 'filled',
    thread_id: 'filled',
    user_id: 'filled',
    run_id: 'nullable',
    parent_id: 'nullable',
    role: 'filled',
    text: 'filled',
    search_text: 'filled',
    attachments: 'filled',
    tools: 'filled',
    created_at: 'filled',
  },
  run: {
    id: 'filled',
    thread_id: 'filled',
    user_id: 'filled',
    state: 'filled',
    agent: 'nullable',
    model: 'nullable',
    client_message_id: 'nullable',
    parent_message_id: 'filled',
    trace_id: 'filled',
    fence: 'filled',
    attempt: 'filled',
    lease_until: 'nullable',
    cancel_requested: 'filled',
    waiting_for: 'nullable',
    compacted: 'filled',
    tries: 'filled',
    created_at: 'filled',
    updated_at: 'filled',
  },
  idempotency: {
    user_id: 'filled',
    client_message_id: 'filled',
    payload_hash: 'filled',
    answer: 'filled',
    created_at: 'filled',
  },
  file: {
    id: 'filled',
    user_id: 'filled',
    name: 'filled',
    media_type: 'filled',
    bytes: 'filled',
    sha256: 'filled',
    origin: 'filled',
    created_at: 'filled',
  },
  setting: { key: 'filled', value: 'filled', updated_at: 'filled' },
  snapshot: {
    stream: 'filled',
    epoch: 'filled',
    seq: 'filled',
    state: 'filled',
    hash: 'filled',
    made_at: 'filled',
  },
  run_timeline: { run_id: 'filled', thread_id: 'filled', user_id: 'filled', timeline: 'filled' },
  run_seen: {
    run_id: 'filled',
    device: 'filled',
    thread_id: 'filled',
    seen: 'filled',
    at: 'filled',
  },
  approval_asked: {
    run_id: 'filled',
    tool_call_id: 'filled',
    fence: 'filled',
    thread_id: 'filled',
    user_id: 'filled',
    agent: 'nullable',
    server: 'nullable',
    question: 'nullable',
    change: 'nullable',
    interrupted: 'filled',
    state: 'nullable',
    bound_to: 'nullable',
    asked_at: 'filled',
    action: 'nullable',
    content: 'nullable',
    reason: 'nullable',
    decided_by: 'nullable',
    decided_at: 'nullable',
  },
  tool_unasked: { user_id: 'filled', tool_name: 'filled', definition: 'filled', at: 'filled' },
  note: {
    id: 'filled',
    user_id: 'filled',
    kind: 'filled',
    text: 'filled',
    thread_id: 'nullable',
    agent: 'nullable',
    created_at: 'filled',
    updated_at: 'filled',
  },
  memory_choice: { user_id: 'filled', is_on: 'filled' },
  workload_mapping: {
    file_id: 'filled',
    user_id: 'filled',
    mapping: 'filled',
    updated_at: 'filled',
  },
  span_batch: {
    id: 'filled',
    user_id: 'filled',
    received_at: 'filled',
    first_at: 'filled',
    last_at: 'filled',
    spans: 'filled',
    bytes: 'filled',
    body: 'filled',
  },
  span_service: {
    batch_id: 'filled',
    user_id: 'filled',
    service: 'filled',
    spans: 'filled',
    first_at: 'filled',
    last_at: 'filled',
  },
  plan: {
    id: 'filled',
    user_id: 'filled',
    thread_id: 'filled',
    run_id: 'filled',
    title: 'filled',
    steps: 'filled',
    about: 'nullable',
    created_at: 'filled',
  },
  thread_summary: {
    thread_id: 'filled',
    through_message_id: 'filled',
    user_id: 'filled',
    messages: 'filled',
    text: 'filled',
    model: 'filled',
    created_at: 'filled',
  },
  mcp_server: {
    id: 'filled',
    user_id: 'filled',
    slug: 'filled',
    name: 'filled',
    transport: 'filled',
    url: 'nullable',
    command: 'nullable',
    secrets: 'nullable',
    trusted: 'filled',
    enabled: 'filled',
    timeout_ms: 'filled',
    about: 'filled',
    problem: 'nullable',
    created_by: 'filled',
    created_at: 'filled',
    updated_at: 'filled',
    looked_at: 'nullable',
  },
  mcp_consent: {
    server_id: 'filled',
    tool: 'filled',
    seen_hash: 'nullable',
    seen: 'nullable',
    seen_at: 'filled',
    pinned_hash: 'nullable',
    pinned: 'nullable',
    pinned_by: 'nullable',
    pinned_at: 'nullable',
    asks: 'filled',
  },
  mcp_token: {
    user_id: 'filled',
    server_id: 'filled',
    sealed: 'nullable',
    scope: 'nullable',
    wanted: 'nullable',
    problem: 'nullable',
    claim: 'nullable',
    claimed_until: 'nullable',
    created_at: 'filled',
    updated_at: 'filled',
  },
  mcp_oauth_client: {
    server_id: 'filled',
    issuer: 'filled',
    sealed: 'filled',
    updated_at: 'filled',
  },
  mcp_oauth_state: {
    state_hash: 'filled',
    user_id: 'filled',
    server_id: 'filled',
    browser_hash: 'filled',
    sealed: 'filled',
    taken_by: 'nullable',
    expires_at: 'filled',
  },
  approval: {
    run_id: 'filled',
    tool_call_id: 'filled',
    thread_id: 'filled',
    user_id: 'filled',
    tool_name: 'filled',
    arguments: 'filled',
    fence: 'filled',
    state: 'filled',
    expires_at: 'filled',
    decided_by: 'nullable',
    created_at: 'filled',
  },
  model_call: {
    id: 'filled',
    run_id: 'filled',
    thread_id: 'filled',
    user_id: 'filled',
    agent: 'nullable',
    model: 'filled',
    at: 'filled',
    ms: 'filled',
    status: 'filled',
    input_tokens: 'filled',
    cached_input_tokens: 'filled',
    output_tokens: 'filled',
    estimated: 'filled',
    cost_usd: 'nullable',
  },
  spent: {
    period: 'filled',
    user_id: 'filled',
    tokens: 'filled',
    cost_usd: 'filled',
    calls: 'filled',
    unpriced: 'filled',
  },
  budget: { scope: 'filled', limits: 'filled', updated_at: 'filled', updated_by: 'filled' },
  budget_told: {
    user_id: 'filled',
    budget: 'filled',
    period: 'filled',
    percent: 'filled',
    at: 'filled',
  },
  stop_order: { scope: 'filled', why: 'filled', by_user: 'filled', at: 'filled' },
}

test.each(Object.entries(COLUMNS))('table %s has the columns of its type', (table, columns) => {
  migrate(database, 'rows', rowMigrations)
  for (const [part, steps] of Object.entries(BESIDE)) migrate(database, part, steps)
  const found = database.prepare('select * from pragma_table_info(?)').all(table)
  const made = found.map(({ name, notnull, pk }) => [name, notnull || pk ? 'filled' : 'nullable'])
  expect(Object.fromEntries(made)).toEqual(columns)
})
