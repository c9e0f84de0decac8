import type { Breakers } from '../platform/breakers.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { GuardedFetch } from '../platform/guarded-fetch.ts'
import { uuidv7 } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Rows } from '../platform/statement.ts'
import type { McpAuth } from './auth-port.ts'
import { breakerName, type CallParts } from './call.ts'
import { createConsents, isAgreed } from './consents.ts'
import { lookAt } from './look.ts'
import type { Mcp } from './port.ts'
import { McpRefused } from './refused.ts'
import type { McpServer } from './server-row.ts'
import { createServerStore } from './server-store.ts'
import { mayChange, viewOf } from './server-view.ts'
import { Sessions } from './sessions.ts'
import { createToolSource } from './tools.ts'
import type { McpCaller, McpServerView, McpWish } from './views.ts'
import { checkedName, checkedSecrets, serverOf } from './wish.ts'

export interface McpOptions {
  rows: Rows
  /** 32 bytes that seal headers and variables. */
  key: Uint8Array
  auth: McpAuth
  /** Where servers at addresses are reached through. */
  fetch: GuardedFetch
  allowPrivate: boolean
  breakers: Breakers
  clock: Clock
  logger: Logger
  metrics: Metrics
  version: string
  random?: () => number
  /** Where people connect servers, sign in to them and agree to their tools. */
  settingsUrl: () => string
}

const MAX_OWN = 32
const MAX_FOR_ALL = 64

export function createMcp(options: McpOptions): Mcp {
  const { rows, key, auth, breakers, clock, logger, metrics, allowPrivate } = options
  const now = (): string => isoTime(clock)
  const store = createServerStore({ rows, key, now })
  const consents = createConsents({ rows, now })
  const sessions = new Sessions({ ...options, clock, logger })
  metrics.gauge('netra_mcp_sessions', 'Sessions with MCP servers that are open.', {
    read: () => sessions.count,
  })
  const parts: CallParts = {
    sessions,
    consents,
    store,
    breakers,
    clock,
    logger,
    random: options.random ?? Math.random,
    settingsUrl: options.settingsUrl,
    calls: metrics.counter(
      'netra_mcp_calls_total',
      'Calls of tools of MCP servers, by server (those of one person: own) and outcome.',
      ['server', 'outcome'],
    ),
  }

  /** Undefined: there is none, or it is somebody else's. @throws McpRefused when it is for all. */
  async function changeable(caller: McpCaller, id: string): Promise<McpServer | undefined> {
    const server = await store.find(caller.userId, id)
    if (server && !mayChange(caller, server))
      throw new McpRefused('forbidden', 'Only an administrator may do this to a server for all.')
    return server
  }

  async function viewsOf(
    caller: McpCaller,
    servers: readonly McpServer[],
  ): Promise<McpServerView[]> {
    const found = await consents.of(servers.map(({ id }) => id))
    return Promise.all(
      servers.map(async (server) => {
        const own = found.filter(({ serverId }) => serverId === server.id)
        const signedIn = await auth.isSignedIn(server.id, caller.userId)
        const breaker = breakers.find('mcp', breakerName(server))?.status() ?? null
        return viewOf(caller, server, { consents: own, signedIn, breaker })
      }),
    )
  }

  const viewed = async (caller: McpCaller, id: string): Promise<McpServerView | undefined> => {
    const server = await store.find(caller.userId, id)
    return server && (await viewsOf(caller, [server]))[0]
  }

  /** Of two that are connected at once under one name, the second is called something else. */
  async function connect(caller: McpCaller, wish: McpWish, tries = 3): Promise<McpServer> {
    const visible = await store.visibleTo(caller.userId)
    const alike = visible.filter(({ userId }) => (userId === null) === wish.forAll)
    const most = wish.forAll ? MAX_FOR_ALL : MAX_OWN
    if (alike.length >= most)
      throw new McpRefused('conflict', `At most ${most} servers are connected. Remove one first.`)
    const server = serverOf(wish, caller, {
      id: uuidv7(clock.now()),
      slugs: visible.map(({ slug }) => slug),
      now: now(),
      allowPrivate,
    })
    try {
      await store.insert(server)
      return server
    } catch (error) {
      const meanwhile = await store.visibleTo(caller.userId)
      if (tries === 0 || !meanwhile.some(({ slug }) => slug === server.slug)) throw error
      return connect(caller, wish, tries - 1)
    }
  }

  return {
    source: createToolSource(parts),
    auth,
    list: async (caller) => viewsOf(caller, await store.visibleTo(caller.userId)),
    get: viewed,
    async add(caller, wish) {
      const server = await connect(caller, wish)
      await lookAt(server, caller.userId, parts)
      const [view] = await viewsOf(caller, [(await store.find(caller.userId, server.id)) ?? server])
      if (!view) throw new Error('a server that was just stored is not there')
      return view
    },
    async change(caller, id, change) {
      const server = await changeable(caller, id)
      if (!server) return undefined
      const { headers = server.secrets.headers, variables = server.secrets.variables } = change
      await store.update({
        ...server,
        name: change.name === undefined ? server.name : checkedName(change.name),
        trusted: change.trusted ?? server.trusted,
        enabled: change.enabled ?? server.enabled,
        timeoutMs: change.timeoutMs ?? server.timeoutMs,
        secrets: checkedSecrets({ headers, variables }),
      })
      sessions.end(id)
      return viewed(caller, id)
    },
    async remove(caller, id) {
      const server = await changeable(caller, id)
      if (!server) return false
      await store.remove(id)
      await auth.forget(id)
      sessions.end(id)
      return true
    },
    async look(caller, id) {
      const server = await changeable(caller, id)
      if (!server) return undefined
      await lookAt(server, caller.userId, parts)
      return viewed(caller, id)
    },
    async agree(caller, id, tools) {
      const server = await changeable(caller, id)
      if (!server) return undefined
      if (!(await consents.pin(id, tools, caller.userId)))
        throw new McpRefused(
          'conflict',
          'A tool is not what was shown any more. Look at it again before you agree.',
        )
      return viewed(caller, id)
    },
    async setAsks(caller, id, tool, asks) {
      const server = await changeable(caller, id)
      if (!server) return undefined
      const consent = (await consents.of([id])).find((each) => each.tool === tool)
      if (!consent?.pinned || !isAgreed(consent))
        throw new McpRefused('not_found', `Nobody agreed to a tool ${tool} of this server.`)
      if (asks === 'never' && consent.pinned.definition.annotations.destructive)
        throw new McpRefused(
          'conflict',
          `${tool} may destroy something, or does not say that it does not: each call of it is asked for.`,
        )
      await consents.setAsks(id, tool, asks)
      return viewed(caller, id)
    },
    async signInServer(userId, id) {
      const server = await store.find(userId, id)
      if (!server || server.url === null) return undefined
      const { name, url } = server
      return { id, name, url, isForAll: server.userId === null }
    },
    endSessions(serverId, userId) {
      sessions.end(serverId, userId)
      return Promise.resolve()
    },
    forgetPerson: (userId) => sessions.endOf(userId),
    [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose](),
  }
}
