/** An agent that runs elsewhere and speaks AG-UI over HTTP; an administrator added it. */
export interface RemoteAgent {
  /** Its name in requests, unlike that of every other agent. */
  id: string
  name: string
  description: string
  url: string
  /** Sent with every request; they may hold secrets and are never shown. */
  headers: Readonly<Record<string, string>>
  examples: readonly string[]
  enabled: boolean
  createdAt: string
  updatedAt: string
}

/** What a breaker and the ledger call it. */
export const serviceNameOf = ({ id }: Pick<RemoteAgent, 'id'>): string => `ag-ui/${id}`
