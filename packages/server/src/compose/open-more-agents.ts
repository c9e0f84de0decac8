import { openRemoteAgents } from '../agent/ag-ui/remote-agents.ts'
import { createRemoteStore } from '../agent/ag-ui/remote-store.ts'
import { createRegistry, type AgentRegistry } from '../agent/agents/registry.ts'
import { openOwnAgents, wordsOf, type OwnAgents } from '../agent/own/own.ts'
import type { Tool } from '../agent/tools/tool.ts'
import type { Config } from '../config/config.ts'
import type { Files } from '../files/files.ts'
import type { MoreAgentsPage } from '../gateway/gateway.ts'
import type { Clock } from '../platform/clock.ts'
import { createGuardedFetch } from '../platform/guarded-fetch.ts'
import type { Logger } from '../platform/logger.ts'
import type { Rows } from '../platform/statement.ts'

/** Agents beside Netra's own: of files of the operator's, and elsewhere at an address. */
export interface MoreAgents extends Disposable {
  registry: AgentRegistry
  page: MoreAgentsPage
  /** What cannot be used, each in one line. */
  broken(): string[]
}

/** Of one answer of an agent elsewhere. */
const MOST_BYTES = 32_000_000
/** Until it begins to answer. */
const FIRST_BYTE_MS = 120_000

export async function openMoreAgents(
  config: Pick<Config, 'agentsDir' | 'mcpAllowPrivate'>,
  parts: {
    tools: readonly Tool[]
    files: Files
    rows: Rows
    key: Uint8Array
    clock: Clock
    logger: Logger
  },
): Promise<MoreAgents> {
  const { clock, logger } = parts
  const builtIn = createRegistry()
    .all()
    .map(({ id }) => id)
  const own = await openOwnAgents({
    ...parts,
    folder: config.agentsDir,
    taken: builtIn,
    toolNames: parts.tools.map(({ name }) => name),
  })
  const allowPrivate = config.mcpAllowPrivate
  const fetch = createGuardedFetch({
    clock,
    allowPrivate,
    maxBytes: MOST_BYTES,
    timeoutMs: FIRST_BYTE_MS,
  })
  const remote = await openRemoteAgents({
    store: createRemoteStore(parts),
    fetch,
    allowPrivate,
    taken: () => [...builtIn, ...own.files().map(({ agent }) => agent)],
    clock,
    logger,
  })
  /** A file that came later than an agent elsewhere of its name goes before it. */
  const agents = () => {
    const files = own.agents()
    const elsewhere = remote.agents().filter(({ id }) => !files.some((one) => one.id === id))
    return [...files, ...elsewhere]
  }
  const broken = (): string[] =>
    own.files().flatMap(({ file, status, problems }) => {
      if (status === 'ready') return []
      const state =
        status === 'previous' ? 'is broken, and its last version goes on' : 'cannot be used'
      return problems.map((problem) => `the agent of ${file} ${state}: ${wordsOf(problem)}`)
    })
  return {
    registry: createRegistry(agents),
    page: {
      own: () => ({ folder: own.folder ?? null, files: own.files().map(shownFile) }),
      broken,
      remote: () => remote.list(),
      add: (agent) => remote.add(agent),
      change: (id, change) => remote.change(id, change),
      remove: (id) => remote.remove(id),
    },
    broken,
    [Symbol.dispose]() {
      own[Symbol.dispose]()
      fetch[Symbol.dispose]()
    },
  }
}

const shownFile = ({ problems, ...file }: ReturnType<OwnAgents['files']>[number]) => ({
  ...file,
  problems: problems.map(({ line = null, field = null, message }) => ({ line, field, message })),
})
