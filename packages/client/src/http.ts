import { z } from 'zod'

import type {
  Agent,
  ConnectionTest,
  CreatedInvitation,
  DeliveryReport,
  Invitation,
  MessagePage,
  ModelConnections,
  Models,
  ServerConfig,
  Refreshed,
  SignedIn,
  SocketTicket,
  StoredFile,
  Thread,
  User,
} from './api-types.ts'
import {
  agentListSchema,
  connectionTestSchema,
  createdInvitationSchema,
  deliveryReportSchema,
  fileListSchema,
  invitationListSchema,
  messagePageSchema,
  modelConnectionsSchema,
  modelsSchema,
  refreshedSchema,
  serverConfigSchema,
  signedInSchema,
  socketTicketSchema,
  storedFileSchema,
  threadSchema,
  userSchema,
} from './api-types.ts'
import { pageCredentials, ticketCredentials, type Credentials } from './credentials.ts'
import { HttpRequester, isOfAuth, parseAnswer, type HttpOptions } from './http-request.ts'
import type { HttpAddresses } from './http-socket/http-transport.ts'
import { PageToken } from './page-token.ts'
import { runTimelineSchema, type RunTimeline, type Seen } from './timeline-types.ts'
import { canReportProgress, uploadWithProgress, type UploadProgress } from './upload.ts'

const threadListSchema = z.array(threadSchema)

const part = (id: string): string => encodeURIComponent(id)

/**
 * Netra's HTTP routes, typed.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class HttpApi {
  readonly #http: HttpRequester
  /** For `EntranceApi`, `AccountApi` and `UsersApi`, which a page loads when it needs them. */
  readonly requests: HttpRequester
  readonly admin: AdminApi

  /** How a page's socket proves who it is. */
  readonly credentials: Credentials

  constructor(options: HttpOptions) {
    const page = options.authUrl !== undefined && !options.token && new PageToken(options)
    this.#http = new HttpRequester({
      ...options,
      ...(page && { token: (path: string) => (isOfAuth(path) ? null : page.orNobody()) }),
    })
    this.credentials = page ? pageCredentials(page) : ticketCredentials(this)
    this.requests = this.#http
    this.admin = new AdminApi(this.#http)
  }

  config(): Promise<ServerConfig> {
    return this.#http.json(serverConfigSchema, 'GET', '/api/config')
  }

  /** Where the requests of the fallback go; undefined for a server that has none. */
  fallbackAddresses(config: ServerConfig): HttpAddresses | undefined {
    const { events_url: events, commands_url: commands } = config
    if (events === undefined || commands === undefined) return undefined
    return { events, commands, me: this.#http.address('/auth/me') }
  }

  /** Where addresses have to be confirmed first, use `EntranceApi`, which knows that answer. */
  register(body: {
    email: string
    password: string
    name?: string
    invitation?: string
  }): Promise<SignedIn> {
    return this.#http.json(signedInSchema, 'POST', '/auth/register', { body })
  }

  login(body: { email: string; password: string }): Promise<SignedIn> {
    return this.#http.json(signedInSchema, 'POST', '/auth/login', { body })
  }

  /** Makes the administrator's account with the one-time token of the first start. */
  setup(body: {
    token: string
    email: string
    password: string
    name?: string
  }): Promise<SignedIn> {
    return this.#http.json(signedInSchema, 'POST', '/auth/setup', { body })
  }

  refresh(refreshToken: string): Promise<Refreshed> {
    return this.#http.json(refreshedSchema, 'POST', '/auth/refresh', {
      body: { refresh_token: refreshToken },
    })
  }

  logout(options: { everywhere?: boolean } = {}): Promise<void> {
    return this.#http.nothing('POST', '/auth/logout', { body: options })
  }

  me(signal?: AbortSignal): Promise<User> {
    return this.#http.json(userSchema, 'GET', '/auth/me', { signal })
  }

  /** One-time, 30 s: goes into the `hello` of a page's next socket. */
  createSocketTicket(): Promise<SocketTicket> {
    return this.#http.json(socketTicketSchema, 'POST', '/api/ws-ticket', { body: {} })
  }

  /** Newest first. With `q`: found by title and text, each with a snippet. */
  threads(
    query: { limit?: number; offset?: number; q?: string; archived?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<Thread[]> {
    return this.#http.json(threadListSchema, 'GET', '/api/threads', { query, signal })
  }

  createThread(body: { title?: string } = {}): Promise<Thread> {
    return this.#http.json(threadSchema, 'POST', '/api/threads', { body })
  }

  thread(id: string, signal?: AbortSignal): Promise<Thread> {
    return this.#http.json(threadSchema, 'GET', `/api/threads/${part(id)}`, { signal })
  }

  updateThread(
    id: string,
    body: { title?: string; archived?: boolean; metadata?: Record<string, unknown> },
  ): Promise<Thread> {
    return this.#http.json(threadSchema, 'PUT', `/api/threads/${part(id)}`, { body })
  }

  deleteThread(id: string): Promise<void> {
    return this.#http.nothing('DELETE', `/api/threads/${part(id)}`)
  }

  deliveryReport(threadId: string, signal?: AbortSignal): Promise<DeliveryReport> {
    return this.#http.json(deliveryReportSchema, 'GET', `/api/threads/${part(threadId)}/delivery`, {
      signal,
    })
  }

  /** Why an answer took as long as it did. */
  runTimeline(runId: string, signal?: AbortSignal): Promise<RunTimeline> {
    return this.#http.json(runTimelineSchema, 'GET', `/api/runs/${part(runId)}/timeline`, {
      signal,
    })
  }

  /** Says what the person waited; the first of a device counts. */
  runSeen(runId: string, seen: Seen): Promise<void> {
    return this.#http.nothing('POST', `/api/runs/${part(runId)}/seen`, { body: seen })
  }

  /** Messages older than `before`, for threads whose state does not begin at the start. */
  messages(
    threadId: string,
    query: { before?: string; limit?: number } = {},
    signal?: AbortSignal,
  ): Promise<MessagePage> {
    return this.#http.json(messagePageSchema, 'GET', `/api/threads/${part(threadId)}/messages`, {
      query,
      signal,
    })
  }

  async exportThread(threadId: string, format: 'markdown' | 'json'): Promise<string> {
    const path = `/api/threads/${part(threadId)}/export`
    const response = await this.#http.send('GET', path, { query: { format } })
    return response.text()
  }

  async agents(signal?: AbortSignal): Promise<Agent[]> {
    const { agents } = await this.#http.json(agentListSchema, 'GET', '/api/agents', { signal })
    return agents
  }

  models(signal?: AbortSignal): Promise<Models> {
    return this.#http.json(modelsSchema, 'GET', '/api/models', { signal })
  }

  /** Progress is told where the platform can tell it: in browsers. */
  async uploadFile(
    file: Blob,
    options: {
      name: string
      onProgress?: (progress: UploadProgress) => void
      signal?: AbortSignal
    },
  ): Promise<StoredFile> {
    const { name, onProgress, signal } = options
    const form = new FormData()
    form.append('file', file, name)
    if (!onProgress || !canReportProgress()) {
      return this.#http.json(storedFileSchema, 'POST', '/api/files', { form, signal })
    }
    const url = this.#http.address('/api/files')
    const headers = await this.#http.headers('/api/files')
    const answer = await uploadWithProgress({ url, form, headers, onProgress, signal })
    return parseAnswer(storedFileSchema, 201, answer)
  }

  /** Attaches the built-in synthetic workload to the caller. */
  useSample(): Promise<StoredFile> {
    return this.#http.json(storedFileSchema, 'POST', '/api/files/sample', { body: {} })
  }

  async files(signal?: AbortSignal): Promise<StoredFile[]> {
    const { files } = await this.#http.json(fileListSchema, 'GET', '/api/files', {
      signal,
    })
    return files
  }

  fileAddress(fileId: string): string {
    return this.#http.address(`/api/files/${part(fileId)}/content`)
  }

  /** Also what a `result_ref` of a tool call names. */
  async fileContent(fileId: string, signal?: AbortSignal): Promise<Blob> {
    const response = await this.#http.send('GET', `/api/files/${part(fileId)}/content`, { signal })
    return response.blob()
  }

  deleteFile(fileId: string): Promise<void> {
    return this.#http.nothing('DELETE', `/api/files/${part(fileId)}`)
  }
}

