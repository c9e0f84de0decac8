import { CheckFailure, CheckTimedOut } from '../check.ts'
import type { CheckContext } from '../context.ts'

const OPEN = new Set(['queued', 'running', 'waiting'])
const LOOK_MS = 100

export interface Started {
  runId: string
  threadId: string
}

/** Begins a run of the selftest agent over HTTP. @throws CheckFailure */
export async function startRun(
  { http }: CheckContext,
  token: string,
  message: string,
): Promise<Started> {
  const answer = await http.ask('/api/agents/start', {
    token,
    body: { agent_type: 'selftest', message },
    expect: [200, 202],
  })
  const { run_id, thread_id } = answer.json()
  if (typeof run_id !== 'string' || typeof thread_id !== 'string') {
    throw new CheckFailure('the answer names no run_id or thread_id')
  }
  return { runId: run_id, threadId: thread_id }
}

/** What `/api/agents/status` says of one run. @throws CheckFailure */
export async function statusOf(
  { http }: CheckContext,
  token: string,
  runId: string,
): Promise<string> {
  const path = `/api/agents/status?run_id=${encodeURIComponent(runId)}`
  const { runs } = (await http.ask(path, { token })).json()
  const [run] = (Array.isArray(runs) ? runs : []) as Record<string, unknown>[]
  if (run?.['run_id'] !== runId || typeof run['status'] !== 'string') {
    throw new CheckFailure(`status does not tell of run ${runId}`)
  }
  return run['status']
}

/** Asks until a run has ended, or until it is at work. @throws CheckTimedOut after `pace.turnMs` */
export async function awaitRun(
  context: CheckContext,
  token: string,
  at: { runId: string; until: 'running' | 'ended' },
): Promise<string> {
  const { turnMs } = context.pace
  const give = performance.now() + turnMs
  for (;;) {
    const status = await statusOf(context, token, at.runId)
    if (!OPEN.has(status)) return status
    if (at.until === 'running' && status === 'running') return status
    if (performance.now() > give) {
      throw new CheckTimedOut(`run ${at.runId} was still ${status} after ${turnMs} ms`)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
