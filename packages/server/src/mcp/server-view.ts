import type { CircuitStatus } from '../platform/circuit-breaker.ts'
import { asksPerson } from './asking.ts'
import { isAgreed, type Consent } from './consents.ts'
import { changesOf, toolNameOf } from './definition.ts'
import type { McpServer } from './server-row.ts'
import type { McpCaller, McpServerView, McpToolView } from './views.ts'

export const mayChange = (caller: McpCaller, server: McpServer): boolean =>
  server.userId === caller.userId || (server.userId === null && caller.isAdmin)

/** A server as `caller` may see it. */
export function viewOf(
  caller: McpCaller,
  server: McpServer,
  known: { consents: readonly Consent[]; signedIn: boolean | null; breaker: CircuitStatus | null },
): McpServerView {
  const { signedIn, breaker } = known
  const tools = known.consents.flatMap((consent) => toolViewOf(server, consent))
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
    breaker,
    may_change: isMine,
    tools,
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
