import { McpApi } from '@netra/client'
import { useMemo } from 'react'

import { useLive } from '../../../live/use-live.ts'

/** The routes of MCP servers. */
export function useMcpApi(): McpApi {
  const { api } = useLive()
  return useMemo(() => new McpApi(api.requests), [api])
}

export const MCP_KEY = ['mcp-servers']
