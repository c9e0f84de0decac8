import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import {
  emptyThreadState,
  foldThread,
  threadEventSchema,
  type ThreadEvent,
  type ThreadState,
} from '@netra/protocol'
import { expect, test } from 'vitest'

import type { ModelCallRow } from '../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger as logger } from '../packages/server/src/platform/logger.ts'
import { startModelServer, type ModelServer, type Reply } from './support/model-server.ts'
import type { RunChildOptions } from './support/run-child.ts'

const CHILD = fileURLToPath(new URL('./support/run-child.ts', import.meta.url))
const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])
const ANSWER = 'Twice 21 is 42.'

/** Two processes each, several at once. */
const PATIENT = { timeout: 120_000 }

const call = { name: 'calculate', arguments: { value: 21 } }
const never = new Promise<void>(() => undefined)

/** What the model says when nothing is broken: a tool call with a word before it, then the answer. */
const whole = (toolResults: readonly string[]): Reply =>
  toolResults.length === 0 ? { text: 'Let me see. ', toolCalls: [call] } : { text: ANSWER }

interface Crash {
  /** Killed when a line of the child fits. */
  killAt?: (line: string) => boolean
  dieAt?: RunChildOptions['dieAt']
  diesInTool?: boolean
  /** What the model says until the child is dead. */
  before?: (toolResults: readonly string[]) => Reply
}

interface Outcome {
  events: ThreadEvent[]
  state: ThreadState
  effects: string[]
  /** What the ledger holds, oldest first. */
  calls: Pick<ModelCallRow, 'status' | 'estimated' | 'input_tokens' | 'output_tokens'>[]
  of: (type: string) => ThreadEvent[]
}

/** A run whose process dies by SIGKILL at one point, and what the next start makes of it. */
async function crash(
  { killAt, dieAt, diesInTool = false, before = whole }: Crash,
  after: { isRepeatable?: boolean; decide?: boolean } = {},
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-crash-'))
  let isDead = false
  await using model: ModelServer = await startModelServer({
    script: ({ toolResults }) => (isDead ? whole : before)(toolResults),
  })
  const { isRepeatable = true, decide } = after
  const options: RunChildOptions = { folder, modelUrl: `${model.url}/v1`, isRepeatable }
  const dies = { diesInTool, ...(dieAt && { dieAt }) }
  const first = await child({ ...options, ask: 'Twice 21?', ...dies }, killAt)
  expect(first).toBe('SIGKILL')
  isDead = true
  expect(await child({ ...options, ...(decide !== undefined && { decide }) })).toBe(null)
  try {
    return await read(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Resolves with the signal that ended the child. */
async function child(
  options: RunChildOptions,
  killAt: (line: string) => boolean = () => false,
): Promise<NodeJS.Signals | null> {
  const started = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    started.once('exit', (_code, signal) => resolve(signal)),
  )
  for await (const line of createInterface({ input: started.stdout })) {
    if (killAt(line)) started.kill('SIGKILL')
  }
  return ended
}

async function read(folder: string): Promise<Outcome> {
  await using journal = await openSqliteJournal({ folder, logger })
  const thread = await journal.db.selectFrom('thread').select('id').executeTakeFirstOrThrow()
  const limit = { events: 10_000, bytes: 64 * 1024 * 1024 }
  const stored = await journal.read(`thread:${thread.id}`, 0, limit)
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1))
  const events = stored.map(({ payload }) => threadEventSchema.parse(JSON.parse(payload)))
  const calls = await journal.db
    .selectFrom('model_call')
    .select(['status', 'estimated', 'input_tokens', 'output_tokens'])
    .orderBy('id')
    .execute()
  const effects = await readFile(join(folder, 'effects'), 'utf8').catch(() => '')
  return {
    events,
    // Throws where a text has a hole.
    state: events.reduce(foldThread, emptyThreadState()),
    calls,
    effects: effects.split('\n').filter((line) => line !== ''),
    of: (type) => events.filter((event) => event.type === type),
  }
}

/** The transcript is that of a run nobody interrupted, but for the attempt. */
function expectWhole({ events, state, of }: Outcome): void {
  const terminal = events.filter((event) => TERMINAL.has(event.type))
  expect(terminal).toMatchObject([{ type: 'agent_completed', final_response: ANSWER }])
  const spoken = state.messages.filter((message) => message.role === 'assistant')
  expect(spoken.map((message) => message.content.map((part) => part.text).join(''))).toEqual([
    'Let me see. ',
    ANSWER,
  ])
  expect(spoken.every((message) => message.status === 'complete')).toBe(true)
  expect(of('tool_completed')).toMatchObject([{ status: 'ok', result: 42 }])
  expect(state.tool_calls).toMatchObject([{ name: 'calculate', status: 'ok' }])
}

const heard = (text: string) => (line: string) => line.startsWith('heard') && line.includes(text)
const committed = (type: string) => (line: string) =>
  line.startsWith('committed') && line.split(' ').includes(type)

test.concurrent('F49: killed before the first chunk', PATIENT, async () => {
  const outcome = await crash({
    before: () => ({ text: 'never', delayMs: 60_000 }),
    killAt: committed('agent_started'),
  })
  expectWhole(outcome)
  expect(outcome.of('run_attempt')).toMatchObject([{ attempt: 2, fence: 2, superseded: [] }])
})

