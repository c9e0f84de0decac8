import type { McpAuth, McpAuthServer } from '../auth-port.ts'
import type { Owner } from './token-store.ts'

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

/** A client that somebody registered by hand. */
export interface EnteredClient {
  client_id: string
  client_secret?: string | undefined
  /** Where it was registered, as that place calls itself: no other is shown it. */
  issuer: string
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
  setClient(serverId: string, client: EnteredClient | null): Promise<void>
  /** A person leaves: whatever they have is revoked and forgotten. */
  forgetPerson(userId: string): Promise<void>
  /** What Netra says of itself where it registers (client ID metadata document). */
  clientDocument(): Record<string, unknown>
}
