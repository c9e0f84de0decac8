import type { McpServer } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { CheckIcon } from '../../../components/icons.tsx'
import { Problem } from '../../../components/notice.tsx'
import { Loaded, Section } from '../section.tsx'
import { ConnectForm } from './connect-form.tsx'
import { OtherPrograms } from './other-programs.tsx'
import { ServerCard } from './server-card.tsx'
import { MCP_KEY, useMcpApi } from './use-mcp.ts'

export function McpSettings() {
  const mcp = useMcpApi()
  const client = useQueryClient()
  const query = useQuery({
    queryKey: MCP_KEY,
    queryFn: ({ signal }) => mcp.servers(signal),
    staleTime: 0,
  })
  const back = useComingBack()
  const put = (server: McpServer) =>
    client.setQueryData<McpServer[]>(MCP_KEY, (known = []) =>
      known.some(({ id }) => id === server.id)
        ? known.map((each) => (each.id === server.id ? server : each))
        : [...known, server],
    )
  const reload = () => client.invalidateQueries({ queryKey: MCP_KEY })
  const returned = back.signedIn ? back.server : null
  useEffect(() => {
    // What the server offers is known only now.
    if (returned !== null) void mcp.look(returned).then(reload, reload)
  }, [returned])
  return (
    <>
      <Section
        title="MCP servers"
        text="Tools from elsewhere that agents may use for you: of services, of your company, of programs beside Netra. Nothing of a server is used before you have seen its tools and allowed them."
      >
        <div className="space-y-4">
          {back.why === null ? null : <Problem>The sign-in did not work: {back.why}</Problem>}
          {returned === null ? null : (
            <p role="status" className="appear flex items-center gap-2 text-sm text-good">
              <CheckIcon size={16} />
              You are signed in. If a conversation waits for it, go on there.
            </p>
          )}
          <Loaded query={query}>
            {(servers) =>
              servers.length === 0 ? (
                <p className="text-muted">No server is connected yet.</p>
              ) : (
                <ul className="space-y-4">
                  {servers.map((server) => (
                    <ServerCard
                      key={server.id}
                      server={server}
                      onChanged={put}
                      onRemoved={reload}
                    />
                  ))}
                </ul>
              )
            }
          </Loaded>
        </div>
      </Section>
      <ConnectForm onConnected={put} />
      <OtherPrograms />
    </>
  )
}

/** What the address says after a sign-in elsewhere; a reload does not say it again. */
function useComingBack(): { server: string | null; signedIn: boolean; why: string | null } {
  const [back] = useState(() => {
    const said = new URLSearchParams(window.location.search)
    const how = said.get('mcp')
    return {
      server: said.get('server'),
      signedIn: how === 'signed_in',
      why: how === 'failed' ? (said.get('why') ?? 'nobody said why.') : null,
    }
  })
  useEffect(() => {
    if (window.location.search !== '') {
      window.history.replaceState(window.history.state, '', window.location.pathname)
    }
  }, [])
  return back
}
