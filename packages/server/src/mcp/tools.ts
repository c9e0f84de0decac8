import type { Tool, ToolSource } from '../agent/agent.ts'
import { asksPerson } from './asking.ts'
import { callTool, callTimeoutMs, type CallParts } from './call.ts'
import { isAgreed, type Consent } from './consents.ts'
import { toolNameOf } from './definition.ts'
import type { McpServer } from './server-row.ts'
import { toolInput } from './tool-input.ts'

/** Models take no more; the rest is left out, those of servers for all last. */
const MAX_OFFERED = 100

/** Tools of servers that somebody agreed to, from what is stored: no server is waited for. */
export const createToolSource = (parts: CallParts): ToolSource => ({
  async toolsFor({ userId }) {
    const servers = (await parts.store.visibleTo(userId)).filter(({ enabled }) => enabled)
    const consents = await parts.consents.of(servers.map(({ id }) => id))
    const tools = new Map<string, Tool>()
    for (const server of servers)
      for (const consent of consents.filter(({ serverId }) => serverId === server.id)) {
        const tool = toolOf(server, consent, parts)
        // A server for all has its name before anybody's own.
        if (tool && !tools.has(tool.name)) tools.set(tool.name, tool)
      }
    return [...tools.values()].slice(0, MAX_OFFERED)
  },
})

function toolOf(server: McpServer, consent: Consent, parts: CallParts): Tool | undefined {
  const { pinned } = consent
  if (!pinned || !isAgreed(consent)) return undefined
  const { hash, definition } = pinned
  const asks = asksPerson(server, consent, definition)
  const where = placeOf(server)
  return {
    name: toolNameOf(server.slug, definition.name),
    description: `${definition.description}\n\n(A tool of the MCP server "${server.name}".)`.trim(),
    input: toolInput(definition.inputSchema, hash),
    timeoutMs: callTimeoutMs(server),
    repeatable: server.trusted && definition.annotations.idempotent,
    effect: asks ? 'writes' : 'reads',
    ...(asks && { needsApproval: true }),
    ...(definition.annotations.destructive && { asksAlways: true }),
    server: `${server.name} (${where})`,
    hasOwnBreaker: true,
    preview: (input) =>
      Promise.resolve({
        summary: `Calls ${definition.name} of the MCP server "${server.name}" (${where}) with these arguments.`,
        after: input,
      }),
    run: (input, context) => callTool({ server, pinned, input, context }, parts),
  }
}

/** So that of two servers of one name a person knows which is meant. */
const placeOf = ({ url, command }: McpServer): string =>
  url === null ? (command?.[0] ?? 'a program') : new URL(url).host
