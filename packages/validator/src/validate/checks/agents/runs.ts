import { randomUUID } from 'node:crypto'

import { CheckFailure, type Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { digestOf } from '../../live/digest.ts'
import { awaitRun, startRun, statusOf } from '../../live/runs.ts'
import { tidy } from '../../live/tidy.ts'
import { cause, inGroup } from '../group.ts'

const TIMEOUT_MS = 40_000

const versionCause = cause(
  'This Netra has no agent selftest: it is older than this validator.',
  'Use the netra validate that came with it, or upgrade it.',
  /answered 404/,
)
const runCause = cause(
  'Runs are not carried out, or not told of: the store, or the process that runs them, has a problem.',
  'Read the reasons in /health; look for the run_id of the evidence in the log.',
)

export const runChecks: readonly Check[] = inGroup('agents', [
  {
    id: 'agents.execute',
    title: 'An agent answers over HTTP, with the state of its circuit breaker',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [versionCause, runCause],
    async run(context) {
      const account = await context.account()
      const message = `execute ${randomUUID()}`
      const answer = await context.http.ask('/api/agents/execute', {
        token: account.token,
        body: { type: 'selftest', message },
        withinMs: context.pace.turnMs,
      })
      const said = answer.json()
      await tidy(context, account, [String(said['thread_id'])])
      if (said['status'] !== 'success') {
        throw new CheckFailure(`status ${String(said['status'])}: ${String(said['error'])}`)
      }
      if (!String(said['response']).includes(digestOf(message))) {
        throw new CheckFailure(`the answer lacks ${digestOf(message)}: ${String(said['response'])}`)
      }
      if (said['circuit_breaker_state'] !== 'CLOSED') {
        throw new CheckFailure(`circuit_breaker_state is ${String(said['circuit_breaker_state'])}`)
      }
      if (typeof said['execution_time'] !== 'number') {
        throw new CheckFailure('execution_time is no number')
      }
      return `answered after ${said['execution_time']} s`
    },
  },
  {
    id: 'agents.start',
    title: 'A run can be begun over HTTP and comes to its end',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [versionCause, runCause],
    async run(context) {
      const account = await context.account()
      const started = await startRun(context, account.token, 'start')
      const status = await awaitRun(context, account.token, { ...started, until: 'ended' })
      await tidy(context, account, [started.threadId])
      if (status !== 'completed') throw new CheckFailure(`the run ended ${status}`)
      return `run ${started.runId} completed`
    },
  },
  {
    id: 'agents.status',
    title: 'The status of runs tells what is under way',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [versionCause, runCause],
    async run(context) {
      const account = await context.account()
      const { token } = account
      const started = await startRun(context, token, 'status\n!no-tool\n!wait 20000')
      await awaitRun(context, token, { ...started, until: 'running' })
      const path = `/api/agents/status?thread_id=${encodeURIComponent(started.threadId)}`
      const { active, runs } = (await context.http.ask(path, { token })).json()
      await stop(context, token, { run_id: started.runId }, 'stop')
      await tidy(context, account, [started.threadId])
      const [run] = (Array.isArray(runs) ? runs : []) as Record<string, unknown>[]
      if (run?.['run_id'] !== started.runId || run['status'] !== 'running') {
        throw new CheckFailure(`the thread's runs are ${JSON.stringify(runs).slice(0, 200)}`)
      }
      if (active !== 1) throw new CheckFailure(`active is ${String(active)}, not 1`)
      return `run ${started.runId} running, 1 active`
    },
  },
  ...(['stop', 'cancel'] as const).map((how) => ({
    id: `agents.${how}` as const,
    title: `A run can be ended by /api/agents/${how}`,
    weight: 'blocking' as const,
    timeoutMs: TIMEOUT_MS,
    causes: [versionCause, runCause],
    async run(context: CheckContext) {
      const account = await context.account()
      const { token } = account
      const started = await startRun(context, token, `${how}\n!forever`)
      await awaitRun(context, token, { ...started, until: 'running' })
      const begun = performance.now()
      const named = await stop(context, token, { run_id: started.runId }, how)
      const status = await awaitRun(context, token, { ...started, until: 'ended' })
      await tidy(context, account, [started.threadId])
      if (named !== started.runId) throw new CheckFailure(`${how} named run ${named}`)
      if (status !== 'cancelled') throw new CheckFailure(`the run ended ${status}, not cancelled`)
      return `cancelled after ${Math.round(performance.now() - begun)} ms`
    },
  })),
  {
    id: 'agents.unknown-refused',
    title: 'An agent that does not exist is refused, and nothing begins',
    weight: 'blocking',
    causes: [
      cause(
        'Something between answers in the place of Netra, or an unknown agent is taken for another.',
        'Ask Netra itself, without the proxy; look at the answer in the evidence.',
      ),
    ],
    async run(context) {
      const { token } = await context.account()
      const body = { type: `no-such-agent-${randomUUID()}`, message: 'nobody' }
      const answer = await context.http.ask('/api/agents/execute', { token, body, expect: 404 })
      if (answer.json()['error'] !== true) throw new CheckFailure('the answer is no error of Netra')
      return '404'
    },
  },
  {
    id: 'agents.empty-refused',
    title: 'A request without a message is refused in words',
    weight: 'advisory',
    causes: [
      cause(
        'Something between changes requests or answers.',
        'Ask Netra itself, without the proxy; look at the answer in the evidence.',
      ),
    ],
    async run(context) {
      const { token } = await context.account()
      const body = { type: 'selftest' }
      const answer = await context.http.ask('/api/agents/execute', { token, body, expect: 422 })
      const said = answer.json()['user_message']
      if (typeof said !== 'string' || said === '') throw new CheckFailure('it says no user_message')
      return said
    },
  },
  {
    id: 'agents.foreign-run',
    title: "Another person's run is as one that does not exist",
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        "People can see or stop each other's runs: a breach of isolation.",
        'Take the server out of service, keep its data folder and log, and report it as SECURITY.md says.',
      ),
    ],
    async run(context) {
      const [owner, other] = [await context.account(0), await context.account(1)]
      const started = await startRun(context, owner.token, 'mine')
      await statusOf(context, owner.token, started.runId)
      const path = `/api/agents/status?run_id=${encodeURIComponent(started.runId)}`
      await context.http.ask(path, { token: other.token, expect: 404 })
      const body = { run_id: started.runId }
      await context.http.ask('/api/agents/stop', { token: other.token, body, expect: 404 })
      await awaitRun(context, owner.token, { ...started, until: 'ended' })
      await tidy(context, owner, [started.threadId])
      return '404 for its status and for stopping it'
    },
  },
])

async function stop(
  { http }: CheckContext,
  token: string,
  body: { run_id: string },
  how: 'stop' | 'cancel',
): Promise<string> {
  return String((await http.ask(`/api/agents/${how}`, { token, body })).json()['run_id'])
}
