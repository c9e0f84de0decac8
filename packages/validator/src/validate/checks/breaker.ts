import type { Account } from '../accounts.ts'
import { CheckFailure, type Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import type { Message } from '../live/heard.ts'
import { NativeClient } from '../live/native.ts'
import { recording } from '../live/recording.ts'
import { tidy } from '../live/tidy.ts'
import { cause, inGroup } from './group.ts'

const FAST_MS = 1_000
const MOST_FAILURES = 8
/** The circuit stays open for 3 s: what is asked later may be let through as a trial. */
const STILL_OPEN_MS = 2_400
const MOST_TRIES = 3
const TIMEOUT_MS = 60_000

type Said = Record<string, unknown>

interface Opened {
  failures: number
  /** Of the last one that failed. */
  last: Said
  fast: Said
  fastMs: number
  /** What any answer takes here at that time. */
  plainMs: number
  status: Said
  /** The end of a run that was refused over a socket. */
  end: Message
  recoveredMs: number
  after: Said
  afterStatus: Said
}

const execute = async (
  { http, pace }: CheckContext,
  { token }: Account,
  message: string,
): Promise<Said> => {
  const body = { type: 'selftest', message }
  return (await http.ask('/api/agents/execute', { token, body, withinMs: pace.turnMs })).json()
}

/** Later than the circuit stays open it is a trial, and says nothing of refusals. */
const isRefused = (said: Said): boolean => said['status'] === 'circuit_breaker_open'

const statusFor = async ({ http }: CheckContext, { token }: Account): Promise<Said> =>
  (await http.ask('/api/agents/selftest/circuit_breaker/status', { token })).json()

async function timed<Result>(work: () => Promise<Result>): Promise<{ of: Result; ms: number }> {
  const begun = performance.now()
  const of = await work()
  return { of, ms: performance.now() - begun }
}

/** The selftest model fails until its circuit opens, is asked while it is open, and recovers. */
const opened = recording(async (context: CheckContext): Promise<Opened> => {
  // Not the first account: others are tried with it, and an open circuit is this account's alone.
  const account = await context.account(Math.max(0, context.users - 1))
  using client = await NativeClient.open(context, account)
  const threads: string[] = []
  for (let tried = 1; ; tried++) {
    let failures = 0
    let last: Said = {}
    for (; failures < MOST_FAILURES && last['circuit_breaker_state'] !== 'OPEN'; failures++) {
      last = await execute(context, account, '!fail unavailable')
      threads.push(String(last['thread_id']))
    }
    const openedAt = performance.now()
    const [first, status, refused] = await Promise.all([
      timed(() => execute(context, account, 'is it open?')),
      timed(() => statusFor(context, account)),
      client.turn('is it open?'),
    ])
    // On a slow machine the circuit had its time over before everything was asked.
    const isLate = performance.now() - openedAt > STILL_OPEN_MS && tried < MOST_TRIES
    const again = await timed(() => execute(context, account, 'is it open?'))
    threads.push(...[first.of, again.of].map((said) => String(said['thread_id'])), refused.threadId)
    if (isLate) continue
    // One of them may have met a moment in which the machine was busy with something else.
    const counted = isRefused(again.of) ? [first.ms, again.ms] : [first.ms]
    const after = await recover(context, account, status.of)
    threads.push(String(after.said['thread_id']))
    const afterStatus = await statusFor(context, account)
    await tidy(context, account, threads)
    return {
      failures,
      last,
      fast: first.of,
      fastMs: Math.round(Math.min(...counted)),
      plainMs: Math.round(status.ms),
      status: status.of,
      end: refused.end,
      recoveredMs: Math.round(performance.now() - openedAt),
      after: after.said,
      afterStatus,
    }
  }
})

/** Asks when the circuit said that it lets one call through; more often, as clocks differ. */
async function recover(
  context: CheckContext,
  account: Account,
  status: Said,
): Promise<{ said: Said }> {
  const next = Date.parse(String(status['next_attempt_time'])) - Date.now()
  const wait = Math.min(Math.max(Number.isNaN(next) ? 3_000 : next, 0), 5_000)
  await new Promise((resolve) => setTimeout(resolve, wait + 50))
  let said = await execute(context, account, 'is it closed?')
  for (let asked = 0; isRefused(said) && asked < 6; asked++) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    said = await execute(context, account, 'is it closed?')
  }
  return { said }
}

