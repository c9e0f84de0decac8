import type { Run } from '@netra/protocol'

/** One agent of the team that works on a run. */
export interface TeamMember {
  /** Its place; an agent that is handed to twice is there twice. */
  key: string
  agent: string
  /** Why it was handed the work; null for who began. */
  why: string | null
  state: 'done' | 'working' | 'stopped'
}

/** Who works on a run one after the other; nobody where one agent does it all. */
export function teamOf(run: Pick<Run, 'handoffs' | 'outcome'>): TeamMember[] {
  const [first] = run.handoffs
  if (!first) return []
  const names = [
    { key: 'first', agent: first.from, why: null },
    ...run.handoffs.map(({ id, to, why }) => ({ key: id, agent: to, why })),
  ]
  const ended = run.outcome?.kind === 'completed' ? 'done' : run.outcome ? 'stopped' : 'working'
  return names.map((member, index) => ({
    ...member,
    state: index < names.length - 1 ? 'done' : ended,
  }))
}

/** Whose answer it is: who was asked, not who finished. */
export const leaderOf = (run: Pick<Run, 'handoffs' | 'agent'>): string | null =>
  run.handoffs[0]?.from ?? run.agent

/**
 * Who a conversation goes on with: the leader of its last run, null where that one cannot be chosen
 * here; undefined as long as nobody has been asked in it.
 */
export function goesOnWith(
  run: Pick<Run, 'handoffs' | 'agent'> | undefined,
  agents: readonly { id: string }[],
): string | null | undefined {
  const leader = run && leaderOf(run)
  if (!leader) return undefined
  return agents.some(({ id }) => id === leader) ? leader : null
}
