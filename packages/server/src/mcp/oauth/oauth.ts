import type { Breakers } from '../../platform/breakers.ts'
import type { Clock } from '../../platform/clock.ts'
import type { GuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Rows } from '../../platform/statement.ts'
import { ClientStore } from './client-store.ts'
import { createJourneys } from './journeys.ts'
import { Renewals } from './renewal.ts'
import { revoke } from './revocation.ts'
import { createShownTokens } from './shown-tokens.ts'
import type { McpOauth } from './sign-ins.ts'
import { StateStore } from './state-store.ts'
import { TokenStore, type KeptToken, type Owner } from './token-store.ts'

export interface McpOauthOptions {
  rows: Rows
  /** Seals what is kept. */
  key: Uint8Array
  /** For addresses that servers name. */
  fetch: GuardedFetch
  breakers: Breakers
  clock: Clock
  logger: Logger
  /** Netra's own, without a slash at its end. */
  publicUrl: () => string
  /** Where what Netra says of itself stands, when not below its address. */
  clientDocumentUrl?: string
}

export { SignInFailed } from '../auth-port.ts'
export type { McpOauth, SignInView } from './sign-ins.ts'

export function createMcpOauth(options: McpOauthOptions): McpOauth {
  const { rows, key, clock, logger, fetch } = options
  const now = (): string => new Date(clock.now()).toISOString()
  const tokens = new TokenStore({ rows, key, now })
  const clients = new ClientStore({ rows, key, now })
  const states = new StateStore({ rows, key })
  const renewals = new Renewals({ ...options, tokens })

  const drop = async (owner: Owner, kept: KeptToken | undefined): Promise<void> => {
    // First forgotten, then revoked: a call under way finds nothing to show.
    await tokens.remove(owner)
    if (kept?.grant) await revoke({ fetch, clock, logger }, kept.grant)
  }

  return {
    ...createShownTokens({ ...options, tokens, renewals }),
    ...createJourneys({ ...options, tokens, clients, states }),
    async isSignedIn(serverId, userId) {
      const kept = await tokens.find({ userId, serverId })
      return kept === undefined ? null : kept.grant !== undefined
    },
    async view(serverId, userId) {
      const kept = await tokens.find({ userId, serverId })
      const client = (await clients.hasEntered(serverId)) ?? null
      if (!kept && client === null) return undefined
      return {
        signed_in: kept?.grant !== undefined,
        scope: kept?.grant?.tokens.scope ?? null,
        since: kept?.grant ? kept.signedInAt : null,
        problem: kept?.problem ?? null,
        client_id: client,
      }
    },
    async setClient(serverId, client) {
      await (client ? clients.enter(serverId, client) : clients.forgetEntered(serverId))
    },
    async forget(serverId, userId) {
      const owners =
        userId === undefined ? await tokens.owners({ serverId }) : [{ serverId, userId }]
      for (const owner of owners) await drop(owner, await tokens.find(owner))
      if (userId !== undefined) return
      await clients.forgetRegistered(serverId)
      await clients.forgetEntered(serverId)
    },
    async forgetPerson(userId) {
      const owners = await tokens.owners({ userId })
      await Promise.all(owners.map(async (owner) => drop(owner, await tokens.find(owner))))
    },
  }
}