const NEEDS: readonly Check['id'][] = ['breaker.opens']

const faultCause = cause(
  'Circuit breakers do not work in this Netra, or something between answers in its place.',
  'Compare the versions of Netra and of this validator; ask Netra itself, without the proxy.',
)

export const breakerChecks: readonly Check[] = inGroup('breaker', [
  {
    id: 'breaker.opens',
    title: 'A model that fails again and again is not called any more',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'This Netra has no agent selftest: it is older than this validator.',
        'Use the netra validate that came with it, or upgrade it.',
        /answered 404/,
      ),
      faultCause,
    ],
    async run(context) {
      const { failures, last } = await opened(context)
      if (last['circuit_breaker_state'] !== 'OPEN') {
        throw new CheckFailure(
          `after ${failures} failed calls circuit_breaker_state is ${String(last['circuit_breaker_state'])}`,
        )
      }
      return `OPEN after ${failures} calls`
    },
  },
  {
    id: 'breaker.fast',
    title: `While it is open a call fails within ${FAST_MS / 1000} s, and says why`,
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [faultCause],
    async run(context) {
      const { fast, fastMs, plainMs } = await opened(context)
      if (!isRefused(fast)) {
        throw new CheckFailure(`status ${String(fast['status'])}, not circuit_breaker_open`)
      }
      if (fast['circuit_breaker_state'] !== 'OPEN') {
        throw new CheckFailure(`circuit_breaker_state ${String(fast['circuit_breaker_state'])}`)
      }
      if (typeof fast['error'] !== 'string' || fast['error'] === '') {
        throw new CheckFailure('error says no reason')
      }
      if (fastMs > FAST_MS + plainMs) {
        throw new CheckFailure(
          `after ${fastMs} ms, not within ${FAST_MS} and the ${plainMs} of any answer here`,
        )
      }
      return `after ${fastMs} ms: ${fast['error']}`
    },
  },
  {
    id: 'breaker.told',
    title: 'People are told by agent_failed that the circuit is open',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [faultCause],
    async run(context) {
      const { end } = await opened(context)
      if (end.type !== 'agent_failed' || end['breaker'] !== 'OPEN') {
        throw new CheckFailure(`the run ended with ${end.type}, breaker ${String(end['breaker'])}`)
      }
      return String(end['message'])
    },
  },
  {
    id: 'breaker.status',
    title: 'The status route says OPEN, and when it is tried again',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [faultCause],
    async run(context) {
      const { status } = await opened(context)
      if (status['state'] !== 'OPEN') throw new CheckFailure(`state ${String(status['state'])}`)
      if (Number.isNaN(Date.parse(String(status['next_attempt_time'])))) {
        throw new CheckFailure(`next_attempt_time ${String(status['next_attempt_time'])}`)
      }
      if (!(Number(status['failure_count']) > 0)) {
        throw new CheckFailure(`failure_count ${String(status['failure_count'])}`)
      }
      return `${String(status['failure_count'])} failures, again at ${String(status['next_attempt_time'])}`
    },
  },
  {
    id: 'breaker.recovers',
    title: 'It closes by itself once the model answers again',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        'A circuit that opened stays open: after an outage nobody is answered until a restart.',
        'An administrator can reset it (POST /api/admin/breakers/reset); report it.',
      ),
    ],
    async run(context) {
      const { after, afterStatus, recoveredMs } = await opened(context)
      if (after['status'] !== 'success') {
        throw new CheckFailure(`status ${String(after['status'])}: ${String(after['error'])}`)
      }
      if (afterStatus['state'] !== 'CLOSED') {
        throw new CheckFailure(`answered, and yet the state is ${String(afterStatus['state'])}`)
      }
      return `CLOSED ${recoveredMs} ms after it had opened`
    },
  },
])
