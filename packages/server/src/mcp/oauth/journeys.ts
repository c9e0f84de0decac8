import { randomBytes } from 'node:crypto'

import { auth } from '@modelcontextprotocol/client'

import type { Clock } from '../../platform/clock.ts'
import type { GuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import { SignInFailed } from '../auth-port.ts'
import { askAsNobody } from './challenge.ts'
import type { ClientStore } from './client-store.ts'
import { FlowProvider } from './flow-provider.ts'
import { expiryOf } from './renewal.ts'
import { revoke } from './revocation.ts'
import { wordsOf } from './sign-in-failed.ts'
import type { McpOauth, SignInEnd } from './sign-ins.ts'
import type { StateStore } from './state-store.ts'
import type { TokenStore } from './token-store.ts'

const STATE_MS = 10 * 60_000
const CALLBACK = '/api/mcp/oauth/callback'
const CLIENT_DOCUMENT = '/api/mcp/oauth/client.json'
const NO_CODE = 'The sign-in was not finished there.'

interface Parts {
  tokens: TokenStore
  clients: ClientStore
  states: StateStore
  fetch: GuardedFetch
  clock: Clock
  logger: Logger
  publicUrl: () => string
  clientDocumentUrl?: string
}

/** Sign-ins from leaving to coming back. */
export function createJourneys(
  parts: Parts,
): Pick<McpOauth, 'begin' | 'complete' | 'clientDocument'> {
  const { tokens, clients, states, fetch, clock, logger, publicUrl } = parts
  const now = (): string => new Date(clock.now()).toISOString()
  const clientMetadata = () => ({
    client_name: 'Netra',
    client_uri: publicUrl(),
    redirect_uris: [`${publicUrl()}${CALLBACK}`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  })
  const documentUrl = (): string | undefined => {
    const url = parts.clientDocumentUrl ?? `${publicUrl()}${CLIENT_DOCUMENT}`
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

  return {
    async begin(server, userId, { browser, returnTo }) {
      const owner = { userId, serverId: server.id }
      const state = randomBytes(32).toString('base64url')
      let provider: FlowProvider
      let scope: string | undefined
      try {
        const { wanted: known = {}, grant } = (await tokens.find(owner)) ?? {}
        const usual = known.scope ?? grant?.tokens.scope
        const wanted = usual === undefined ? await askAsNobody(fetch, server.url) : known
        const { resourceMetadataUrl } = wanted
        scope = usual ?? wanted.scope
        provider = providerOf(server.id, state, scope)
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
    clientDocument: () => ({
      client_id: documentUrl() ?? `${publicUrl()}${CLIENT_DOCUMENT}`,
      ...clientMetadata(),
      token_endpoint_auth_method: 'none',
    }),
  }
}
