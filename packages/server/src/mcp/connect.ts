import {
  Client,
  InsufficientScopeError,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'

import type { Clock } from '../platform/clock.ts'
import type { GuardedFetch } from '../platform/guarded-fetch.ts'
import type { Logger } from '../platform/logger.ts'
import type { McpAuth } from './auth-port.ts'
import type { McpServer } from './server-row.ts'
import { StdioTransport } from './stdio-transport.ts'
import { MAX_PAGES } from './tool-list.ts'

/** A handshake takes no longer. A program may have to be fetched and built first. */
export const CONNECT_MS = 10_000
const START_MS = 30_000

export const connectMs = ({ command, timeoutMs }: McpServer): number =>
  Math.min(command ? START_MS : CONNECT_MS, timeoutMs)

export interface ConnectOptions {
  server: McpServer
  userId: string
  auth: McpAuth
  fetch: GuardedFetch
  clock: Clock
  logger: Logger
  version: string
}

/** What Netra says of itself, and that people can be asked; no models, no folders. */
export const newClient = ({ server, version }: ConnectOptions, withinMs: number): Client =>
  new Client(
    { name: 'netra', title: 'Netra', version },
    {
      capabilities: { elicitation: { form: {}, url: {} } },
      versionNegotiation: {
        mode: 'auto',
        // An older program may say nothing to the first question: half of the time is for the other.
        probe: { timeoutMs: server.command ? withinMs / 2 : withinMs },
      },
      inputRequired: { autoFulfill: false },
      listMaxPages: MAX_PAGES,
    },
  )

/** The way to a server for one person, with what they show there. */
export function transportTo(options: ConnectOptions): Transport {
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
