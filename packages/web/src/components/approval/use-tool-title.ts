import { useQuery } from '@tanstack/react-query'

import { MCP_KEY, useMcpApi } from '../../screens/settings/mcp/use-mcp.ts'
import type { AskedCall } from './asked-call.ts'

/** What its server calls the tool for people; null where it gives no such name. */
export function useToolTitle({ tool, server }: AskedCall): string | null {
  const mcp = useMcpApi()
  const { data } = useQuery({
    queryKey: MCP_KEY,
    queryFn: ({ signal }) => mcp.servers(signal),
    enabled: server !== null,
  })
  if (server === null) return null
  const found = data?.flatMap(({ tools }) => tools).find((each) => each.tool === tool)
  return found?.title?.trim() || null
}
