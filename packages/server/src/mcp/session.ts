import {
  Client,
  InsufficientScopeError,
  isInputRequiredResult,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type CallToolResult,
  type ElicitResult,
  type InputRequiredResult,
  type Transport,
} from '@modelcontextprotocol/client'

import { deadline, orAborted } from '../agent/agent.ts'
import type { Clock } from '../platform/clock.ts'
import type { GuardedFetch } from '../platform/guarded-fetch.ts'
import type { Logger } from '../platform/logger.ts'
import type { McpAuth } from './auth-port.ts'
import { readDefinition, type ToolDefinition } from './definition.ts'
import { meter, type Meter } from './metered-transport.ts'
import { cut, withoutInvisible } from './plain-text.ts'
import type { About, McpServer } from './server-row.ts'
import { StdioTransport } from './stdio-transport.ts'

export const CONNECT_MS = 10_000
const LIST_MS = 20_000
const PROBE_MS = 3_000
const MAX_TOOLS = 256
const MAX_PAGES = 20
const MAX_LIST_BYTES = 4 * 1024 * 1024

export interface SessionOptions {
  server: McpServer
  userId: string
  auth: McpAuth
  fetch: GuardedFetch
  clock: Clock
  logger: Logger
  version: string
  /** What was found out of it before: an older server is not asked whether it is a new one. */
  isOlder: boolean
}

/** What a server lists, as far as it is taken. */
export interface ToolList {
  tools: ToolDefinition[]
  refused: { name: string; problem: string }[]
  /** Why some are missing. */
  problem: string | undefined
}

export interface CallOptions {
  tool: ToolDefinition
  arguments: Record<string, unknown>
  /** What the person said to the questions of an earlier try. */
  inputResponses?: Record<string, unknown>
  requestState?: string
  signal: AbortSignal
  timeoutMs: number
  onProgress: (update: { progress: number; total?: number; note?: string }) => void
  /** A question of an older server in the middle of a call. */
  onElicit: (params: Record<string, unknown>) => Promise<ElicitResult>
}

/**
 * One person's session with one server. It does one call at a time, so that a question, progress and
 * the end of the program belong to that call, and is shared with nobody.
 */
export class Session {
  readonly #client: Client
  readonly #transport: Transport
  readonly #meter: Meter
  readonly #clock: Clock
  #onElicit: CallOptions['onElicit'] | undefined
  #list: ToolList | undefined
  #listedAt = 0
  #isOpen = true

  private constructor(client: Client, transport: Transport, meterOfIt: Meter, clock: Clock) {
    this.#client = client
    this.#transport = transport
    this.#meter = meterOfIt
    this.#clock = clock
  }

