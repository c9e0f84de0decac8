import { expect } from 'vitest'

import type { Follower, Received } from './follower.ts'
import { request } from './http.ts'
import type { Person } from './people.ts'

/** What waits for a person, as a node tells of it. */
export interface Asked {
  run_id: string
  tool_call_id: string
  fence: number
  tool: string
  arguments: unknown
  question?: unknown
}

interface Answered {
  state: string
  repeated: boolean
  message?: string
}

/** What a node says that waits for this person. */
export const askedAt = async (url: string, { headers }: Person): Promise<Asked[]> =>
  (await request<{ approvals: Asked[] }>(`${url}/api/approvals`, { headers })).body.approvals

/** Waits until a node knows that the run waits. */
export async function waitsAt(url: string, person: Person, runId: string): Promise<Asked> {
  let asked: Asked | undefined
  await expect
    .poll(
      async () => {
        asked = (await askedAt(url, person)).find(({ run_id: run }) => run === runId)
        return asked
      },
      { timeout: 60_000 },
    )
    .toBeDefined()
  return asked as Asked
}

export const answerAt = (url: string, { headers }: Person, asked: Asked, answer: object) =>
  request<Answered>(`${url}/api/approvals/${asked.run_id}/${asked.tool_call_id}`, {
    headers,
    body: { fence: asked.fence, ...answer },
  })

/** What a run has told this device of that type, oldest first. */
export const toldOf = (
  device: Follower,
  run: { run_id: string; thread_id: string },
  type: string,
): Received['event'][] =>
  (device.events.get(`thread:${run.thread_id}`) ?? [])
    .map(({ event }) => event)
    .filter((event) => event.type === type && event['run_id'] === run.run_id)
