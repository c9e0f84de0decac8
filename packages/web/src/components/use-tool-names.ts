import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { MCP_KEY, useMcpApi } from '../screens/settings/mcp/use-mcp.ts'
import { isOfServer, toolName, type ToolName } from '../timeline/tool-names.ts'
import { visibleText } from './approval/visible-text.ts'

/** What people call each of these tools. Servers are asked for only where one of them is a server's. */
export function useToolNames(tools: readonly string[]): (tool: string) => ToolName {
  const mcp = useMcpApi()
  const { data } = useQuery({
    queryKey: MCP_KEY,
    queryFn: ({ signal }) => mcp.servers(signal),
    enabled: tools.some(isOfServer),
  })
  return useMemo(() => {
    // What a server calls itself and its tools must not pass for something else.
    const servers = (data ?? []).map(({ name, slug, tools: its }) => ({
      name: visibleText(name),
      slug,
      tools: its.map((each) => ({ ...each, title: each.title && visibleText(each.title) })),
    }))
    return (tool) => toolName(visibleText(tool), servers)
  }, [data])
}
