import { expect, test } from 'vitest'

import { answering, done, gate, runStage, said, type Act } from '../../testing/run-stage.ts'
import { GIVEN_UP } from './leases.ts'

/** Comes to no step before it may, with poison never; tells when it began, and which runs were begun. */
function stuck() {
  const began = gate()
  const runs: string[] = []
  const act: Act = async function* (turn, signal) {
    runs.push(turn.runId)
    yield { kind: 'text', text: 'well' }
    await (turn.message.text === 'poison' ? gate() : began).pass(signal)
    yield said('well')
    yield done('well')
  }
  return { act, began, runs }
}

test('F55: a run goes on through any number of orderly restarts, each one attempt at once', async () => {
  await using s = await runStage()
  let model = stuck()
  let node = s.node(model.act)
  const run = await s.send(node)
  for (let deploy = 0; deploy < 6; deploy += 1) {
    await model.began.reached
    await node.runs[Symbol.asyncDispose]()
    expect((await s.row(run.runId)).lease_until).toBe(GIVEN_UP)
    model = stuck()
    node = s.node(model.act)
    const before = s.clock.monotonic()
    expect(await node.runs.recover()).toBe(1)
    await model.began.reached
    expect(s.clock.monotonic()).toBe(before)
  }
  expect((await s.row(run.runId)).attempt).toBe(7)
  await node.runs[Symbol.asyncDispose]()
  await s.node(answering('at last')).runs.recover()
  expect(await s.ended(run)).toMatchObject({ final_response: 'at last' })
})

test('F55: what has not begun when its node shuts down is taken up elsewhere at once', async () => {
  await using s = await runStage()
  const model = stuck()
  const one = s.node(model.act)
  const first = await s.send(one)
  await model.began.reached
  const second = await s.send(one, 'and?', first.threadId)
  await one.runs[Symbol.asyncDispose]()
  const before = s.clock.monotonic()
  await s.node(answering('both')).runs.recover()
  await s.ended(first)
  await s.ended(second)
  // Long before the leases it held could have ended.
  expect(s.clock.monotonic() - before).toBeLessThan(10_000)
})

test('F55: an attempt that completed a step does not count, however often its process dies', async () => {
  await using s = await runStage()
  const steps = 6
  const act: Act = async function* (turn, signal) {
    const soFar = turn.completed.length
    if (soFar < steps) {
      yield { ...said(`step ${soFar}`), calls: [call(soFar)] }
      await gate().pass(signal)
    }
    yield done('all steps')
  }
  let node = s.node(act)
  const run = await s.send(node)
  for (let step = 1; step <= steps; step += 1) {
    await s.until(async () => (await spokenOf(s, run)) === step)
    node.kill()
    node = s.node(act)
    await node.runs.recover()
  }
  expect(await s.ended(run)).toMatchObject({ type: 'agent_completed' })
})

const call = (index: number) => ({ callId: `c${index}`, toolName: 't', arguments: {} })

async function spokenOf(
  s: Awaited<ReturnType<typeof runStage>>,
  run: Awaited<ReturnType<typeof s.send>>,
): Promise<number> {
  const events = await s.ofThread(run.threadId)
  return events.filter(({ type }) => type === 'message_completed').length
}

test.for([
  [false, 3, 'interrupted'],
  [true, 2, 'out_of_memory'],
] as const)(
  'F57, F60: a run that kills its process is tried again and then ended, the others go on (of memory: %s, tries: %i)',
  async ([ranOutOfMemory, tries, code]) => {
    await using s = await runStage()
    // The process dies as soon as the poisonous run is begun; all others just take long.
    let model = stuck()
    let node = s.node(model.act, { isSoleOwner: true, ranOutOfMemory })
    const innocent = [await s.send(node), await s.send(node)]
    const poison = await s.send(node, 'poison')
    const later = [await s.send(node), await s.send(node)]
    const begun = () => model.runs.includes(poison.runId)
    let deaths = 0
    const ends = async () => (await s.row(poison.runId)).state === 'failed'
    while (!(await ends())) {
      await s.until(async () => begun() || (await ends()) || model.runs.length > 0)
      if (await ends()) break
      if (begun()) {
        deaths += 1
        node.kill()
        model = stuck()
        node = s.node(model.act, { isSoleOwner: true, ranOutOfMemory })
        await node.runs.recover()
      } else {
        // A suspect that runs alone and is innocent comes to its end.
        model.began.open()
        await s.until(() => node.runs.status().active === 0 || begun())
      }
    }
    expect(deaths).toBe(tries)
    expect(await s.ended(poison)).toMatchObject({ type: 'agent_failed', code })
    model.began.open()
    await node.runs[Symbol.asyncDispose]()
    await s.node(answering('well')).runs.recover()
    for (const run of [...innocent, ...later]) {
      expect(await s.ended(run)).toMatchObject({ final_response: 'well' })
    }
  },
)
