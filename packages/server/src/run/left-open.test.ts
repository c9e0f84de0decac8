import { expect, test } from 'vitest'

import { done, gate, runStage, said, type Act } from '../../testing/run-stage.ts'
import { UNMETERED, type CallMade } from '../agent/model/meter.ts'

const callOf = (call: Partial<CallMade>): CallMade => ({
  model: 'test/model',
  at: Date.UTC(2026, 0, 1),
  ms: 1,
  status: 'ok',
  inputTokens: 100,
  cachedInputTokens: 0,
  outputTokens: 5,
  estimated: false,
  costUsd: null,
  ...call,
})

/** One call of a model, which is answered only once the gate is open; its first words come before. */
function slowCall() {
  const inCall = gate()
  const act: Act = async function* (_turn, signal, meter = UNMETERED) {
    const wanted = {
      model: 'test/model',
      isRetry: false,
      likely: () => ({ tokens: 100, costUsd: null }),
      brokenOff: (outputTokens: number) =>
        callOf({ status: 'error', outputTokens, estimated: true }),
    }
    const admitted = await meter.admit(wanted, signal)
    try {
      yield { kind: 'text', text: 'well' }
      await inCall.pass(signal)
    } catch (error) {
      admitted.over(callOf({ status: 'cancelled' }))
      throw error
    }
    admitted.over(callOf({}))
    yield said('well')
    yield done('well')
  }
  return { act, inCall }
}

test.each([
  ['killed', 'of several', false, ['error', 'ok']],
  ['killed', 'alone', true, ['error', 'ok']],
  ['shut down', 'of several', false, ['cancelled', 'ok']],
  ['shut down', 'alone', true, ['cancelled', 'ok']],
] as const)(
  'a node %s in a call of a model (%s): the call is in the ledger once, beside the one made again',
  async (how, _where, isSoleOwner, ledger) => {
    await using s = await runStage()
    const first = slowCall()
    const one = s.node(first.act, { isSoleOwner })
    const run = await s.send(one)
    await first.inCall.reached
    await s.until(async () =>
      (await s.ofThread(run.threadId)).some(({ type }) => type === 'message_delta'),
    )
    if (how === 'killed') one.kill()
    else await one.runs[Symbol.asyncDispose]()
    const second = slowCall()
    second.inCall.open()
    await s.node(second.act, { isSoleOwner }).runs.recover()
    await s.ended(run, { within: 20_000 })
    const calls = await s.calls()
    expect(calls.map(({ status }) => status)).toEqual(ledger)
    const isLost = how === 'killed'
    expect(calls[0]).toMatchObject({
      input_tokens: 100,
      output_tokens: isLost ? 'well'.length : 5,
      estimated: isLost ? 1 : 0,
    })
  },
)
