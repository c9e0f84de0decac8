import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { userStream, type Journal } from '../src/journal/journal.ts'
import { openSqliteJournal } from '../src/journal/sqlite/sqlite-journal.ts'
import { asId, newId, type RunId, type ThreadId, type UserId } from '../src/platform/ids.ts'
import { silentLogger as logger } from '../src/platform/logger.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { TestClock } from '../src/platform/testing-clock.ts'
import { Spending, type CallMade, type LeftOpen, type RunMeter } from '../src/spending/spending.ts'

export const ADA = asId<UserId>('ada')
export const BOB = asId<UserId>('bob')
const NEVER = new AbortController().signal
const FRESH = { steps_per_run: 0, model_calls_per_run: 0, handoffs_per_run: 0 }

type Options = Partial<ConstructorParameters<typeof Spending>[0]>

/** Spending over a real journal, on a clock that only the test moves. */
export async function spendingStage(options: Options = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'netra-spending-'))
  const clock = new TestClock(Date.parse('2026-11-21T10:00:00Z'))
  let journal: Journal = await openSqliteJournal({ folder, logger, clock })
  let metrics = createMetrics()
  const open = () => new Spending({ journal, clock, logger, metrics, ...options })
  let spending = open()

  const callOf = (call: Partial<CallMade> = {}): CallMade => ({
    model: 'openai/gpt-4o',
    at: clock.now(),
    ms: 1,
    status: 'ok',
    inputTokens: 100,
    cachedInputTokens: 0,
    outputTokens: 0,
    estimated: false,
    costUsd: 0.01,
    ...call,
  })

  const stage = {
    clock,
    get metrics() {
      return metrics
    },
    get journal() {
      return journal
    },
    get spending() {
      return spending
    },
    callOf,
    meterOf: (userId: UserId = ADA, leftOpen?: LeftOpen): RunMeter =>
      spending.meterOf(
        { id: newId<RunId>(), user_id: userId, thread_id: newId<ThreadId>() },
        FRESH,
        leftOpen,
      ),
    /** One call from its admission to the commit that holds it. */
    async call(meter: RunMeter, call: Partial<CallMade> = {}, signal = NEVER): Promise<void> {
      const made = callOf(call)
      const admitted = await stage.admit(meter, made, signal)
      admitted.over(made)
      await stage.write(meter)
    },
    admit: (meter: RunMeter, call: CallMade, signal = NEVER) =>
      meter.admit(
        {
          model: call.model,
          isRetry: false,
          likely: () => ({ tokens: call.inputTokens, costUsd: call.costUsd }),
          brokenOff: (characters) => ({
            ...call,
            status: 'error',
            outputTokens: characters,
            estimated: true,
          }),
        },
        signal,
      ),
    async write(meter: RunMeter, userId: UserId = ADA): Promise<void> {
      const { rows, written } = meter.rows('assistant')
      await journal.commit({ appends: [{ stream: userStream(userId), events: [] }], rows })
      written()
    },
    async restart(): Promise<void> {
      spending[Symbol.dispose]()
      await journal[Symbol.asyncDispose]()
      journal = await openSqliteJournal({ folder, logger, clock })
      metrics = createMetrics()
      spending = open()
    },
    async told(userId: UserId = ADA): Promise<Record<string, number>[]> {
      const events = await journal.read(userStream(userId), 0, { events: 100, bytes: 1_000_000 })
      return events.flatMap(({ payload }) => {
        const event = JSON.parse(payload) as { type: string; limits: Record<string, number> }
        return event.type === 'limits_changed' ? [event.limits] : []
      })
    },
    async [Symbol.asyncDispose]() {
      spending[Symbol.dispose]()
      await journal[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return stage
}
