import { MoreAgentsApi } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import { useLive } from '../../../live/use-live.ts'
import { AdminOnly, Loaded, Section } from '../section.tsx'
import { OwnAgents } from './own-agents.tsx'
import { RemoteAgentCard } from './remote-agent-card.tsx'
import { AddRemoteAgent } from './remote-agent-form.tsx'

const KEY = ['more-agents']

export const AgentSettings = () => (
  <AdminOnly title="Agents">
    <Administered />
  </AdminOnly>
)

function Administered() {
  const { api } = useLive()
  const client = useQueryClient()
  const agentsApi = useMemo(() => new MoreAgentsApi(api.requests), [api])
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => agentsApi.all(signal),
    staleTime: 0,
    // A file that is being written shows itself.
    refetchInterval: 5_000,
  })
  const onChanged = async () => {
    await Promise.all([KEY, ['agents']].map((queryKey) => client.invalidateQueries({ queryKey })))
  }
  return (
    <>
      <Section
        title="Agents of your own"
        text="Each file in the folder of agents is one; a change is picked up at once."
      >
        <Loaded query={query}>{({ own }) => <OwnAgents own={own} />}</Loaded>
      </Section>
      <Section
        title="Agents elsewhere"
        text="They run at an address and speak AG-UI. They are sent what is said to them and what is attached to it."
      >
        <Loaded query={query}>
          {({ remote }) =>
            remote.length === 0 ? (
              <p className="text-muted">None yet.</p>
            ) : (
              <ul className="space-y-3">
                {remote.map((agent) => (
                  <RemoteAgentCard
                    key={agent.id}
                    agent={agent}
                    agentsApi={agentsApi}
                    onChanged={onChanged}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      <AddRemoteAgent agentsApi={agentsApi} onChanged={onChanged} />
    </>
  )
}
