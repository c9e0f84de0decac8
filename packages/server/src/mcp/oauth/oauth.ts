import { randomBytes } from 'node:crypto'

import {
  auth,
  computeScopeUnion,
  discoverOAuthServerInfo,
  extractWWWAuthenticateParams,
  type AuthProvider,
} from '@modelcontextprotocol/client'

import type { Breakers } from '../../platform/breakers.ts'
import { CircuitOpen } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { GuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Rows } from '../../platform/statement.ts'
import { SignInNeeded, type McpAuth, type McpAuthServer } from '../auth-port.ts'
import { ClientStore } from './client-store.ts'
import { FlowProvider } from './flow-provider.ts'
import type { Grant, Wanted } from './kept.ts'
import { expiryOf, Renewals } from './renewal.ts'
import { revoke } from './revocation.ts'
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

/** A person is back from where they signed in, or sent away for it. */
export type SignInEnd =
  | { ok: true; owner: Owner; returnTo: string }
  /** `why` is for the person. */
  | { ok: false; why: string; owner?: Owner; returnTo?: string }

export interface SignInView {
  signed_in: boolean
  scope: string | null
  since: string | null
  /** Why they have to sign in again. */
  problem: string | null
  /** The client that somebody entered by hand. */
  client_id: string | null
}

export interface McpOauth extends McpAuth {
  /**
   * Begins a sign-in, and answers where the browser goes. `browser` is a secret that only the
   * browser that leaves has.
   *
   * @throws SignInFailed with words for the person.
   */
  begin(
    server: McpAuthServer,
    userId: string,
    leaving: { browser: string; returnTo: string },
  ): Promise<URL>
  /** The browser came back with what it was given there. */
  complete(
    came: { state: string; code?: string; iss?: string; error?: string; browser: string },
    serverOf: (owner: Owner) => Promise<McpAuthServer | undefined>,
  ): Promise<SignInEnd>
  view(serverId: string, userId: string): Promise<SignInView | undefined>
  /** The client that somebody registered by hand where tokens come from; null: none. */
  setClient(
    serverId: string,
    client: { client_id: string; client_secret?: string | undefined } | null,
  ): Promise<void>
  /** A person leaves: whatever they have is revoked and forgotten. */
  forgetPerson(userId: string): Promise<void>
  /** What Netra says of itself where it registers (client ID metadata document). */
  clientDocument(): Record<string, unknown>
}

/** `message` is for the person. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed'
}

/** So early before its end a token is renewed: clocks differ, and a call takes its time. */
const EARLY_MS = 60_000
/** One that lives for less than minutes is used for most of its life. */
const earlyMs = ({ tokens }: Grant): number =>
  Math.min(EARLY_MS, (tokens.expires_in ?? Infinity) * 200)
const STATE_MS = 10 * 60_000
export const CALLBACK = '/api/mcp/oauth/callback'
export const CLIENT_DOCUMENT = '/api/mcp/oauth/client.json'

