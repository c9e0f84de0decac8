import { expect, test } from 'vitest'

import {
  answering,
  done,
  gate,
  OWNER,
  runStage,
  said,
  type Act,
  type Node,
} from '../../testing/run-stage.ts'
import type { Step } from '../agent/agent.ts'

/** Speaks, then waits; who takes over answers at once. */
function speakAndWait() {
  const inText = gate()
  const signals: AbortSignal[] = []
  const act: Act = async function* (_turn, signal) {
    signals.push(signal)
    yield { kind: 'thinking', step: 1, thought: 'well' }
    yield { kind: 'text', text: 'half an ' }
    await inText.pass(signal)
    yield { kind: 'text', text: 'answer' }
    yield said('half an answer')
    yield done('half an answer')
  }
  return { act, inText, signals }
}

test('F48, F53: the run of an owner that was killed is taken over within 20 s and ends once', async () => {
  await using s = await runStage()
  const slow = speakAndWait()
  const one = s.node(slow.act)
  const two = s.node(answering('whole'))
  await two.runs.recover()
  const run = await s.send(one)
  await slow.inText.reached
  await s.until(async () =>
    (await s.ofThread(run.threadId)).some(({ type }) => type === 'message_delta'),
  )
  one.kill()
  const end = await s.ended(run, { within: 20_000 })
  expect(end).toMatchObject({ type: 'agent_completed', final_response: 'whole' })
  const events = await s.ofThread(run.threadId)
  const attempt = events.find(({ type }) => type === 'run_attempt')
  const [first, second] = events.filter(({ type }) => type === 'message_delta')
  expect(attempt).toMatchObject({ attempt: 2, fence: 2, superseded: [first?.['message_id']] })
  // F59: what the second attempt says is a message of its own.
  expect(second?.['message_id']).not.toBe(first?.['message_id'])
  expect(second?.['offset']).toBe(0)
})

test('F51: an owner that was paused past its lease writes nothing more when it wakes', async () => {
  await using s = await runStage()
  const slow = speakAndWait()
  const one = s.node(slow.act)
  const two = s.node(answering('whole'))
  await two.runs.recover()
  const run = await s.send(one)
  await slow.inText.reached
  one.pause()
  await s.ended(run)
  const before = await s.ofThread(run.threadId)
  slow.inText.open()
  one.resume()
  await s.until(() => slow.signals[0]?.aborted === true && one.runs.status().active === 0)
  expect(await s.ofThread(run.threadId)).toEqual(before)
  expect(await one.metrics.text()).toMatch(/netra_run_(self_fenced|overtaken)_total 1/)
})

test('F51: an owner that slept, and whose clock slept with it, is refused by the fence', async () => {
  await using s = await runStage()
  const slow = speakAndWait()
  const one = s.node(slow.act)
  const two = s.node(answering('whole'))
  await two.runs.recover()
  const run = await s.send(one)
  await slow.inText.reached
  one.pause({ isAsleep: true })
  await s.ended(run)
  const before = await s.ofThread(run.threadId)
  slow.inText.open()
  one.resume()
  await s.until(() => one.runs.status().active === 0)
  expect(await s.ofThread(run.threadId)).toEqual(before)
  expect(await one.metrics.text()).toContain('netra_run_overtaken_total 1')
})

test('F54, F77: an owner that cannot reach the store stops model and tools after 12 s, before its lease ends', async () => {
  await using s = await runStage()
  const slow = speakAndWait()
  const one = s.node(slow.act)
  const run = await s.send(one)
  await slow.inText.reached
  const begun = s.clock.monotonic()
  one.cut(true)
  await s.until(() => slow.signals[0]?.aborted === true)
  const took = s.clock.monotonic() - begun
  expect(took).toBeLessThan(15_000 - 2_000)
  expect(await one.metrics.text()).toContain('netra_run_lease_renewals_failed_total 2')
  const two = s.node(answering('whole'))
  await two.runs.recover()
  expect(await s.ended(run)).toMatchObject({ type: 'agent_completed', final_response: 'whole' })
  one.cut(false)
})

test('F103: node clocks an hour apart, or stepping by one, move no lease', async () => {
  await using s = await runStage()
  const slow = speakAndWait()
  let step = 3_600_000
  const one = s.node(slow.act, { skewMs: () => step })
  const two = s.node(answering('stolen'), { skewMs: () => -3_600_000 })
  await two.runs.recover()
  const run = await s.send(one)
  await slow.inText.reached
  await s.pass(30_000)
  step = -3_600_000
  await s.pass(30_000)
  slow.inText.open()
  expect(await s.ended(run)).toMatchObject({ final_response: 'half an answer' })
  expect((await s.row(run.runId)).fence).toBe(1)
})

test('F52: each owner has a higher fence than all before, also where a lease was given up in order', async () => {
  await using s = await runStage()
  const first = speakAndWait()
  const owners = [s.node(first.act)]
  const run = await s.send(owners[0] as Node)
  await first.inText.reached
  const fences = [(await s.row(run.runId)).fence]
  for (let round = 0; round < 4; round += 1) {
    const owner = owners.at(-1) as Node
    if (round % 2 === 0) owner.kill()
    else await owner.runs[Symbol.asyncDispose]()
    const next = speakAndWait()
    owners.push(s.node(next.act))
    await owners.at(-1)?.runs.recover()
    await s.until(async () => (await s.row(run.runId)).attempt === round + 2)
    fences.push((await s.row(run.runId)).fence)
  }
  expect(fences).toEqual([1, 2, 3, 4, 5])
  const attempts = (await s.ofThread(run.threadId)).filter(({ type }) => type === 'run_attempt')
  expect(attempts.map((event) => event['fence'])).toEqual([2, 3, 4, 5])
})

