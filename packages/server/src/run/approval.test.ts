import { expect, test } from 'vitest'

import { done, gate, OWNER, runStage, said, type Act, type Node } from '../../testing/run-stage.ts'
import { asId, type RunId, type UserId } from '../platform/ids.ts'

const DAY_MS = 24 * 60 * 60_000
const call = { callId: 'call-1', toolName: 'send_mail', arguments: { to: 'x@example.com' } }

/** Asks for one call that nobody may run unasked, and answers with what became of it. */
const careful: Act = async function* (turn) {
  const decision = turn.decisions?.get(call.callId)
  const asked = turn.completed.some((step) => step.kind === 'spoken')
  if (!asked) yield { ...said('Let me write. '), calls: [call] }
  if (!decision) {
    yield { kind: 'waits', call }
    return
  }
  const status = decision.approved ? 'ok' : 'denied'
  if (decision.approved) yield { kind: 'tool_started', call }
  const outcome = { callId: call.callId, toolName: call.toolName, status, result: null } as const
  yield { kind: 'tool_ended', call, outcome, durationMs: 1 }
  yield said(`it was ${status}`)
  yield done(`it was ${status}`)
}

type Stage = Awaited<ReturnType<typeof runStage>>

async function parked(s: Stage, node: Node) {
  const run = await s.send(node)
  await s.until(async () => (await s.row(run.runId)).state === 'waiting')
  return run
}

const decide = (
  node: Node,
  runId: RunId,
  more: { approved?: boolean; fence?: number; user?: UserId; tool_call_id?: string } = {},
) =>
  node.commands.decide(more.user ?? OWNER, {
    run_id: runId,
    tool_call_id: more.tool_call_id ?? call.callId,
    approved: more.approved ?? true,
    fence: more.fence ?? 1,
  })

test('F61: a run that waits for a person is owned by nobody and stays so through restarts and days', async () => {
  await using s = await runStage()
  const one = s.node(careful)
  const run = await parked(s, one)
  expect(await s.row(run.runId)).toMatchObject({ waiting_for: 'approval', lease_until: null })
  await one.runs[Symbol.asyncDispose]()
  for (let restart = 0; restart < 3; restart += 1) {
    const next = s.node(careful, { isSoleOwner: true })
    expect(await next.runs.recover()).toBe(0)
    s.clock.jump(DAY_MS)
    await s.journal.write([])
    expect(await s.row(run.runId)).toMatchObject({ state: 'waiting', attempt: 1, tries: 0 })
    await next.runs[Symbol.asyncDispose]()
  }
  const last = s.node(careful)
  await last.runs.recover()
  expect((await decide(last, run.runId)).ok).toBe(true)
  expect(await s.ended(run)).toMatchObject({ final_response: 'it was ok' })
})

test('what waits is told exactly, in the thread and to every device of the person', async () => {
  await using s = await runStage()
  const run = await parked(s, s.node(careful))
  const asked = (await s.ofThread(run.threadId)).at(-1)
  expect(asked).toMatchObject({
    type: 'approval_requested',
    tool_call_id: call.callId,
    tool_name: call.toolName,
    arguments: call.arguments,
    fence: 1,
    expires_at: expect.stringMatching(/^2026-01-08T/),
  })
  expect((await s.ofUser()).slice(-2)).toMatchObject([
    { type: 'approval_waiting', tool_call_id: call.callId, tool_name: call.toolName },
    { type: 'run_state_changed', state: 'waiting' },
  ])
})

test('F42: the first decision holds, wherever it is taken; a later one and an older fence are refused', async () => {
  await using s = await runStage()
  const one = s.node(careful)
  const two = s.node(careful)
  const run = await parked(s, one)
  expect(await decide(two, run.runId, { fence: 0 })).toMatchObject({ code: 'conflict' })
  const both = await Promise.all([
    decide(two, run.runId, { approved: false }),
    decide(one, run.runId, { approved: true }),
  ])
  expect(both.filter(({ ok }) => ok)).toHaveLength(1)
  expect(both.find(({ ok }) => !ok)).toMatchObject({ code: 'conflict' })
  const end = await s.ended(run)
  expect(end['final_response']).toBe(both[0]?.ok ? 'it was denied' : 'it was ok')
  expect(await decide(one, run.runId)).toMatchObject({ code: 'conflict' })
  const events = await s.ofThread(run.threadId)
  expect(events.filter(({ type }) => type === 'approval_decided')).toHaveLength(1)
  const told = (await s.ofUser()).map(({ type }) => type)
  expect(told.filter((type) => type === 'approval_closed')).toHaveLength(1)
})

