import { z } from 'zod'

import type { HttpRequester } from './http-request.ts'

/** One file of the folder of agents, and what became of it. */
const ownAgentFileSchema = z.object({
  file: z.string(),
  agent: z.string(),
  /** Of the version that answers; null when there is none. */
  name: z.string().nullable(),
  description: z.string().nullable(),
  /** `previous`: it is broken now, and the last version that was whole still answers. */
  status: z.enum(['ready', 'previous', 'broken']),
  problems: z.array(
    z.object({
      line: z.number().nullable(),
      field: z.string().nullable(),
      message: z.string(),
    }),
  ),
})

export const remoteAgentSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  url: z.string(),
  /** What they hold is never shown. */
  header_names: z.array(z.string()),
  examples: z.array(z.string()),
  enabled: z.boolean(),
  /** Why it cannot be used. */
  problem: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})

export const moreAgentsSchema = z.object({
  own: z.object({ folder: z.string().nullable(), files: z.array(ownAgentFileSchema) }),
  remote: z.array(remoteAgentSchema),
})

export const remoteAgentListSchema = z.object({ agents: z.array(remoteAgentSchema) })

export type MoreAgents = z.output<typeof moreAgentsSchema>
export type OwnAgentFile = z.output<typeof ownAgentFileSchema>
export type RemoteAgent = z.output<typeof remoteAgentSchema>

export interface NewRemoteAgent {
  id: string
  name: string
  description: string
  url: string
  headers?: Record<string, string>
  examples?: string[]
}

const pathOf = (id: string): string => `/api/admin/agents/remote/${encodeURIComponent(id)}`

/**
 * Agents beside Netra's own, for administrators: of files of the operator's, and elsewhere.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class MoreAgentsApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  all(signal?: AbortSignal): Promise<MoreAgents> {
    return this.#http.json(moreAgentsSchema, 'GET', '/api/admin/agents', { signal })
  }

  add(body: NewRemoteAgent): Promise<RemoteAgent> {
    return this.#http.json(remoteAgentSchema, 'POST', '/api/admin/agents/remote', { body })
  }

  /** Headers that are given replace all. */
  change(
    id: string,
    body: Partial<Omit<NewRemoteAgent, 'id'>> & { enabled?: boolean },
  ): Promise<RemoteAgent> {
    return this.#http.json(remoteAgentSchema, 'PATCH', pathOf(id), { body })
  }

  remove(id: string): Promise<void> {
    return this.#http.nothing('DELETE', pathOf(id))
  }
}
