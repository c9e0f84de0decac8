import { questionProblem } from '@netra/protocol'
import { expect, test } from 'vitest'

import { tool } from '../../testing/agent-stage.ts'
import { folderFiles } from '../../testing/folder-files.ts'
import {
  done,
  gate,
  OWNER,
  runStage,
  said,
  type Act,
  type Event,
  type Node,
} from '../../testing/run-stage.ts'
import { createApprovals } from '../access/access.ts'
import { callTool } from '../agent/call-tool.ts'
import type { Answer } from '../agent/step.ts'
import { InputNeeded, type Tool } from '../agent/tools/tool.ts'
import { Breakers } from '../platform/breakers.ts'
import { systemClock } from '../platform/clock.ts'
import type { RunId, ThreadId } from '../platform/ids.ts'
import { silentLogger } from '../platform/logger.ts'
import { deciding } from './approval.ts'

const DAY_MS = 24 * 60 * 60_000
const call = { callId: 'call-1', toolName: 'book', arguments: { value: 3 } }

const form = (message: string, field: string) => ({
  mode: 'form' as const,
  message,
  schema: {
    type: 'object',
    properties: { [field]: { type: 'string', minLength: 2 } },
    required: [field],
  },
})

/** An agent that makes one call by the one way there is, and says what it came to. */
function calling(tools: () => Tool[], unasked?: () => Promise<ReadonlyMap<string, string>>): Act {
  return async function* (turn, signal) {
    await using files = await folderFiles()
    if (turn.completed.length === 0) yield { ...said('Let me book. '), calls: [call] }
    const outcome = yield* callTool({
      call,
      tools: tools(),
      turn,
      signal,
      files,
      breakers: new Breakers(systemClock),
      clock: systemClock,
      logger: silentLogger,
      hadBegun: turn.interrupted?.includes(call.callId) ?? false,
      askable: questionProblem,
      unasked: await unasked?.(),
    })
    if (!outcome) return
    const text = `${outcome.status}: ${JSON.stringify(outcome.result)}`
    yield said(text)
    yield done(text)
  }
}

/** Asks two things one after the other, then says what it was told. */
const curious = (seen: Answer[][], rest: Partial<Tool> = {}): Tool =>
  tool(
    'book',
    async (_input, { answers = [] }) => {
      seen.push([...answers])
      if (answers.length === 0) throw new InputNeeded(form('Who goes?', 'name'), 'first')
      if (answers.at(-1)?.action !== 'accept') return { booked: false }
      if (answers.length === 1) throw new InputNeeded(form('Where to?', 'city'), 'second')
      return { booked: answers.map(({ content }) => Object.values(content ?? {})[0]) }
    },
    { repeatable: false, effect: 'none', ...rest },
  )

type Stage = Awaited<ReturnType<typeof runStage>>

interface Started {
  runId: RunId
  threadId: ThreadId
}

/** Answers the asking under this fence, once it is there. */
async function waits(s: Stage, { threadId }: Started, fence: number): Promise<Event> {
  const asking = async () =>
    (await s.ofThread(threadId)).find(
      (event) => event.type === 'approval_requested' && event['fence'] === fence,
    )
  await s.until(async () => (await asking()) !== undefined)
  return (await asking()) as Event
}

const answer = (
  node: Node,
  runId: RunId,
  fence: number,
  more: { action?: Answer['action']; content?: Record<string, unknown>; approved?: boolean } = {},
) =>
  node.commands.decide(OWNER, {
    run_id: runId,
    tool_call_id: call.callId,
    approved: more.approved ?? (more.action ?? 'accept') === 'accept',
    fence,
    ...(more.action && { action: more.action }),
    ...(more.content && { content: more.content }),
  })

test('a call asks twice, through restarts and days, and reads all answers with its own state', async () => {
  await using s = await runStage()
  const seen: Answer[][] = []
  const act = calling(() => [curious(seen, { server: 'Travel' })])
  const one = s.node(act)
  const run = await s.send(one)
  expect(await waits(s, run, 1)).toMatchObject({
    server: 'Travel',
    question: { mode: 'form', message: 'Who goes?' },
  })
  await one.runs[Symbol.asyncDispose]()
  s.clock.jump(3 * DAY_MS)
  const two = s.node(act, { isSoleOwner: true })
  expect(await two.runs.recover()).toBe(0)
  expect((await answer(two, run.runId, 1, { content: { name: 'Ada' } })).ok).toBe(true)
  await waits(s, run, 2)
  expect((await answer(two, run.runId, 2, { content: { city: 'Rome' } })).ok).toBe(true)
  expect(await s.ended(run)).toMatchObject({ final_response: 'ok: {"booked":["Ada","Rome"]}' })
  expect(seen).toEqual([
    [],
    [{ action: 'accept', content: { name: 'Ada' }, state: 'first' }],
    [
      { action: 'accept', content: { name: 'Ada' }, state: 'first' },
      { action: 'accept', content: { city: 'Rome' }, state: 'second' },
    ],
  ])
  const events = await s.ofThread(run.threadId)
  // An answer goes on in order: nothing of the call was cut off.
  for (const attempt of events.filter(({ type }) => type === 'run_attempt'))
    expect(attempt['interrupted']).toEqual([])
  expect(JSON.stringify(events)).not.toContain('Rome",')
})