test('F2, F53: a run that was accepted and never begun is found', async () => {
  await using s = await runStage()
  const one = s.node(answering())
  one.runs.start = () => undefined
  const run = await s.send(one)
  one.kill()
  const two = s.node(answering('found'))
  await two.runs.recover()
  expect(await s.ended(run, { within: 20_000 })).toMatchObject({ final_response: 'found' })
  const types = (await s.ofThread(run.threadId)).map(({ type }) => type)
  expect(types).not.toContain('run_attempt')
})

test('F56: a take-over whose node dies as well is done by the next one', async () => {
  await using s = await runStage()
  const [first, second] = [speakAndWait(), speakAndWait()]
  const one = s.node(first.act)
  const run = await s.send(one)
  await first.inText.reached
  one.kill()
  const two = s.node(second.act)
  await two.runs.recover()
  await s.until(async () => (await s.row(run.runId)).attempt === 2)
  two.kill()
  const three = s.node(answering('third'))
  await three.runs.recover()
  expect(await s.ended(run, { within: 20_000 })).toMatchObject({ final_response: 'third' })
  expect((await s.row(run.runId)).fence).toBe(3)
})

const call = { callId: 'call-1', toolName: 'calculate', arguments: { value: 1 } }
const asking: Step = {
  kind: 'spoken',
  text: '',
  usage: { inputTokens: 1, outputTokens: 1 },
  costUsd: null,
  calls: [call],
}

test('F50, F62: a take-over goes on after the last complete step, and does none again', async () => {
  await using s = await runStage()
  const afterTool = gate()
  const one = s.node(async function* (_turn, signal) {
    yield asking
    yield { kind: 'tool_started', call }
    const outcome = {
      callId: call.callId,
      toolName: call.toolName,
      status: 'ok',
      result: 2,
    } as const
    yield { kind: 'tool_ended', call, outcome, durationMs: 1 }
    await afterTool.pass(signal)
  })
  const seen: unknown[] = []
  const two = s.node(async function* (turn) {
    seen.push(...turn.completed)
    yield said('two')
    yield done('two')
  })
  await two.runs.recover()
  const run = await s.send(one)
  await afterTool.reached
  one.kill()
  await s.ended(run)
  expect(seen).toMatchObject([
    { kind: 'spoken', calls: [call] },
    { kind: 'tool', call, outcome: { status: 'ok', result: 2 } },
  ])
  const events = await s.ofThread(run.threadId)
  expect(events.filter(({ type }) => type === 'tool_completed')).toHaveLength(1)
  expect(events.filter(({ type }) => type === 'message_completed')).toHaveLength(2)
  expect(events.find(({ type }) => type === 'run_attempt')).toMatchObject({ interrupted: [] })
})

test('F36: two messages sent at once to one thread at two nodes are answered one after the other', async () => {
  await using s = await runStage()
  const slow = speakAndWait()
  const one = s.node(slow.act)
  const two = s.node(answering('second'))
  await Promise.all([one.runs.recover(), two.runs.recover()])
  const first = await s.send(one)
  await slow.inText.reached
  const second = await s.send(two, 'and now?', first.threadId)
  await s.pass(40_000)
  expect((await s.row(second.runId)).state).toBe('queued')
  slow.inText.open()
  await s.ended(second)
  const ofRuns = (await s.ofThread(first.threadId))
    .filter(({ type }) => type !== 'message_added' && type !== 'run_accepted')
    .map((event) => event['run_id'])
  const lastOfFirst = ofRuns.lastIndexOf(first.runId)
  expect(ofRuns.indexOf(second.runId)).toBe(lastOfFirst + 1)
})

test('a run that is stopped at another node than its owner ends within a second', async () => {
  await using s = await runStage()
  const slow = speakAndWait()
  const one = s.node(slow.act)
  const two = s.node(answering())
  await two.runs.recover()
  const run = await s.send(one)
  await slow.inText.reached
  const outcome = await two.commands.cancelRun(OWNER, run.runId)
  expect(outcome.ok).toBe(true)
  const end = await s.ended(run, { within: 1_000, step: 10 })
  expect(end).toMatchObject({ type: 'run_cancelled', by: OWNER })
  expect((await s.row(run.runId)).fence).toBe(1)
})

test('F40: a stop that races with the end of a run leaves one terminal event, whichever came first', async () => {
  await using s = await runStage()
  const one = s.node(answering())
  const two = s.node(answering())
  await Promise.all([one.runs.recover(), two.runs.recover()])
  for (let round = 0; round < 30; round += 1) {
    const run = await s.send(one)
    const at = round % 2 === 0 ? one : two
    const trips = Array.from({ length: round % 5 }, () => s.journal.write([]))
    await Promise.all(trips)
    await at.commands.cancelRun(OWNER, run.runId)
    // Throws when there is more than one.
    expect(['agent_completed', 'run_cancelled']).toContain((await s.ended(run)).type)
  }
})

test('F40: a stop that arrives before anybody runs the run is not lost', async () => {
  await using s = await runStage()
  const one = s.node(answering())
  one.runs.start = () => undefined
  const run = await s.send(one)
  const two = s.node(answering())
  await two.commands.cancelRun(OWNER, run.runId)
  one.kill()
  await two.runs.recover()
  expect(await s.ended(run)).toMatchObject({ type: 'run_cancelled' })
})
