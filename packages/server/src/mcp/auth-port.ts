import type { AuthProvider, OAuthClientProvider } from '@modelcontextprotocol/client'

/** As much of a server as signing in to it needs. */
export interface McpAuthServer {
  id: string
  name: string
  /** Its MCP endpoint. */
  url: string
  /** Connected by an administrator; each person signs in for themselves all the same. */
  isForAll: boolean
}

/** How one person signs in to MCP servers. What it keeps is keyed by person and server, never one alone. */
export interface McpAuth {
  /**
   * What the requests of this person to this server show. Asked for at each connection; `token` is
   * asked at each request and answers undefined while nobody has signed in. It, or what is done at
   * a 401, may throw `SignInNeeded`.
   */
  providerFor(server: McpAuthServer, userId: string): AuthProvider | OAuthClientProvider
  /** Whether this person is signed in there; null where it was never asked for. */
  isSignedIn(serverId: string, userId: string): Promise<boolean | null>
  /**
   * What a call that the server refused for a missing scope fails with: `SignInNeeded`, or, where
   * the scope was granted already, why asking again would not help.
   */
  needsScope(
    server: McpAuthServer,
    userId: string,
    refused: { requiredScope?: string | undefined; resourceMetadataUrl?: URL | undefined },
  ): Promise<Error>
  /** Forgets what is kept of the server, of one person or of everybody. */
  forget(serverId: string, userId?: string): Promise<void>
}

/** The server wants to know who asks. The tool call waits for the person as an elicitation by URL. */
export class SignInNeeded extends Error {
  override readonly name = 'SignInNeeded'
  /** Netra's own address that begins the sign-in; undefined: the person is sent to the settings. */
  readonly url: string | undefined

  constructor(message: string, url?: string) {
    super(message)
    this.url = url
  }
}

/** No sign-in now, and asking the person for one would not help. `message` is in our own words. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed'
}