test.concurrent('F49, F59: killed in the text', PATIENT, async () => {
  const outcome = await crash({
    before: () => ({ text: ['Let ', 'me ', 'not', 'never'], hold: never }),
    killAt: committed('message_delta'),
  })
  expectWhole(outcome)
  // The call that died with its process: what it was asked, and what it had said.
  const lost = outcome.calls.filter(({ status }) => status === 'error')
  expect(lost).toMatchObject([{ estimated: 1 }])
  expect(lost[0]?.input_tokens).toBeGreaterThan(10)
  expect(lost[0]?.output_tokens).toBeGreaterThan(0)
  expect(outcome.calls).toHaveLength(3)
  const [first] = outcome.of('message_delta')
  expect(outcome.of('run_attempt')).toMatchObject([
    { superseded: [first?.type === 'message_delta' ? first.message_id : ''] },
  ])
})

test.concurrent('F49: killed in the reasoning', PATIENT, async () => {
  const outcome = await crash({
    before: () => ({ reasoning: 'Twice means two times', text: 'never', hold: never }),
    killAt: heard('Twice'),
  })
  expectWhole(outcome)
  expect(outcome.calls).toMatchObject([
    { status: 'error', estimated: 1, output_tokens: 0 },
    { status: 'ok' },
    { status: 'ok' },
  ])
  expect(outcome.of('run_attempt')).toMatchObject([{ attempt: 2, superseded: [] }])
})

test.concurrent('F49: killed in the arguments of a tool', PATIENT, async () => {
  const piece = {
    index: 0,
    id: 'c',
    type: 'function',
    function: { name: 'calculate', arguments: '{"val' },
  }
  const chunk = {
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'test-model',
    choices: [{ index: 0, delta: { tool_calls: [piece] }, finish_reason: null }],
  }
  const outcome = await crash({
    before: () => ({ text: [], raw: `data: ${JSON.stringify(chunk)}\n\n`, after: 'stall' }),
    killAt: heard('val'),
  })
  expectWhole(outcome)
  expect(outcome.effects).toEqual(['21'])
})

test.concurrent(
  'F49, F50: killed after the output of a tool: it is not run again',
  PATIENT,
  async () => {
    const outcome = await crash({
      before: (results) =>
        results.length === 0 ? whole(results) : { text: 'never', delayMs: 60_000 },
      killAt: committed('tool_completed'),
    })
    expectWhole(outcome)
    expect(outcome.effects).toEqual(['21'])
    expect(outcome.of('run_attempt')).toMatchObject([{ interrupted: [] }])
  },
)

test.concurrent('F49: killed in the continuation', PATIENT, async () => {
  let isContinued = false
  const outcome = await crash({
    before: (results) =>
      results.length === 0 ? whole(results) : { text: ['Twice ', 'never'], hold: never },
    // The first step may be told in one delta or in several; the tool is behind it.
    killAt(line) {
      isContinued ||= committed('tool_completed')(line)
      return isContinued && committed('message_delta')(line)
    },
  })
  expectWhole(outcome)
  expect(outcome.effects).toEqual(['21'])
})

test.concurrent.for(['before', 'sent'] as const)(
  'F49, F40: killed while the end is told: the terminal event %s',
  PATIENT,
  async (moment) => {
    const outcome = await crash({ dieAt: { event: 'agent_completed', moment } })
    expectWhole(outcome)
    expect(outcome.effects).toEqual(['21'])
  },
)

test.concurrent(
  'F50: a repeatable tool whose outcome was not stored is run again, visibly',
  PATIENT,
  async () => {
    const outcome = await crash({ dieAt: { event: 'tool_completed', moment: 'before' } })
    expectWhole(outcome)
    expect(outcome.calls).toMatchObject([{ status: 'ok' }, { status: 'ok' }])
    expect(outcome.effects).toEqual(['21', '21'])
    expect(outcome.of('tool_executing')).toHaveLength(2)
    expect(outcome.of('run_attempt')).toMatchObject([{ interrupted: [expect.any(String)] }])
  },
)

test.concurrent(
  'F49, F61: a tool with side effects has never had them before it is stored that it began',
  PATIENT,
  async () => {
    const outcome = await crash({ diesInTool: true }, { isRepeatable: false })
    expect(outcome.effects).toEqual(['21'])
    expect(outcome.of('tool_executing')).toHaveLength(1)
    expect(outcome.of('approval_requested')).toMatchObject([{ tool_name: 'calculate', fence: 2 }])
  },
)

test.concurrent.for([
  ['nobody has answered yet', undefined, ['21'], 'waiting'],
  ['refused', false, ['21'], 'unknown'],
  ['allowed', true, ['21', '21'], 'ok'],
] as const)(
  'F49, F61: a tool with side effects whose outcome was not stored asks a person: %s',
  PATIENT,
  async ([, decide, effects, status]) => {
    const outcome = await crash(
      { dieAt: { event: 'tool_completed', moment: 'before' } },
      { isRepeatable: false, ...(decide !== undefined && { decide }) },
    )
    expect(outcome.effects).toEqual(effects)
    expect(outcome.state.tool_calls).toMatchObject([{ name: 'calculate', status }])
    expect(outcome.of('approval_requested')).toMatchObject([
      { tool_name: 'calculate', arguments: { value: 21 }, fence: 2 },
    ])
    const [run] = outcome.state.runs
    expect(run?.state).toBe(decide === undefined ? 'waiting' : 'completed')
    const terminal = outcome.events.filter((event) => TERMINAL.has(event.type))
    expect(terminal).toHaveLength(decide === undefined ? 0 : 1)
  },
)
