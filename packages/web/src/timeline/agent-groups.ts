/** What a person reads of an agent before they choose it. */
export interface Choosable {
  id: string
  name: string
  description: string
  origin: 'netra' | 'own' | 'remote'
}

export interface AgentGroup<Agent> {
  name: string
  agents: Agent[]
}

/** Who answers anything; then the team that looks at AI spend, its supervisor first. */
const GENERAL = ['assistant', 'data']
const TEAM = ['supervisor', 'triage', 'optimization', 'actions', 'reporting', 'data_helper']

const place = ({ id }: Choosable, order: readonly string[]): number =>
  order.includes(id) ? order.indexOf(id) : order.length

const inOrder = <Agent extends Choosable>(agents: Agent[], order: readonly string[]): Agent[] =>
  agents.toSorted((a, b) => place(a, order) - place(b, order))

/** Agents as a person chooses among them, each once; groups without one are left out. */
export function agentGroups<Agent extends Choosable>(
  agents: readonly Agent[],
): AgentGroup<Agent>[] {
  const each = [...new Map(agents.map((agent) => [agent.id, agent])).values()]
  const isOfTeam = ({ id, origin }: Agent): boolean => origin === 'netra' && TEAM.includes(id)
  const groups = [
    {
      name: 'Netra',
      agents: inOrder(
        each.filter((agent) => agent.origin === 'netra' && !isOfTeam(agent)),
        GENERAL,
      ),
    },
    { name: 'AI spend', agents: inOrder(each.filter(isOfTeam), TEAM) },
    { name: 'Of your own', agents: each.filter(({ origin }) => origin === 'own') },
    { name: 'Elsewhere', agents: each.filter(({ origin }) => origin === 'remote') },
  ]
  return groups.filter(({ agents: its }) => its.length > 0)
}

/** Whether every word that was typed stands in what is known of an agent. */
export function isFound({ id, name, description }: Choosable, typed: string): boolean {
  const known = `${name} ${id} ${description}`.toLowerCase()
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => known.includes(word))
}
