import type { Logger } from '../../platform/logger.ts'
import type { Count, Metrics } from '../../platform/metrics.ts'
import type { AuditEvent, AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import { OAuthFailure, whyOf, type OAuthFailureCode } from './oauth-failure.ts'

type End = 'signed_in' | 'linked' | 'logged_out' | OAuthFailureCode

/** What becomes of people's ways through providers: counted, logged and in the audit log. */
export class OAuthReport {
  readonly #audit: AuditLog
  readonly #logger: Logger
  readonly #ends: Count | undefined

  constructor(needs: { audit: AuditLog; logger: Logger; metrics?: Metrics | undefined }) {
    this.#audit = needs.audit
    this.#logger = needs.logger
    this.#ends = needs.metrics?.counter(
      'netra_provider_sign_ins_total',
      'Attempts to sign in through a provider by their end, and logouts that providers told of.',
      ['end'],
    )
  }

  ended(end: End): void {
    this.#ends?.add({ end })
  }

  record(event: AuditEvent): void {
    this.#audit.record(event)
  }

  /** The failure to throw on; what is none of the known ways to fail passes through. */
  refused(provider: string | undefined, address: string, error: unknown): unknown {
    const failure =
      error instanceof AuthError && error.code === 'rate_limited'
        ? new OAuthFailure('rate_limited', { retryAfterMs: error.retryAfterMs })
        : error
    if (!(failure instanceof OAuthFailure)) return failure
    this.ended(failure.code)
    // A flood must not become one of the log.
    if (failure.code === 'rate_limited') return failure
    this.log(provider, failure)
    this.#audit.record({
      actor: { kind: 'nobody' },
      action: 'session.refused',
      outcome: 'refused',
      address,
      details: { why: failure.code, provider: provider ?? null },
    })
    return failure
  }

  /**
   * Of a browser that has begun nothing. Any page can send people here, as images of it too: that
   * fills no audit log and counts as nobody's guess.
   */
  stray(provider: string | undefined): OAuthFailure {
    const failure = new OAuthFailure('state_invalid')
    this.ended(failure.code)
    this.log(provider, failure)
    return failure
  }

  log(provider: string | undefined, { code, traceId, cause }: OAuthFailure): void {
    this.#logger.warn(
      { part: 'oauth', provider, code, trace_id: traceId, why: whyOf(cause) },
      'a provider and Netra did not come together',
    )
  }
}
