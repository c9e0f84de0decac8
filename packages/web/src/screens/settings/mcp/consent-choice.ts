import type { McpServerTool } from '@netra/client'

type Tool = Pick<McpServerTool, 'hash' | 'annotations'>

/** Such a one asks before each call, whatever is chosen, and is allowed by a tick of its own alone. */
export const destroys = ({ annotations }: Pick<Tool, 'annotations'>): boolean =>
  !annotations.read_only && annotations.destructive

/**
 * None that destroys begins ticked, and none that was left out when others were allowed (`isLeft`). `switched`
 * has the hashes of the definitions whose box the person has clicked: a tool that changes meanwhile
 * begins anew.
 */
export const isTicked = (tool: Tool, switched: ReadonlySet<string>, isLeft = false): boolean =>
  switched.has(tool.hash) === (isLeft || destroys(tool))

/**
 * How many tools the person has left out, having allowed others; null while they have not chosen, or
 * while something that was allowed has changed.
 */
export function leftOut(tools: readonly Pick<McpServerTool, 'state'>[]): number | null {
  const left = tools.filter(({ state }) => state === 'new')
  const hasChosen = tools.some(({ state }) => state === 'agreed')
  const isSettled = tools.every(({ state }) => state !== 'changed')
  return hasChosen && isSettled && left.length > 0 ? left.length : null
}