test('an answer that does not fit is refused in words by field, and the question stays open', async () => {
  await using s = await runStage()
  const one = s.node(calling(() => [curious([])]))
  const run = await s.send(one)
  await waits(s, run, 1)
  expect(await answer(one, run.runId, 1, { content: { name: 'A' } })).toMatchObject({
    ok: false,
    code: 'unsupported',
    message: 'The answer was not taken. Name: At least 2 characters.',
    problems: { name: 'At least 2 characters.' },
  })
  expect(await answer(one, run.runId, 1)).toMatchObject({ problems: { name: 'Fill this in.' } })
  const both = { action: 'decline', approved: true } as const
  expect(await answer(one, run.runId, 1, both)).toMatchObject({ code: 'unsupported' })
  expect((await s.row(run.runId)).state).toBe('waiting')
})

test('who declines, and a client that knows no questions, is heard by the tool', async () => {
  for (const more of [{ action: 'cancel' as const }, { approved: false }]) {
    await using s = await runStage()
    const seen: Answer[][] = []
    const one = s.node(calling(() => [curious(seen)]))
    const run = await s.send(one)
    await waits(s, run, 1)
    await answer(one, run.runId, 1, more)
    expect(await s.ended(run)).toMatchObject({ final_response: 'ok: {"booked":false}' })
    expect(seen[1]).toEqual([{ action: more.action ?? 'decline', state: 'first' }])
  }
})

test('a tool says how long its question stays open; after that it reads that nobody answered', async () => {
  await using s = await runStage()
  const seen: Answer[][] = []
  const one = s.node(calling(() => [curious(seen, { answerWithinMs: 60_000 })]))
  await one.runs.recover()
  const run = await s.send(one)
  await waits(s, run, 1)
  expect(await s.ended(run, { within: 120_000 })).toMatchObject({
    final_response: 'ok: {"booked":false}',
  })
  expect(seen[1]).toEqual([{ action: 'cancel', state: 'first' }])
})

test('what is asked cannot be shown: nobody is asked, and the model reads why', async () => {
  await using s = await runStage()
  const bad = tool('book', async () => {
    throw new InputNeeded({ mode: 'url', message: 'In here', url: 'javascript:alert(1)' })
  })
  const run = await s.send(s.node(calling(() => [bad])))
  expect((await s.ended(run))['final_response']).toContain('only an http or https address')
})

test('a run that is killed between the answer and its call goes on with the answer', async () => {
  await using s = await runStage()
  const seen: Answer[][] = []
  const act = calling(() => [curious(seen)])
  const one = s.node(act)
  const run = await s.send(one)
  await waits(s, run, 1)
  one.kill()
  // The commit of a process that dies before it can go on.
  const approval = await s.journal.db.selectFrom('approval').selectAll().executeTakeFirstOrThrow()
  const decision = { approved: false, by: OWNER, answer: { action: 'decline' as const } }
  await s.journal.commit(deciding(s, { run: await s.row(run.runId), approval, decision }))
  const two = s.node(act)
  expect(await two.runs.recover()).toBe(1)
  expect(await s.ended(run)).toMatchObject({ final_response: 'ok: {"booked":false}' })
})

test('a call that was answered and broke in the middle is asked about again, and keeps its answers', async () => {
  await using s = await runStage()
  const inTool = gate()
  const seen: Answer[][] = []
  const breaking = tool(
    'book',
    async (_input, { answers = [], signal }) => {
      if (answers.length === 0) throw new InputNeeded(form('Who goes?', 'name'))
      await inTool.pass(signal)
    },
    { repeatable: false },
  )
  const one = s.node(calling(() => [breaking]))
  const run = await s.send(one)
  await waits(s, run, 1)
  await answer(one, run.runId, 1, { content: { name: 'Ada' } })
  await inTool.reached
  one.kill()
  const mended = tool(
    'book',
    async (_input, { answers = [] }) => {
      seen.push([...answers])
      return 'booked'
    },
    { repeatable: false },
  )
  const two = s.node(calling(() => [mended]))
  await two.runs.recover()
  expect(await waits(s, run, 3)).not.toHaveProperty('question')
  expect((await answer(two, run.runId, 3)).ok).toBe(true)
  expect(await s.ended(run)).toMatchObject({ final_response: 'ok: "booked"' })
  expect(seen).toEqual([[{ action: 'accept', content: { name: 'Ada' } }]])
})