export function createMcpOauth(options: McpOauthOptions): McpOauth {
  const { rows, key, clock, logger, fetch, publicUrl } = options
  const now = (): string => new Date(clock.now()).toISOString()
  const tokens = new TokenStore({ rows, key, now })
  const clients = new ClientStore({ rows, key, now })
  const states = new StateStore({ rows, key })
  const renewals = new Renewals({ ...options, tokens })

  const clientMetadata = () => ({
    client_name: 'Netra',
    client_uri: publicUrl(),
    redirect_uris: [`${publicUrl()}${CALLBACK}`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  })
  const documentUrl = (): string | undefined => {
    const url = options.clientDocumentUrl ?? `${publicUrl()}${CLIENT_DOCUMENT}`
    return url.startsWith('https:') ? url : undefined
  }
  const providerOf = (serverId: string, state: string, scope: string | undefined) =>
    new FlowProvider({
      serverId,
      state,
      scope,
      clients,
      redirectUrl: `${publicUrl()}${CALLBACK}`,
      clientMetadata: clientMetadata(),
      clientMetadataUrl: documentUrl(),
    })
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

  const drop = async (owner: Owner, kept: KeptToken | undefined): Promise<void> => {
    // First forgotten, then revoked: a call under way finds nothing to show.
    await tokens.remove(owner)
    if (kept?.grant) await revoke({ fetch, clock, logger }, kept.grant)
  }

  return {
    providerFor(server, userId): AuthProvider {
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
    },
    async isSignedIn(serverId, userId) {
      const kept = await tokens.find({ userId, serverId })
      return kept === undefined ? null : kept.grant !== undefined
    },
    async needsScope(server, userId, refused) {
      const owner = { userId, serverId: server.id }
      const kept = await tokens.find(owner)
      const granted = kept?.grant?.tokens.scope
      const asked = kept?.wanted.scope
      const scope = computeScopeUnion(granted, asked, refused.requiredScope)
      const known = new Set((granted ?? '').split(' '))
      const isGranted = (refused.requiredScope ?? '').split(' ').every((one) => known.has(one))
      if (isGranted) {
        return new SignInFailed(
          `${server.name} refuses a call for the scope "${refused.requiredScope ?? ''}", which it has granted. Asking again would not help.`,
        )
      }
      const url = refused.resourceMetadataUrl?.href
      const wish: Wanted = { ...(scope && { scope }), ...(url && { resourceMetadataUrl: url }) }
      const why = `it wants more than was granted (${refused.requiredScope}).`
      await (kept ? tokens.want(owner, wish, why) : tokens.drop(owner, why, wish))
      return needed(server, `${why} Sign in again to grant it.`)
    },
    async begin(server, userId, { browser, returnTo }) {
      const owner = { userId, serverId: server.id }
      const { wanted = {} } = (await tokens.find(owner)) ?? {}
      const state = randomBytes(32).toString('base64url')
      const { scope, resourceMetadataUrl } = wanted
      const provider = providerOf(server.id, state, scope)
      try {
        await auth(provider, {
          serverUrl: server.url,
          fetchFn: fetch,
          ...(scope !== undefined && { scope }),
          ...(resourceMetadataUrl !== undefined && {
            resourceMetadataUrl: new URL(resourceMetadataUrl),
          }),
        })
      } catch (error) {
        logger.info({ err: error, server_id: server.id }, 'a sign-in to an MCP server cannot begin')
        throw new SignInFailed(`${server.name} cannot be signed in to: ${wordsOf(error)}`)
      }
      const { leadsTo, discovery, client } = provider
      if (!leadsTo || !discovery || !client)
        throw new SignInFailed(`${server.name} names no place to sign in.`)
      if (leadsTo.protocol !== 'https:' && leadsTo.protocol !== 'http:') {
        throw new SignInFailed(
          `${server.name} sends people to ${leadsTo.protocol}, which is no page.`,
        )
      }
      await states.open(owner, {
        state,
        browser,
        now: now(),
        until: new Date(clock.now() + STATE_MS).toISOString(),
        journey: {
          codeVerifier: provider.verifier,
          client,
          discovery,
          returnTo,
          ...(scope !== undefined && { scope }),
        },
      })
      return leadsTo
    },
    async complete(came, serverOf) {
      const taken = await states.take(came.state, came.browser, now())
      if (!taken)
        return { ok: false, why: 'This sign-in is over or was begun elsewhere. Begin anew.' }
      const { owner, journey } = taken
      const { returnTo } = journey
      const failed = (why: string): SignInEnd => ({ ok: false, why, owner, returnTo })
      if (came.code === undefined) {
        return failed(came.error === 'access_denied' ? 'You did not agree.' : NO_CODE)
      }
      const server = await serverOf(owner)
      if (!server) return failed('This server is not connected any more.')
      const provider = providerOf(server.id, came.state, journey.scope)
      provider.client = journey.client
      provider.verifier = journey.codeVerifier
      provider.discovery = journey.discovery
      try {
        await auth(provider, {
          serverUrl: server.url,
          authorizationCode: came.code,
          fetchFn: fetch,
          ...(came.iss !== undefined && { iss: came.iss }),
          ...(journey.scope !== undefined && { scope: journey.scope }),
        })
      } catch (error) {
        logger.info({ err: error, server_id: server.id }, 'a sign-in to an MCP server failed')
        return failed(wordsOf(error))
      }
      const { tokensGot, client, discovery } = provider
      if (!tokensGot || !client || !discovery) return failed(NO_CODE)
      const before = await tokens.find(owner)
      const scope = tokensGot.scope ?? journey.scope
      await tokens.save(owner, {
        tokens: { ...tokensGot, ...(scope !== undefined && { scope }) },
        client,
        discovery,
        expiresAt: expiryOf(tokensGot, clock),
      })
      if (before?.grant) await revoke({ fetch, clock, logger }, before.grant)
      logger.info({ user_id: owner.userId, server_id: server.id }, 'signed in to an MCP server')
      return { ok: true, owner, returnTo }
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
    clientDocument: () => ({
      client_id: documentUrl() ?? `${publicUrl()}${CLIENT_DOCUMENT}`,
      ...clientMetadata(),
      token_endpoint_auth_method: 'none',
    }),
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
}

const NO_CODE = 'The sign-in was not finished there.'

const withoutSlash = (url: string): string => url.replace(/\/$/, '')

function wishOf({ response }: { response: Response }): Wanted {
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response)
  return {
    ...(scope !== undefined && { scope }),
    ...(resourceMetadataUrl && { resourceMetadataUrl: resourceMetadataUrl.href }),
  }
}

/** The sign-in may still be good: nobody is asked to sign in again for an outage. */
function renewalFailed(server: McpAuthServer, error: unknown): Error {
  if (error instanceof SignInNeeded) return error
  const why =
    error instanceof CircuitOpen
      ? 'it failed several times; it is tried again soon'
      : wordsOf(error)
  return new SignInFailed(`The sign-in to ${server.name} cannot be renewed right now: ${why}`, {
    cause: error,
  })
}

const LONGEST_WORDS = 300

/** What the other side or the network said, cut: it is from outside. */
const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_WORDS)
