import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

import type { ForwardedRequest } from '../identity/identity.ts'

/** What the edge shows of agents and models; the composition root fills it from `agent/`. */
export interface AgentCatalogue {
  list(): Promise<unknown[]>
  models(): Promise<unknown>
  /** Circuit breaker around an agent's model; undefined when there is no such agent. */
  breaker(agent: string): Promise<BreakerStatus | undefined>
  breakerState(agent: string, model: string | null): Promise<BreakerStatus['state']>
}

export interface BreakerStatus {
  state: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
  failure_count: number
  success_count: number
  last_failure_time: string | null
  next_attempt_time: string | null
}

/** The administrator's page for models. */
export interface ModelSettingsPage {
  list(): Promise<{ connections: unknown[]; default_model: string | null }>
  put(
    provider: string,
    change: { apiKey?: string; baseUrl?: string; enabledModels?: string[] },
  ): Promise<void>
  remove(provider: string): Promise<void>
  test(provider: string): Promise<unknown>
  setDefaultModel(model: string | null): Promise<void>
}

/** The built-in sample workload, synthetic and labelled so. */
export interface SampleFile {
  name: string
  mediaType: string
  open(): Readable
}

/** How a request reaches the auth service when it runs elsewhere. */
export interface AuthForward {
  /** @throws AuthUnavailable */
  forward(
    request: ForwardedRequest,
  ): Promise<Readable & { statusCode?: number | undefined; headers: IncomingHttpHeaders }>
}
