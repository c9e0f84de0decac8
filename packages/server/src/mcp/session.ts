import {
  isInputRequiredResult,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type CallToolResult,
  type Client,
  type ElicitResult,
  type InputRequiredResult,
  type Transport,
} from '@modelcontextprotocol/client'

import { deadline, orAborted } from '../agent/agent.ts'
import type { Clock } from '../platform/clock.ts'
import { connectMs, newClient, transportTo, type ConnectOptions } from './connect.ts'
import type { ToolDefinition } from './definition.ts'
import { meter, type Meter } from './metered-transport.ts'
import { cut, withoutInvisible } from './plain-text.ts'
import type { About } from './server-row.ts'
import { StdioTransport } from './stdio-transport.ts'
import { listOf, MAX_LIST_BYTES, NO_TOOLS, type ToolList } from './tool-list.ts'

export const LIST_MS = 20_000
const GOODBYE_MS = 1_000

export interface SessionOptions extends ConnectOptions {
  /** What was found out of it before: an older server is not asked whether it is a new one. */
  isOlder: boolean
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
    const { server, logger, isOlder } = options
    try {
      return await Session.#connect(options, signal)
    } catch (error) {
      // A program of the older kind may end at the first question that it does not know.
      const isClosed = error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed
      if (signal.aborted || isOlder || server.transport !== 'stdio' || !isClosed) throw error
      logger.debug({ mcp_server: server.id }, 'an MCP program is started again as an older one')
      return await Session.#connect({ ...options, isOlder: true }, signal)
    }
  }

  static async #connect(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const { clock, server, isOlder } = options
    const withinMs = connectMs(server)
    const client = newClient(options, withinMs)
    const transport = transportTo(options)
    const session = new Session(client, transport, meter(transport, clock), clock)
    session.#listen(options)
    using time = deadline(clock, withinMs, tooSlow)
    const connecting = AbortSignal.any([signal, time.signal])
    const prior = isOlder ? { prior: { kind: 'legacy' as const } } : {}
    try {
      const connected = client.connect(transport, {
        signal: connecting,
        timeout: withinMs,
        ...prior,
      })
      await orAborted(connected, connecting)
      return session
    } catch (error) {
      await session.close()
      throw session.#meter.flooded ?? error
    }
  }

  #listen({ logger, server }: SessionOptions): void {
    Object.assign(this.#client, {
      onclose: () => {
        this.#isOpen = false
      },
      onerror: (error: Error) => {
        logger.debug({ mcp_server: server.id, err: error }, 'an MCP server is not as it should be')
      },
    })
    this.#client.setRequestHandler('elicitation/create', async ({ params }) => {
      const elicit = this.#onElicit
      return elicit ? elicit(params) : { action: 'cancel' }
    })
    this.#client.setNotificationHandler('notifications/tools/list_changed', () => {
      this.#list = undefined
    })
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
    return {
      name: shortly(name),
      version: shortly(version),
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
      const result: unknown = await this.#client.callTool(params, {
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

const tooSlow = (): Error => new SdkError(SdkErrorCode.RequestTimeout, 'it did not answer in time')

const shortly = (text: string | undefined): string | undefined =>
  text && cut(withoutInvisible(text), 128)
