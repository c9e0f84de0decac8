import type { Breakers } from '../platform/breakers.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { GuardedFetch } from '../platform/guarded-fetch.ts'
import { uuidv7 } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Rows } from '../platform/statement.ts'
import { asksPerson } from './asking.ts'
import type { McpAuth } from './auth-port.ts'
import { breakerOf, noteTools, type CallParts } from './call.ts'
import { createConsents, isAgreed, type Consent } from './consents.ts'
import { changesOf, toolNameOf } from './definition.ts'
import { failureOf } from './failures.ts'
import type { Mcp } from './mcp.ts'
import { McpRefused } from './refused.ts'
import type { McpServer } from './server-row.ts'
import { createServerStore } from './server-store.ts'
import type { ToolList } from './session.ts'
import { Sessions } from './sessions.ts'
import { createToolSource } from './tools.ts'
import type { McpCaller, McpServerView, McpToolView, McpWish } from './views.ts'
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

  const mayChange = (caller: McpCaller, server: McpServer): boolean =>
    server.userId === caller.userId || (server.userId === null && caller.isAdmin)

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
        return viewOf(caller, server, own, await auth.isSignedIn(server.id, caller.userId))
      }),
    )
  }

  function viewOf(
    caller: McpCaller,
    server: McpServer,
    found: readonly Consent[],
    signedIn: boolean | null,
  ): McpServerView {
    const tools = found.flatMap((consent) => toolViewOf(server, consent))
    const isMine = mayChange(caller, server)
    return {
      id: server.id,
      name: server.name,
      slug: server.slug,
      for_all: server.userId === null,
      transport: server.transport,
      url: server.url,
      command: isMine ? server.command : null,
      headers: isMine ? Object.keys(server.secrets.headers) : [],
      variables: isMine ? Object.keys(server.secrets.variables) : [],
      trusted: server.trusted,
      enabled: server.enabled,
      timeout_ms: server.timeoutMs,
      state: stateOf(server, tools, signedIn),
      problem: problemOf(server),
      about: server.about,
      looked_at: server.lookedAt,
      signed_in: signedIn,
      breaker: breakers.find('mcp', `${server.slug}:${server.id}`)?.status() ?? null,
      may_change: isMine,
      tools,
    }
  }

  const viewed = async (caller: McpCaller, id: string): Promise<McpServerView | undefined> => {
    const server = await store.find(caller.userId, id)
    return server && (await viewsOf(caller, [server]))[0]
  }

  /** What it says of itself and of its tools; what went wrong is kept for whoever asks next. */
  async function lookAt(server: McpServer, caller: McpCaller): Promise<void> {
    const signal = new AbortController().signal
    try {
      const { session } = await sessions.take(server, caller.userId, signal)
      let isWell = false
      try {
        const list = await session.tools(signal, 0)
        isWell = true
        await store.noteLook(server.id, { about: session.about, problem: missingOf(list) })
        if (server.userId === null && caller.isAdmin)
          await consents.see(server.id, list.tools, list.problem === undefined)
        else await noteTools(server, list, consents)
        breakers.reset(`mcp:${server.slug}:${server.id}`)
      } finally {
        if (isWell) sessions.release(session)
        else sessions.discard(session)
        if (!isWell && session.lastWords !== '')
          logger.warn({ mcp_server: server.id, said: session.lastWords }, 'an MCP program failed')
      }
    } catch (error) {
      const failure = failureOf(error, server, options.settingsUrl())
      logger.info(
        { mcp_server: server.id, why: failure.error.message },
        'an MCP server was not looked at',
      )
      await store.noteLook(server.id, { problem: failure.error.message })
    }
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
      await lookAt(server, caller)
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
      await lookAt(server, caller)
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
    [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose](),
  }
}

function toolViewOf(server: McpServer, consent: Consent): McpToolView[] {
  const { seen, pinned, asks } = consent
  if (!seen) return []
  const { definition, hash } = seen
  const { annotations } = definition
  const agreed = isAgreed(consent)
  return [
    {
      name: definition.name,
      tool: toolNameOf(server.slug, definition.name),
      title: definition.title ?? null,
      description: definition.description,
      input_schema: definition.inputSchema,
      output_schema: definition.outputSchema ?? null,
      annotations: {
        read_only: annotations.readOnly,
        destructive: annotations.destructive,
        idempotent: annotations.idempotent,
        open_world: annotations.openWorld,
      },
      state: agreed ? 'agreed' : pinned ? 'changed' : 'new',
      hash,
      asks: agreed ? asks : 'default',
      needs_approval: asksPerson(server, agreed ? consent : { asks: 'default' }, definition),
      changes: agreed || !pinned ? [] : changesOf(pinned.definition, definition),
    },
  ]
}

function stateOf(
  server: McpServer,
  tools: readonly McpToolView[],
  signedIn: boolean | null,
): McpServerView['state'] {
  if (!server.enabled) return 'off'
  if (signedIn === false) return 'sign_in'
  if (server.lookedAt === null) return 'unknown'
  if (problemOf(server) !== null && tools.length === 0) return 'failing'
  return tools.some(({ state }) => state !== 'agreed') ? 'consent' : 'ready'
}

const problemOf = ({ unreadable, problem }: McpServer): string | null =>
  unreadable
    ? 'Its headers or variables were encrypted with another key file. Give them again.'
    : problem

/** What a list holds that is not taken. */
function missingOf({ refused, problem }: ToolList): string | null {
  const named = refused.slice(0, 5).map(({ name, problem: why }) => `${name}: ${why}`)
  const words = [problem, ...named].filter((text) => text !== undefined)
  const more = refused.length > 5 ? [`${refused.length - 5} more are not taken.`] : []
  return words.length === 0 ? null : [...words, ...more].join(' ')
}
