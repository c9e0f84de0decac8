import { createHash } from 'node:crypto'

import {
  AgentFailure,
  type Agents,
  type Step,
  type Turn,
} from '../../packages/server/src/agent/agent.ts'
import type { Clock } from '../../packages/server/src/platform/clock.ts'
import { Random } from './random.ts'

const WORDS = ['one', ' two', '\n', ' déjà', ' 漢字', ' 😀', '😀', ' **bold**', ' ', 'x']
const USAGE = { inputTokens: 3, outputTokens: 5 }

/** One model call and, but for the last, one tool call. */
interface Round {
  text: string
  paceMs: number
  toolMs: number
  asks: boolean
  isRepeatable: boolean
}

/** The same for the same run, wherever and however often it is taken up. */
function planOf(turn: Turn): { fate: number; rounds: Round[] } {
  const random = new Random(createHash('sha256').update(turn.runId).digest().readInt32LE(0))
  const fate = random.next()
  const rounds = Array.from({ length: random.between(1, 3) }, () => ({
    text: Array.from({ length: random.between(1, 25) }, () => random.pick(WORDS)).join(''),
    paceMs: random.pick([0, 1, 7, 40, 300]),
    toolMs: random.pick([1, 100, 2_000]),
    asks: random.chance(0.2),
    isRepeatable: random.chance(0.5),
  }))
  return { fate, rounds }
}

/** An agent that only its run's id decides: thinks, speaks in pieces, calls tools, asks, fails. */
export function scriptedAgents(
  clock: Clock,
): Pick<Agents, 'act' | 'resolve' | 'ownModelOf' | 'fixedModelOf'> {
  async function* act(turn: Turn, signal: AbortSignal): AsyncGenerator<Step> {
    const { fate, rounds } = planOf(turn)
    const done = turn.completed.length
    for (const [index, round] of rounds.entries()) {
      const step = index * 2 + 1
      const call = { callId: `call-${index}`, toolName: 'look', arguments: { index } }
      const isLast = index === rounds.length - 1
      if (done < step) {
        yield* speak(round, { step, fate, signal })
        const calls = isLast ? [] : [call]
        yield { kind: 'spoken', text: round.text, usage: USAGE, costUsd: null, calls }
      }
      if (isLast) {
        const finalResponse = round.text
        yield { kind: 'done', finalResponse, usage: USAGE, costUsd: null, steps: step }
        return
      }
      if (done > step) continue
      const decision = turn.decisions?.get(call.callId)
      const hadBegun = turn.interrupted?.includes(call.callId) ?? false
      if ((round.asks || (hadBegun && !round.isRepeatable)) && !decision) {
        yield { kind: 'waits', call }
        return
      }
      const status = decision?.approved === false ? 'denied' : 'ok'
      if (status === 'ok') yield* use(call, { ms: round.toolMs, step: step + 1, signal })
      const outcome = { callId: call.callId, toolName: 'look', status, result: { index } } as const
      yield { kind: 'tool_ended', call, outcome, durationMs: round.toolMs }
    }
  }

  async function* speak(
    { text, paceMs }: Round,
    { step, fate, signal }: { step: number; fate: number; signal: AbortSignal },
  ): AsyncGenerator<Step> {
    yield { kind: 'thinking', step, thought: `Step ${step}.` }
    if (fate < 0.06) throw new AgentFailure('model_refused', 'No.', { retry: 'same' })
    for (let at = 0; at < text.length; at += 2) {
      // In units, as a careless provider cuts: a pair may fall apart.
      yield { kind: 'text', text: text.slice(at, at + 2) }
      if (paceMs > 0) await sleep(clock, paceMs, signal)
      if (fate > 0.97 && at > 10) throw new Error('the model broke')
    }
  }

  async function* use(
    call: Extract<Step, { kind: 'tool_started' }>['call'],
    { ms, step, signal }: { ms: number; step: number; signal: AbortSignal },
  ): AsyncGenerator<Step> {
    yield { kind: 'thinking', step, thought: 'Looking.' }
    yield { kind: 'tool_started', call }
    yield { kind: 'tool_progress', callId: call.callId, progress: 1, total: 2 }
    await sleep(clock, ms, signal)
  }

  return {
    act,
    resolve: (name) => name ?? 'scripted',
    ownModelOf: () => undefined,
    fixedModelOf: () => undefined,
  }
}

function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = (): void => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}