  /** @throws what the transport throws; the signal's reason; what signing in throws. */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const { server, logger } = options
    try {
      return await connect(options, options.isOlder, signal)
    } catch (error) {
      // A program of the older kind may end at the first question that it does not know.
      const isClosed = error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed
      if (signal.aborted || options.isOlder || server.transport !== 'stdio' || !isClosed)
        throw error
      logger.debug({ mcp_server: server.id }, 'an MCP program is started again as an older one')
      return await connect(options, true, signal)
    }
  }

  static async begin(
    client: Client,
    transport: Transport,
    clock: Clock,
    start: () => Promise<void>,
  ): Promise<Session> {
    const session = new Session(client, transport, meter(transport, clock), clock)
    client.onclose = () => {
      session.#isOpen = false
    }
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      const elicit = session.#onElicit
      if (!elicit) return { action: 'cancel' }
      return elicit(params as Record<string, unknown>)
    })
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      session.#list = undefined
    })
    try {
      await start()
      return session
    } catch (error) {
      await session.close()
      throw session.#meter.flooded ?? error
    }
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#meter.flooded === undefined
  }

  get isOlder(): boolean {
    return this.#client.getProtocolEra() === 'legacy'
  }

  /** What it says of itself. */
  get about(): About {
    const { name, version } = this.#client.getServerVersion() ?? {}
    const short = (text: string | undefined) => text && cut(withoutInvisible(text), 128)
    return {
      name: short(name),
      version: short(version),
      protocol: this.#client.getNegotiatedProtocolVersion(),
      capabilities: Object.keys(this.#client.getServerCapabilities() ?? {})
        .slice(0, 32)
        .map((capability) => cut(withoutInvisible(capability), 64)),
    }
  }

  /** What a program said last beside the protocol, for whoever set it up. */
  get lastWords(): string {
    return this.#transport instanceof StdioTransport ? this.#transport.lastWords : ''
  }

  /** Its tools, asked for again when they changed or are older than `maxAgeMs`. */
  async tools(signal: AbortSignal, maxAgeMs: number): Promise<ToolList> {
    const age = this.#clock.monotonic() - this.#listedAt
    if (this.#list && age <= maxAgeMs) return this.#list
    using time = deadline(this.#clock, LIST_MS, () => new Error('its list of tools took too long'))
    const listing = AbortSignal.any([signal, time.signal])
    this.#meter.begin({ bytes: MAX_LIST_BYTES, what: 'its list of tools' })
    if (!this.#client.getServerCapabilities()?.tools) return NO_TOOLS
    try {
      const { tools } = await orAborted(
        this.#client.listTools(undefined, {
          signal: listing,
          timeout: LIST_MS,
          cacheMode: 'refresh',
        }),
        listing,
      )
      this.#listedAt = this.#clock.monotonic()
      this.#list = listOf(tools)
      return this.#list
    } catch (error) {
      throw this.#meter.flooded ?? error
    }
  }

  /** @throws the signal's reason, once the server was told; what the client throws. */
  async call(options: CallOptions): Promise<CallToolResult | InputRequiredResult> {
    const { tool, signal, timeoutMs, inputResponses, requestState } = options
    this.#meter.begin()
    this.#onElicit = options.onElicit
    try {
      const params = {
        name: tool.name,
        arguments: options.arguments,
        ...(inputResponses && { inputResponses }),
        ...(requestState !== undefined && { requestState }),
      }
      const { name, inputSchema } = tool
      const result: unknown = await this.#client.callTool(params as never, {
        signal,
        timeout: timeoutMs,
        allowInputRequired: true,
        // Results are checked by us, and no longer than a moment.
        toolDefinition: { name, inputSchema: inputSchema as { type: 'object' } },
        onprogress: ({ progress, total, message }) =>
          options.onProgress({
            progress,
            ...(total !== undefined && { total }),
            ...(message !== undefined && { note: message }),
          }),
      })
      return isInputRequiredResult(result) ? result : (result as CallToolResult)
    } catch (error) {
      throw this.#meter.flooded ?? error
    } finally {
      this.#onElicit = undefined
    }
  }

  /** Messages since the last call began that were no JSON-RPC. */
  get broken(): number {
    return this.#meter.broken
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#goodbye()
    await this.#client.close()
    await this.#transport.close()
  }

  /** A server that keeps sessions may forget this one; whether it does is its own affair. */
  async #goodbye(): Promise<void> {
    if (!(this.#transport instanceof StreamableHTTPClientTransport)) return
    if (this.#transport.sessionId === undefined) return
    using time = deadline(this.#clock, GOODBYE_MS, () => new Error('it did not say goodbye'))
    await orAborted(this.#transport.terminateSession(), time.signal).catch(() => undefined)
  }
}

const GOODBYE_MS = 1_000
const NO_TOOLS: ToolList = { tools: [], refused: [], problem: 'It offers no tools.' }

async function connect(
  options: SessionOptions,
  asOlder: boolean,
  signal: AbortSignal,
): Promise<Session> {
  const { clock, logger, server } = options
  const client = new Client(
    { name: 'netra', title: 'Netra', version: options.version },
    {
      capabilities: { elicitation: { form: {}, url: {} } },
      versionNegotiation: {
        mode: 'auto',
        probe: { timeoutMs: server.command ? PROBE_MS : CONNECT_MS },
      },
      inputRequired: { autoFulfill: false },
      listMaxPages: MAX_PAGES,
    },
  )
  const transport = transportTo(options)
  client.onerror = (error) => {
    logger.debug({ mcp_server: server.id, err: error }, 'an MCP server is not as it should be')
  }
  return Session.begin(client, transport, clock, async () => {
    const withinMs = Math.min(CONNECT_MS, server.timeoutMs)
    using time = deadline(
      clock,
      withinMs,
      () => new SdkError(SdkErrorCode.RequestTimeout, 'it did not answer in time'),
    )
    const connecting = AbortSignal.any([signal, time.signal])
    await orAborted(
      client.connect(transport, {
        signal: connecting,
        timeout: withinMs,
        ...(asOlder && { prior: { kind: 'legacy' } }),
      }),
      connecting,
    )
  })
}

function transportTo(options: SessionOptions): Transport {
  const { server, userId, auth, clock } = options
  if (server.command)
    return new StdioTransport({
      command: server.command,
      variables: server.secrets.variables,
      clock,
    })
  if (server.url === null)
    throw new Error(`the MCP server ${server.id} has neither address nor command`)
  const { id, name, url } = server
  const asked = { id, name, url, isForAll: server.userId === null }
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: options.fetch,
    authProvider: auth.providerFor(asked, userId),
    requestInit: { headers: { ...server.secrets.headers } },
    redirectPolicy: 'same-origin',
    reconnectionOptions: {
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 30_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 3,
    },
  })
  const send = transport.send.bind(transport)
  // More than was granted is the person's to grant.
  transport.send = async (message, how) => {
    try {
      await send(message, how)
    } catch (error) {
      throw error instanceof InsufficientScopeError
        ? await auth.needsScope(asked, userId, error)
        : error
    }
  }
  return transport
}

function listOf(found: readonly unknown[]): ToolList {
  const tools: ToolDefinition[] = []
  const refused: ToolList['refused'] = []
  const names = new Set<string>()
  for (const each of found.slice(0, MAX_TOOLS)) {
    const read = readDefinition(each)
    if ('problem' in read) refused.push(read)
    else if (names.has(read.name))
      refused.push({ name: read.name, problem: 'It has the name of another one.' })
    else tools.push(read)
    names.add(read.name)
  }
  const problem =
    found.length > MAX_TOOLS
      ? `It has ${found.length} tools; the first ${MAX_TOOLS} are taken.`
      : undefined
  return { tools, refused, problem }
}
