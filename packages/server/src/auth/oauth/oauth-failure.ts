import { randomBytes } from 'node:crypto'

import { ProviderUnreachable } from './provider-fetch.ts'

/** Every way in which signing in through a provider ends badly, with a sentence for people. */
export const OAUTH_FAILURES = {
  access_denied: 'Signing in was cancelled at the provider.',
  state_invalid:
    'This sign-in took too long, was used already or was begun in another browser. Start again.',
  provider_unavailable: 'The provider does not answer right now. Try again in a moment.',
  provider_error: "The provider's answer could not be trusted, so nobody was signed in. Try again.",
  email_not_verified:
    'The provider has not confirmed your e-mail address. Confirm it there, then sign in again.',
  account_exists:
    'There is an account with this e-mail address. Sign in with its password, then link the provider in the settings.',
  already_linked: 'This account of the provider belongs to another account here already.',
  registration_refused:
    'You have no account here yet, and registering needs an invitation. Ask an administrator.',
  account_disabled: 'This account is disabled. Ask an administrator to enable it.',
  rate_limited: 'Too many attempts from your network. Wait before you try again.',
} as const

export type OAuthFailureCode = keyof typeof OAUTH_FAILURES

/** `cause` is for the log: it may say what was wrong, never a code or token. */
export class OAuthFailure extends Error {
  override readonly name = 'OAuthFailure'
  readonly code: OAuthFailureCode
  readonly retryAfterMs: number | undefined
  /** Where a signed-in person was who wanted to link; they are not sent to the sign-in page. */
  returnTo: string | undefined
  /** Under which the log has the cause. */
  readonly traceId = randomBytes(16).toString('hex')

  constructor(
    code: OAuthFailureCode,
    extra: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(OAUTH_FAILURES[code], { cause: extra.cause })
    this.code = code
    this.retryAfterMs = extra.retryAfterMs
  }
}

/** What went wrong between us and the provider, as one of the known ways to fail. */
export function providerFailure(cause: unknown): OAuthFailure {
  if (causesOf(cause).some((error) => error instanceof ProviderUnreachable)) {
    return new OAuthFailure('provider_unavailable', { cause, retryAfterMs: RETRY_MS })
  }
  const said = providerSaid(cause)
  if (said === 'access_denied') return new OAuthFailure('access_denied', { cause })
  if (said === 'temporarily_unavailable' || said === 'server_error') {
    return new OAuthFailure('provider_unavailable', { cause, retryAfterMs: RETRY_MS })
  }
  return new OAuthFailure('provider_error', { cause })
}

/** The messages of an error and its causes for the log; a parser's own would quote what it read. */
export function whyOf(error: unknown): string {
  return causesOf(error)
    .flatMap((cause) =>
      cause instanceof SyntaxError ? [cause.name] : [cause.message, codeOf(cause)],
    )
    .filter(Boolean)
    .join(': ')
}

const RETRY_MS = 5_000

/** The provider's error code, of the authorization answer alone: of others it is no word for people. */
const providerSaid = (error: unknown): string =>
  error instanceof Error && error.name === 'AuthorizationResponseError' ? codeOf(error) : ''

/** Of the `error` that OAuth answers carry: a short word. */
function codeOf(error: Error): string {
  if (!('error' in error) || typeof error.error !== 'string') return ''
  return /^[a-z_]{1,60}$/.test(error.error) ? error.error : ''
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = []
  for (let next = error; next instanceof Error && causes.length < 6; next = next.cause) {
    causes.push(next)
  }
  return causes
}
