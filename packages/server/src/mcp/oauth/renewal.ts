import { randomUUID } from 'node:crypto'

import {
  OAuthError,
  OAuthErrorCode,
  refreshAuthorization,
  type AuthorizationServerMetadata,
  type FetchLike,
} from '@modelcontextprotocol/client'

import { behindBreaker } from '../../platform/behind-breaker.ts'
import type { Breakers } from '../../platform/breakers.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Grant, Wanted } from './kept.ts'
import type { Owner, TokenStore } from './token-store.ts'

/** A renewal that took so long has died with its node: another one may try. */
const CLAIM_MS = 30_000
const LOOK_AGAIN_MS = 250
const BREAKER = { failures: 3, openMs: 30_000, isMadeUp: true }

/** The other side says that the sign-in is over, and trying again would not help. */
const OVER = new Set<string>([
  OAuthErrorCode.InvalidGrant,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
])

interface RenewalParts {
  tokens: TokenStore
  fetch: FetchLike
  breakers: Breakers
  clock: Clock
  logger: Logger
}

/**
 * New tokens for old. However many calls find the old ones spent, on however many nodes, one asks
 * for new ones and the others wait for what it got: a refresh token is good once, and showing it
 * twice ends the sign-in at careful servers. While the other side fails, nobody asks (R16).
 */
export class Renewals {
  readonly #parts: RenewalParts
  readonly #underWay = new Map<string, Promise<Grant | undefined>>()

  constructor(parts: RenewalParts) {
    this.#parts = parts
  }

  /**
   * @param old what the caller found spent; whatever stands in its place is the answer.
   * @returns undefined: they have to sign in again.
   * @throws CircuitOpen, or what the renewal failed with; the sign-in may still be good.
   */
  renew(owner: Owner, old: Grant): Promise<Grant | undefined> {
    const name = JSON.stringify([owner.userId, owner.serverId])
    const known = this.#underWay.get(name)
    if (known) return known
    const begun = this.#renewOnce(owner, old).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, begun)
    return begun
  }

  async #renewOnce(owner: Owner, old: Grant): Promise<Grant | undefined> {
    const { tokens, clock } = this.#parts
    const claim = randomUUID()
    const giveUpAt = clock.monotonic() + 2 * CLAIM_MS
    for (;;) {
      const until = new Date(clock.now() + CLAIM_MS).toISOString()
      const isMine = await tokens.claim(owner, claim, until)
      try {
        const kept = (await tokens.find(owner))?.grant
        if (kept?.tokens.access_token !== old.tokens.access_token) return kept
        if (isMine) return await this.#ask(owner, kept)
      } finally {
        if (isMine) await tokens.release(owner, claim)
      }
      if (clock.monotonic() > giveUpAt) throw new Error('another node renews it and does not end')
      await new Promise<void>((go) => clock.after(LOOK_AGAIN_MS, go))
    }
  }

  async #ask(owner: Owner, old: Grant): Promise<Grant | undefined> {
    const { tokens, fetch, breakers, clock, logger } = this.#parts
    const { refresh_token: refreshToken } = old.tokens
    if (refreshToken === undefined) {
      await tokens.drop(owner, 'The sign-in has expired.', wishOf(old))
      return undefined
    }
    const { authorizationServerUrl, authorizationServerMetadata, resourceMetadata } = old.discovery
    const breaker = breakers.of('service', `mcp-sign-in:${owner.serverId}`, BREAKER)
    try {
      const renewed = await behindBreaker(
        breaker,
        () =>
          refreshAuthorization(authorizationServerUrl, {
            metadata: authorizationServerMetadata as AuthorizationServerMetadata | undefined,
            clientInformation: old.client,
            refreshToken,
            ...(resourceMetadata && { resource: resourceMetadata.resource }),
            fetchFn: fetch,
          }),
        (error) => !isOver(error),
      )
      const { issuer } = old.tokens
      const scope = renewed.scope ?? old.tokens.scope
      const fresh: Grant = {
        ...old,
        tokens: { ...renewed, ...(scope !== undefined && { scope }), ...(issuer && { issuer }) },
        expiresAt: expiryOf(renewed, clock),
      }
      await tokens.save(owner, fresh)
      return fresh
    } catch (error) {
      if (!isOver(error)) throw error
      logger.info(
        { user_id: owner.userId, server_id: owner.serverId, code: error.code },
        'a sign-in to an MCP server is over',
      )
      await tokens.drop(owner, 'The server ended the sign-in.', wishOf(old))
      return undefined
    }
  }
}

/** The next sign-in asks for what there was, and no more. */
const wishOf = ({ tokens: { scope } }: Grant): Wanted => (scope === undefined ? {} : { scope })

const isOver = (error: unknown): error is OAuthError =>
  error instanceof OAuthError && OVER.has(error.code)

/** On the wall clock, as it is kept; null when nobody said. */
export const expiryOf = (
  { expires_in: seconds }: { expires_in?: number | undefined },
  clock: Clock,
): number | null => (seconds === undefined ? null : clock.now() + seconds * 1_000)