const writing = (ran: unknown[], rest: Partial<Tool> = {}): Tool =>
  tool(
    'book',
    async (input) => {
      ran.push(input)
      return 'written'
    },
    {
      effect: 'writes',
      preview: async ({ value }) => ({ summary: 'The count goes up.', before: 1, after: value }),
      ...rest,
    },
  )

test('what would change is told before a tool writes; a yes holds for what was shown alone', async () => {
  await using s = await runStage()
  const ran: unknown[] = []
  let description = 'Writes a number.'
  const act = calling(() => [writing(ran, { description })])
  const one = s.node(act)
  const run = await s.send(one)
  expect(await waits(s, run, 1)).toMatchObject({
    change: { summary: 'The count goes up.', before: 1, after: 3 },
  })
  description = 'Writes a number, and tells everybody.'
  await answer(one, run.runId, 1)
  await waits(s, run, 2)
  expect(ran).toEqual([])
  expect(await answer(one, run.runId, 1)).toMatchObject({ code: 'conflict' })
  expect((await answer(one, run.runId, 2)).ok).toBe(true)
  expect(await s.ended(run)).toMatchObject({ final_response: 'ok: "written"' })
  expect(ran).toEqual([{ value: 3 }])
})

test('who wants not to be asked about a tool is not, until the tool says something else of itself', async () => {
  await using s = await runStage()
  const approvals = createApprovals(s)
  const ran: unknown[] = []
  let description = 'Writes a number.'
  const act = calling(
    () => [writing(ran, { description })],
    () => approvals.unaskedDefinitions(OWNER),
  )
  const one = s.node(act)
  const first = await s.send(one)
  await waits(s, first, 1)
  expect(await approvals.stopAsking(OWNER, first.runId, call.callId)).toMatchObject({
    tool: 'book',
  })
  await answer(one, first.runId, 1)
  await s.ended(first)
  await s.ended(await s.send(one))
  expect(ran).toHaveLength(2)
  description = 'Deletes a number.'
  const third = await s.send(one)
  await waits(s, third, 1)
  expect(ran).toHaveLength(2)
  const [kept] = await approvals.waiting(OWNER)
  expect(kept).toMatchObject({ tool: 'book', asked_for: 'hello', arguments: { value: 3 } })
})

test('no choice ends the asking about a tool that may destroy something', async () => {
  await using s = await runStage()
  const approvals = createApprovals(s)
  const one = s.node(calling(() => [writing([], { asksAlways: true })]))
  const run = await s.send(one)
  await waits(s, run, 1)
  const asked = (await s.ofThread(run.threadId)).find(({ type }) => type === 'approval_requested')
  expect(asked).toMatchObject({ asks_always: true })
  expect(await approvals.waiting(OWNER)).toMatchObject([{ asks_always: true }])
  expect(await approvals.stopAsking(OWNER, run.runId, call.callId)).toBe('asks_always')
  expect(await approvals.unasked(OWNER)).toEqual([])
})

test('what was asked and answered goes with its conversation', async () => {
  await using s = await runStage()
  const one = s.node(calling(() => [curious([])]))
  const run = await s.send(one)
  await waits(s, run, 1)
  await one.commands.deleteThread(OWNER, run.threadId)
  for (const table of ['approval', 'approval_asked'] as const)
    expect(await s.journal.db.selectFrom(table).selectAll().execute()).toEqual([])
})

test('Stop ends the wait for an answer, and keeps that it was stopped', async () => {
  await using s = await runStage()
  const one = s.node(calling(() => [curious([])]))
  const run = await s.send(one)
  await waits(s, run, 1)
  await one.commands.cancelRun(OWNER, run.runId)
  expect(await s.ended(run)).toMatchObject({ type: 'run_cancelled' })
  const approvals = createApprovals(s)
  expect(await approvals.waiting(OWNER)).toEqual([])
  expect(await approvals.find(OWNER, run.runId, call.callId)).toMatchObject({
    state: 'denied',
    action: 'cancel',
    decided_by: OWNER,
  })
})
