import type { McpServerTool } from '@netra/client'

type Tool = Pick<McpServerTool, 'hash' | 'annotations'>

/** Such a one asks before each call, whatever is chosen, and is allowed by a tick of its own alone. */
export const destroys = ({ annotations }: Pick<Tool, 'annotations'>): boolean =>
  !annotations.read_only && annotations.destructive

/**
 * None that destroys begins ticked. `switched` has the hashes of the definitions whose box the person
 * has clicked: a tool that changes meanwhile begins anew.
 */
export const isTicked = (tool: Tool, switched: ReadonlySet<string>): boolean =>
  switched.has(tool.hash) === destroys(tool)
