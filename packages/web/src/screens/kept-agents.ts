const MOST = 100

/** Thread and agent, null for the server's choice; who was remembered last stands last. */
type KeptAgents = readonly (readonly [string, string | null])[]

function read(kept: string | null): KeptAgents {
  try {
    const value: unknown = JSON.parse(kept ?? '[]')
    if (!Array.isArray(value)) return []
    return value.filter(
      (each): each is [string, string | null] =>
        Array.isArray(each) &&
        typeof each[0] === 'string' &&
        (each[1] === null || typeof each[1] === 'string'),
    )
  } catch {
    return []
  }
}

/** Who a conversation went on with when it was last seen here; undefined where nobody knows. */
export const agentKept = (kept: string | null, threadId: string): string | null | undefined =>
  read(kept).find(([id]) => id === threadId)?.[1]

/** What is kept once a conversation is known to go on with `agent`; the oldest are forgotten. */
export function withAgent(kept: string | null, threadId: string, agent: string | null): string {
  const others = read(kept).filter(([id]) => id !== threadId)
  return JSON.stringify([...others, [threadId, agent]].slice(-MOST))
}