/** What only an administrator may. */
export class AdminApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  connections(signal?: AbortSignal): Promise<ModelConnections> {
    return this.#http.json(modelConnectionsSchema, 'GET', '/api/admin/connections', { signal })
  }

  saveConnection(
    provider: string,
    body: { api_key?: string; base_url?: string; enabled_models?: string[] },
  ): Promise<ModelConnections> {
    return this.#http.json(
      modelConnectionsSchema,
      'PUT',
      `/api/admin/connections/${part(provider)}`,
      { body },
    )
  }

  testConnection(provider: string): Promise<ConnectionTest> {
    return this.#http.json(
      connectionTestSchema,
      'POST',
      `/api/admin/connections/${part(provider)}/test`,
      { body: {} },
    )
  }

  deleteConnection(provider: string): Promise<void> {
    return this.#http.nothing('DELETE', `/api/admin/connections/${part(provider)}`)
  }

  setDefaultModel(model: string | null): Promise<ModelConnections> {
    return this.#http.json(modelConnectionsSchema, 'PUT', '/api/admin/default-model', {
      body: { model },
    })
  }

  async invitations(signal?: AbortSignal): Promise<Invitation[]> {
    const path = '/auth/admin/invitations'
    const answer = await this.#http.json(invitationListSchema, 'GET', path, { signal })
    return answer.invitations
  }

  createInvitation(
    body: { email?: string; expires_in_days?: number } = {},
  ): Promise<CreatedInvitation> {
    return this.#http.json(createdInvitationSchema, 'POST', '/auth/admin/invitations', { body })
  }

  deleteInvitation(id: string): Promise<void> {
    return this.#http.nothing('DELETE', `/auth/admin/invitations/${part(id)}`)
  }
}
