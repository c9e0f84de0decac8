import {
  computeScopeUnion,
  discoverOAuthServerInfo,
  type AuthProvider,
} from '@modelcontextprotocol/client'

import type { Clock } from '../../platform/clock.ts'
import type { GuardedFetch } from '../../platform/guarded-fetch.ts'
import { SignInFailed, SignInNeeded, type McpAuth, type McpAuthServer } from '../auth-port.ts'
import { wishOf } from './challenge.ts'
import type { Grant, Wanted } from './kept.ts'
import type { Renewals } from './renewal.ts'
import { renewalFailed } from './sign-in-failed.ts'
import type { Owner, TokenStore } from './token-store.ts'

/** So early before its end a token is renewed: clocks differ, and a call takes its time. */
const EARLY_MS = 60_000
/** One that lives for less than minutes is used for most of its life. */
const earlyMs = ({ tokens }: Grant): number =>
  Math.min(EARLY_MS, (tokens.expires_in ?? Infinity) * 200)

interface Parts {
  tokens: TokenStore
  renewals: Renewals
  fetch: GuardedFetch
  clock: Clock
  publicUrl: () => string
}

/** What requests to servers show as who asks, and what becomes of those that are refused. */
export function createShownTokens(parts: Parts): Pick<McpAuth, 'providerFor' | 'needsScope'> {
  const { tokens, renewals, fetch, clock, publicUrl } = parts
  const signInAt = ({ id }: McpAuthServer): string =>
    `${publicUrl()}/api/mcp/connections/${encodeURIComponent(id)}/sign-in`
  const needed = (server: McpAuthServer, why: string): SignInNeeded =>
    new SignInNeeded(`${server.name}: ${why}`, signInAt(server))

  const fresh = async (owner: Owner, force: Grant | undefined): Promise<Grant | undefined> => {
    const kept = (await tokens.find(owner))?.grant
    if (!kept) return undefined
    const isSpent =
      force?.tokens.access_token === kept.tokens.access_token ||
      (kept.expiresAt !== null && kept.expiresAt - earlyMs(kept) <= clock.now())
    return isSpent ? renewals.renew(owner, kept) : kept
  }

  function providerFor(server: McpAuthServer, userId: string): AuthProvider {
    const owner = { userId, serverId: server.id }
    let shown: Grant | undefined
    return {
      async token() {
        try {
          shown = await fresh(owner, undefined)
        } catch (error) {
          throw renewalFailed(server, error)
        }
        return shown?.tokens.access_token
      },
      async onUnauthorized(context) {
        const wish = wishOf(context)
        const before = shown
        if (before === undefined) {
          await tokens.drop(owner, null, wish)
          throw needed(server, 'sign in to use it.')
        }
        const kept = (await tokens.find(owner))?.grant
        // Somebody else renewed them, or signed in, while this call was under way.
        if (kept && kept.tokens.access_token !== before.tokens.access_token) return
        if (!(await isSameIssuer(server, before, wish))) {
          await tokens.drop(owner, 'It asks for a sign-in somewhere else now.', wish)
          throw needed(server, 'it asks for a sign-in somewhere else now.')
        }
        try {
          if (await fresh(owner, before)) return
        } catch (error) {
          throw renewalFailed(server, error)
        }
        throw needed(server, 'the sign-in is over. Sign in again.')
      },
    }
  }

  async function needsScope(
    server: McpAuthServer,
    userId: string,
    refused: { requiredScope?: string | undefined; resourceMetadataUrl?: URL | undefined },
  ): Promise<Error> {
    const owner = { userId, serverId: server.id }
    const kept = await tokens.find(owner)
    const granted = kept?.grant?.tokens.scope
    const asked = kept?.wanted.scope
    const scope = computeScopeUnion(granted, asked, refused.requiredScope)
    const known = new Set((granted ?? '').split(' '))
    const isGranted = (refused.requiredScope ?? '').split(' ').every((one) => known.has(one))
    if (isGranted) {
      return new SignInFailed(
        `${server.name} refuses a call for a scope that it has granted. Asking again would not help.`,
      )
    }
    const url = refused.resourceMetadataUrl?.href
    const wish: Wanted = { ...(scope && { scope }), ...(url && { resourceMetadataUrl: url }) }
    const why = `it wants more than was granted (${refused.requiredScope}).`
    await (kept ? tokens.want(owner, wish, why) : tokens.drop(owner, why, wish))
    return needed(server, `${why} Sign in again to grant it.`)
  }

  /** Tokens are shown for renewal only where they came from: the server may name another place now. */
  async function isSameIssuer(server: McpAuthServer, shown: Grant, wish: Wanted): Promise<boolean> {
    const { resourceMetadataUrl } = wish
    const found = await discoverOAuthServerInfo(server.url, {
      fetchFn: fetch,
      ...(resourceMetadataUrl !== undefined && {
        resourceMetadataUrl: new URL(resourceMetadataUrl),
      }),
    }).catch((error: unknown) => {
      throw renewalFailed(server, error)
    })
    const issuer = found.authorizationServerMetadata?.issuer ?? found.authorizationServerUrl
    return (
      shown.tokens.issuer === undefined ||
      withoutSlash(shown.tokens.issuer) === withoutSlash(issuer)
    )
  }

  return { providerFor, needsScope }
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '')
