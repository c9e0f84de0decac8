import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

import type { StoredFile } from '../command/command.ts'
import type { ForwardedRequest } from '../identity/identity.ts'
import type { ErrorGroup } from '../platform/error-group.ts'

/** What the edge shows of agents and models; the composition root fills it from `agent/`. */
export interface AgentCatalogue {
  list(): Promise<unknown[]>
  models(): Promise<unknown>
  /** Those that some agent has that people may pick. */
  tools(): ToolInfo[]
  /** Circuit breaker around an agent's model; undefined when there is no such agent. */
  breaker(agent: string, userId: string): Promise<BreakerStatus | undefined>
  breakerState(agent: string, model: string | null, userId: string): Promise<BreakerStatus['state']>
}

/** The administrator's page for agents beside Netra's own. */
export interface MoreAgentsPage {
  /** Of files: the folder, and what became of each. */
  own(): {
    folder: string | null
    files: {
      file: string
      agent: string
      /** Of the version that answers; null when there is none. */
      name: string | null
      description: string | null
      status: 'ready' | 'previous' | 'broken'
      problems: { line: number | null; field: string | null; message: string }[]
    }[]
  }
  /** Files that are no agent now, each with what is wrong in one line. */
  broken(): string[]
  /** Elsewhere, at an address. */
  remote(): Promise<unknown[]>
  add(agent: {
    id: string
    name: string
    description: string
    url: string
    headers?: Record<string, string> | undefined
    examples?: string[] | undefined
  }): Promise<unknown>
  change(
    id: string,
    change: {
      name?: string | undefined
      description?: string | undefined
      url?: string | undefined
      headers?: Record<string, string> | undefined
      examples?: string[] | undefined
      enabled?: boolean | undefined
    },
  ): Promise<unknown>
  remove(id: string): Promise<void>
}

/** Plans that a person adopted, newest first. */
export interface AdoptedPlans {
  list(userId: string): Promise<
    {
      planId: string
      threadId: string
      runId: string
      threadTitle: string
      title: string
      steps: unknown[]
      changes: unknown[]
      period: string | null
      reportId: string | null
      adoptedAt: string
    }[]
  >
}

export interface ToolInfo {
  name: string
  description: string
  /** What a call does to the world outside of its conversation. */
  effect: 'none' | 'reads' | 'writes' | 'spends'
  /** A person is asked before each call. */
  asks_first: boolean
  /** JSON Schema of its arguments. */
  input_schema: object
  /** Ids of the agents that have it. */
  agents: string[]
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
  list(): Promise<{
    connections: unknown[]
    default_model: string | null
    fallback_models: readonly string[]
  }>
  put(
    provider: string,
    change: { apiKey?: string; baseUrl?: string; enabledModels?: string[] },
  ): Promise<void>
  remove(provider: string): Promise<void>
  test(provider: string): Promise<unknown>
  setDefaultModel(model: string | null): Promise<void>
  setFallbacks(models: readonly string[]): Promise<void>
}

/** The built-in sample workload, synthetic and labelled so. */
export interface SampleFile {
  name: string
  mediaType: string
  open(): Readable
}

/** Groups of errors that this process has logged, newest first. */
export interface ErrorReports {
  since: string
  list(): ErrorGroup[]
}

/** How a request reaches the auth service when it runs elsewhere. */
export interface AuthForward {
  /** @throws AuthUnavailable */
  forward(
    request: ForwardedRequest,
  ): Promise<Readable & { statusCode?: number | undefined; headers: IncomingHttpHeaders }>
}

/** The start of this process, as health and the configuration show it. */
export interface StartupView {
  /** The checks are over, and passed or were gone around. */
  readonly isReady: boolean
  /** Ids of checks that did not pass and that the operator goes around. */
  readonly bypassed: readonly string[]
  readonly report: {
    status: string
    total_ms: number
    phases: readonly { name: string; ms: number }[]
    checks: readonly { id: string; status: string; ms: number }[]
  }
  /** Whether an Authorization header is that of this process itself, trying itself out. */
  isOwn(authorization: string): boolean
}

/** How an uploaded table is read as usage of models: what was recognised, and what a person corrects. */
export interface WorkloadPage {
  /** Undefined when the person has no such file; `reading` while a large one is read for the first time. */
  look(userId: string, fileId: string): Promise<FileReading | { reading: number } | undefined>
  /**
   * Keeps a corrected mapping, or with null what was recognised; undefined as `look`.
   * @throws MappingRefused that says what is wrong with it.
   */
  correct(userId: string, fileId: string, mapping: unknown): Promise<FileReading | undefined>
  /** What was corrected of a file that is no more. */
  forget(userId: string, fileId: string): Promise<void>
  /** All that a person corrected. */
  corrections(userId: string): Promise<{ file_id: string; mapping: unknown }[]>
  /** A file of what Netra holds at this moment. @throws NothingToSnapshot */
  snapshot(
    userId: string,
    wish: { source: SnapshotSource; from?: string | undefined; to?: string | undefined },
  ): Promise<StoredFile>
}

/** `otlp`: calls that applications sent. `own_usage`: what the person's own runs used here. */
export type SnapshotSource = 'otlp' | 'own_usage'

export interface FileReading {
  file_id: string
  name: string
  format: string
  note: string | null
  corrected: boolean
  rows: number
  rejected: { count: number; reasons: string[] }
  mapping: unknown
  /** Of the file. */
  columns: { name: string; type: string; used: boolean }[]
  /** What there is to map to. */
  schema: { name: string; sort: string; unit: string; meaning: string; units: readonly string[] }[]
  /** The first rows as they are read. */
  preview: { columns: string[]; rows: unknown[][] }
}

/** The mapping, or the file under it, is at fault; the message says how. */
export class MappingRefused extends Error {
  override readonly name = 'MappingRefused'
}

/** There is nothing of that kind in that time. */
export class NothingToSnapshot extends Error {
  override readonly name = 'NothingToSnapshot'
}
