import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'

import type { ClientStore } from './client-store.ts'
import type { Discovery } from './kept.ts'

/** What the library is told during one sign-in, and what it found out by the end of it. */
export class FlowProvider implements OAuthClientProvider {
  readonly clientMetadata: OAuthClientMetadata
  readonly clientMetadataUrl?: string
  readonly #serverId: string
  readonly #redirectUrl: string
  readonly #state: string
  readonly #clients: ClientStore
  readonly #scope: string | undefined
  verifier = ''
  discovery: Discovery | undefined
  client: StoredOAuthClientInformation | undefined
  tokensGot: StoredOAuthTokens | undefined
  leadsTo: URL | undefined

  constructor(options: {
    serverId: string
    redirectUrl: string
    clientMetadata: OAuthClientMetadata
    /** An https address where that stands; undefined where there is none. */
    clientMetadataUrl: string | undefined
    state: string
    /** What is going to be asked for, where that is known. */
    scope: string | undefined
    clients: ClientStore
  }) {
    this.clientMetadata = options.clientMetadata
    if (options.clientMetadataUrl !== undefined) this.clientMetadataUrl = options.clientMetadataUrl
    this.#serverId = options.serverId
    this.#redirectUrl = options.redirectUrl
    this.#state = options.state
    this.#clients = options.clients
    this.#scope = options.scope
  }

  get redirectUrl(): string {
    return this.#redirectUrl
  }

  state(): string {
    return this.#state
  }

  async clientInformation(ctx?: {
    issuer: string
  }): Promise<StoredOAuthClientInformation | undefined> {
    if (this.client || !ctx) return this.client
    const known = await this.#clients.find(this.#serverId, ctx.issuer)
    // A client that registered for less may never ask for more: it registers anew.
    const scope = this.#scope ?? scopesIn(this.discovery)
    if (known && registeredFor(known, scope)) this.client = known
    return this.client
  }

  async saveClientInformation(
    known: StoredOAuthClientInformation,
    ctx?: { issuer: string },
  ): Promise<void> {
    this.client = known
    if (ctx) await this.#clients.save(this.#serverId, ctx.issuer, known)
  }

  /** Renewal is not part of a sign-in. */
  tokens(): undefined {
    return undefined
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.tokensGot = tokens
  }

  redirectToAuthorization(url: URL): void {
    this.leadsTo = url
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier
  }

  codeVerifier(): string {
    return this.verifier
  }

  saveDiscoveryState(found: OAuthDiscoveryState): void {
    this.discovery = found
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.discovery as OAuthDiscoveryState | undefined
  }

  /** A client that its issuer does not know any more is registered anew. */
  async invalidateCredentials(what: string): Promise<void> {
    if (what !== 'client' && what !== 'all') return
    this.client = undefined
    await this.#clients.forgetRegistered(this.#serverId)
  }
}

function registeredFor(client: object, scope: string | undefined): boolean {
  if (scope === undefined || !('scope' in client) || typeof client.scope !== 'string') return true
  const known = new Set(client.scope.split(' '))
  return scope.split(' ').every((one) => known.has(one))
}

/** What is asked for where nobody said more. */
function scopesIn(discovery: Discovery | undefined): string | undefined {
  const { scopes_supported: scopes } = (discovery?.resourceMetadata ?? {}) as {
    scopes_supported?: unknown
  }
  return Array.isArray(scopes) ? scopes.join(' ') : undefined
}