test('F98: somebody else, another call and another run have nothing to decide, in the same words', async () => {
  await using s = await runStage()
  const one = s.node(careful)
  const run = await parked(s, one)
  const foreign = await decide(one, run.runId, { user: asId<UserId>('somebody') })
  expect(foreign).toMatchObject({ ok: false, code: 'not_found' })
  expect(await decide(one, asId<RunId>('no-such-run'))).toEqual(foreign)
  expect(await decide(one, run.runId, { tool_call_id: 'other' })).toEqual(foreign)
  expect((await s.row(run.runId)).state).toBe('waiting')
})

test('a question that nobody answers in seven days is answered with no', async () => {
  await using s = await runStage()
  const one = s.node(careful)
  await one.runs.recover()
  const run = await parked(s, one)
  s.clock.jump(7 * DAY_MS - 60_000)
  await s.pass(31_000)
  expect((await s.row(run.runId)).state).toBe('waiting')
  expect(await s.ended(run, { within: 120_000 })).toMatchObject({ final_response: 'it was denied' })
  const decided = (await s.ofThread(run.threadId)).find(({ type }) => type === 'approval_decided')
  expect(decided).toMatchObject({ approved: false, by: 'expiry' })
  expect(await decide(one, run.runId)).toMatchObject({ code: 'conflict' })
})

test('F40: a run that is stopped while it waits ends once, and its question is closed', async () => {
  await using s = await runStage()
  const one = s.node(careful)
  const two = s.node(careful)
  const run = await parked(s, one)
  await Promise.all([
    one.commands.cancelRun(OWNER, run.runId),
    two.commands.cancelRun(OWNER, run.runId),
  ])
  expect(await s.ended(run)).toMatchObject({ type: 'run_cancelled' })
  expect(await decide(one, run.runId)).toMatchObject({ code: 'conflict' })
  expect((await s.ofUser()).map(({ type }) => type)).toContain('approval_closed')
})

test('F40: a stop that comes in the moment in which a run begins to wait is not lost', async () => {
  await using s = await runStage()
  const before = gate()
  const one = s.node(async function* () {
    yield { ...said(''), calls: [call] }
    await before.pass(new AbortController().signal)
    yield { kind: 'waits', call }
  })
  const two = s.node(careful)
  const run = await s.send(one)
  await before.reached
  // The owner has not looked yet when it comes to wait.
  await two.commands.cancelRun(OWNER, run.runId)
  before.open()
  expect(await s.ended(run)).toMatchObject({ type: 'run_cancelled' })
})

test('a call that was allowed and broke again is asked about again, and the first yes counts no more', async () => {
  await using s = await runStage()
  const inTool = gate()
  const breaking: Act = async function* (turn, signal) {
    if (!turn.decisions?.has(call.callId)) {
      if (turn.completed.length === 0) yield { ...said(''), calls: [call] }
      yield { kind: 'waits', call }
      return
    }
    yield { kind: 'tool_started', call }
    await inTool.pass(signal)
  }
  const one = s.node(breaking)
  const run = await parked(s, one)
  await decide(one, run.runId)
  await inTool.reached
  one.kill()
  const two = s.node(careful)
  await two.runs.recover()
  await s.until(async () => (await s.row(run.runId)).state === 'waiting')
  const { fence } = await s.row(run.runId)
  expect(fence).toBe(3)
  const attempts = (await s.ofThread(run.threadId)).filter(({ type }) => type === 'run_attempt')
  expect(attempts.at(-1)).toMatchObject({ interrupted: [call.callId] })
  expect(await decide(two, run.runId, { fence: 1 })).toMatchObject({ code: 'conflict' })
  expect((await decide(two, run.runId, { fence })).ok).toBe(true)
  expect(await s.ended(run)).toMatchObject({ final_response: 'it was ok' })
})
