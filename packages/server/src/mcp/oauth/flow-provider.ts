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
    clients: ClientStore
  }) {
    this.clientMetadata = options.clientMetadata
    if (options.clientMetadataUrl !== undefined) this.clientMetadataUrl = options.clientMetadataUrl
    this.#serverId = options.serverId
    this.#redirectUrl = options.redirectUrl
    this.#state = options.state
    this.#clients = options.clients
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
    this.client ??= await this.#clients.find(this.#serverId, ctx?.issuer ?? '')
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
