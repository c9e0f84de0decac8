import type { Rows } from '../platform/statement.ts'
import { hashOf, parseDefinition, type ToolDefinition } from './definition.ts'
import type { Asks } from './views.ts'

/** One tool of a server: as it is, and as somebody agreed to it. */
export interface Consent {
  serverId: string
  tool: string
  /** Undefined: the server has it no more. */
  seen: { hash: string; definition: ToolDefinition } | undefined
  pinned: { hash: string; definition: ToolDefinition } | undefined
  asks: Asks
}

interface StoredConsent extends Record<string, unknown> {
  server_id: string
  tool: string
  seen_hash: string | null
  seen: string | null
  pinned_hash: string | null
  pinned: string | null
  asks: string
}

/** Definitions of tools, pinned by their hash. */
export interface Consents {
  of(serverIds: readonly string[]): Promise<Consent[]>
  /** What a server has now. `complete`: what is not among them is gone. */
  see(serverId: string, found: readonly ToolDefinition[], complete: boolean): Promise<void>
  /** False: what is seen now is something else than what was agreed to. */
  pin(
    serverId: string,
    tools: readonly { tool: string; hash: string }[],
    by: string,
  ): Promise<boolean>
  setAsks(serverId: string, tool: string, asks: Asks): Promise<void>
}

const ASKS: readonly string[] = ['default', 'always', 'never'] satisfies Asks[]
const isAsks = (text: string): text is Asks => ASKS.includes(text)

/** Only what has the very hash that was agreed to may be called. */
export const isAgreed = ({ seen, pinned }: Consent): boolean =>
  seen !== undefined && seen.hash === pinned?.hash

export function createConsents({ rows, now }: { rows: Rows; now: () => string }): Consents {
  async function of(serverIds: readonly string[]): Promise<Consent[]> {
    if (serverIds.length === 0) return []
    const found = await rows.query<StoredConsent>({
      sql: `select * from mcp_consent where server_id in (${serverIds.map(() => '?').join(', ')})
        order by server_id, tool`,
      parameters: [...serverIds],
    })
    return found.map((row) => ({
      serverId: row.server_id,
      tool: row.tool,
      seen: versionOf(row.seen_hash, row.seen),
      pinned: versionOf(row.pinned_hash, row.pinned),
      asks: isAsks(row.asks) ? row.asks : 'default',
    }))
  }

  return {
    of,
    async see(serverId, found, complete) {
      const known = new Map((await of([serverId])).map((consent) => [consent.tool, consent]))
      const changed = found.flatMap((definition) => {
        const hash = hashOf(definition)
        if (known.get(definition.name)?.seen?.hash === hash) return []
        return [
          {
            sql: `insert into mcp_consent (server_id, tool, seen_hash, seen, seen_at, asks)
              values (?, ?, ?, ?, ?, 'default')
              on conflict (server_id, tool) do update set
                seen_hash = excluded.seen_hash, seen = excluded.seen, seen_at = excluded.seen_at`,
            parameters: [serverId, definition.name, hash, JSON.stringify(definition), now()],
          },
        ]
      })
      const there = new Set(found.map(({ name }) => name))
      const gone = complete ? [...known.values()].filter(({ tool }) => !there.has(tool)) : []
      const vanished = gone.map(({ tool, pinned }) =>
        pinned
          ? {
              sql: 'update mcp_consent set seen_hash = null, seen = null, seen_at = ? where server_id = ? and tool = ?',
              parameters: [now(), serverId, tool],
            }
          : {
              sql: 'delete from mcp_consent where server_id = ? and tool = ?',
              parameters: [serverId, tool],
            },
      )
      const statements = [...changed, ...vanished]
      if (statements.length > 0) await rows.write(statements)
    },
    async pin(serverId, tools, by) {
      const known = new Map((await of([serverId])).map((consent) => [consent.tool, consent]))
      if (tools.some(({ tool, hash }) => known.get(tool)?.seen?.hash !== hash)) return false
      await rows.write(
        tools.map(({ tool, hash }) => ({
          // What was chosen about asking was chosen for what it was before.
          sql: `update mcp_consent set asks = case when pinned_hash = ? then asks else 'default' end,
            pinned_hash = seen_hash, pinned = seen, pinned_by = ?, pinned_at = ?
            where server_id = ? and tool = ? and seen_hash = ?`,
          parameters: [hash, by, now(), serverId, tool, hash],
        })),
      )
      return true
    },
    setAsks: (serverId, tool, asks) =>
      rows.write([
        {
          sql: 'update mcp_consent set asks = ? where server_id = ? and tool = ?',
          parameters: [asks, serverId, tool],
        },
      ]),
  }
}

const versionOf = (hash: string | null, json: string | null) =>
  hash === null || json === null ? undefined : { hash, definition: parseDefinition(hash, json) }
