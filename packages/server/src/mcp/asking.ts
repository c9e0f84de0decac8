import type { Consent } from './consents.ts'
import type { ToolDefinition } from './definition.ts'
import type { McpServer } from './server-row.ts'

/**
 * Whether a person is asked before each call. A server's own word that a tool only reads counts
 * where somebody trusts the server; nobody's word counts for a tool that may destroy.
 */
export function asksPerson(
  server: Pick<McpServer, 'trusted'>,
  { asks }: Pick<Consent, 'asks'>,
  { annotations }: Pick<ToolDefinition, 'annotations'>,
): boolean {
  if (annotations.destructive || asks === 'always') return true
  if (asks === 'never') return false
  return !(annotations.readOnly && server.trusted)
}
