import { isoTime, type Clock } from '../../platform/clock.ts'
import type { GuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import type { AgentDefinition } from '../agents/definition.ts'
import type { RemoteAgent } from './remote-agent.ts'
import { definitionOf } from './remote-program.ts'
import type { RemoteStore, StoredRemoteAgent } from './remote-store.ts'

/** An agent elsewhere as an administrator sees it: never what is in its headers. */
export interface ShownRemoteAgent {
  id: string
  name: string
  description: string
  url: string
  header_names: string[]
  examples: readonly string[]
  enabled: boolean
  /** Why it cannot be used. */
  problem: string | null
  created_at: string
  updated_at: string
}

export interface NewRemoteAgent {
  id: string
  name: string
  description: string
  url: string
  headers?: Record<string, string> | undefined
  examples?: string[] | undefined
}

/** Absent: as it is. Headers that are given replace all. */
export type RemoteChange = {
  [Field in keyof Omit<NewRemoteAgent, 'id'>]?: NewRemoteAgent[Field] | undefined
} & { enabled?: boolean | undefined }

/** A wish that is refused; its message is for the administrator. */
export class RemoteRefused extends Error {
  override readonly name = 'RemoteRefused'
  readonly code: 'malformed' | 'conflict' | 'not_found'
  constructor(code: RemoteRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}

export interface RemoteAgents {
  agents(): readonly AgentDefinition[]
  list(): Promise<ShownRemoteAgent[]>
  /** @throws RemoteRefused */
  add(agent: NewRemoteAgent): Promise<ShownRemoteAgent>
  /** @throws RemoteRefused */
  change(id: string, change: RemoteChange): Promise<ShownRemoteAgent>
  /** @throws RemoteRefused */
  remove(id: string): Promise<void>
}

export interface RemoteAgentsOptions {
  store: RemoteStore
  fetch: GuardedFetch
  /** Plain http, on loopback, is allowed with private addresses. */
  allowPrivate: boolean
  /** Ids of the agents that there are besides. */
  taken: () => readonly string[]
  clock: Clock
  logger: Logger
  /** Silence after which an agent is given up. */
  silenceMs?: number
}

const SILENCE_MS = 120_000
/** Another process may have changed them; one that asks sees it so much later. */
const STALE_MS = 2_000
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/
/** What the request itself is made of. */
const RESERVED = new Set([
  'host',
  'content-length',
  'content-type',
  'accept',
  'connection',
  'cookie',
])
const PRINTABLE = /^[\t\u0020-\u007E\u0080-\u00FF]*$/

export async function openRemoteAgents(options: RemoteAgentsOptions): Promise<RemoteAgents> {
  const { store, clock, logger, fetch, silenceMs = SILENCE_MS } = options
  let known: StoredRemoteAgent[] = await store.all()
  let definitions = new Map<string, AgentDefinition>()
  let readAt = clock.monotonic()
  let isReading = false

  const define = (): void => {
    const usable = known.filter(({ enabled, problem }) => enabled && problem === undefined)
    definitions = new Map(
      usable.map((agent) => [agent.id, definitionOf(agent, { fetch, silenceMs })]),
    )
  }
  define()

  async function reread(): Promise<void> {
    known = await store.all()
    readAt = clock.monotonic()
    define()
  }

  /** Whoever asks is answered at once, and the next one newly. */
  function refreshSoon(): void {
    if (isReading || clock.monotonic() - readAt < STALE_MS) return
    isReading = true
    reread()
      .catch((error: unknown) => logger.warn({ err: error }, 'agents elsewhere cannot be read'))
      .finally(() => {
        isReading = false
      })
  }

  async function find(id: string): Promise<StoredRemoteAgent> {
    await reread()
    const agent = known.find((candidate) => candidate.id === id)
    if (!agent) throw new RemoteRefused('not_found', 'There is no such agent.')
    return agent
  }

  async function keep(agent: RemoteAgent): Promise<ShownRemoteAgent> {
    await store.put(agent)
    await reread()
    return shown({ ...agent, problem: undefined })
  }

  return {
    agents() {
      refreshSoon()
      return [...definitions.values()]
    },
    async list() {
      await reread()
      return known.map(shown)
    },
    async add({ headers = {}, examples = [], ...agent }) {
      await reread()
      if (options.taken().includes(agent.id) || known.some(({ id }) => id === agent.id))
        throw new RemoteRefused(
          'conflict',
          `There is an agent ${agent.id} already. Choose another name.`,
        )
      const now = isoTime(clock)
      const whole = { ...agent, headers, examples, enabled: true, createdAt: now, updatedAt: now }
      check(whole, options)
      return keep(whole)
    },
    async change(id, change) {
      const { problem: _problem, ...before } = await find(id)
      const given = Object.fromEntries(
        Object.entries(change).filter(([, value]) => value !== undefined),
      )
      const after: RemoteAgent = { ...before, ...given, updatedAt: isoTime(clock) }
      check(after, options)
      // A secret that was entered for one address is not sent to another.
      if (new URL(after.url).origin !== new URL(before.url).origin && change.headers === undefined)
        Object.assign(after, { headers: {} })
      return keep(after)
    },
    async remove(id) {
      await find(id)
      await store.remove(id)
      await reread()
    },
  }
}

const shown = (agent: StoredRemoteAgent): ShownRemoteAgent => ({
  id: agent.id,
  name: agent.name,
  description: agent.description,
  url: agent.url,
  header_names: Object.keys(agent.headers),
  examples: agent.examples,
  enabled: agent.enabled,
  problem: agent.problem ?? null,
  created_at: agent.createdAt,
  updated_at: agent.updatedAt,
})

/** @throws RemoteRefused */
function check({ url, headers }: RemoteAgent, { allowPrivate }: RemoteAgentsOptions): void {
  const address = URL.parse(url)
  if (!address || !['http:', 'https:'].includes(address.protocol))
    throw new RemoteRefused(
      'malformed',
      'url: write an https address, as https://agents.example.com/run',
    )
  if (address.username !== '' || address.password !== '')
    throw new RemoteRefused('malformed', 'url: holds a name or a password. Put it into a header.')
  if (address.protocol === 'http:' && !allowPrivate)
    throw new RemoteRefused(
      'malformed',
      'url: is not https. Only with NETRA_MCP_ALLOW_PRIVATE=1 is plain http called, on loopback alone.',
    )
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER.test(name) || RESERVED.has(name.toLowerCase()))
      throw new RemoteRefused('malformed', `headers: ${name.slice(0, 100)} cannot be set.`)
    if (!PRINTABLE.test(value))
      throw new RemoteRefused(
        'malformed',
        `headers: the value of ${name} has characters that no header takes.`,
      )
  }
}
