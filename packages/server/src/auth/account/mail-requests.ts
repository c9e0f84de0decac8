import type { Clock } from '../../platform/clock.ts'
import { RateLimit } from '../../platform/rate-limit.ts'
import { AuthError } from '../auth-error.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { Origin } from '../session/session-start.ts'
import { checkedEmail } from './account-fields.ts'
import { networkOf } from './attempts.ts'

/** A whole office or class may register at once; nobody sends mails to thousands of strangers. */
const PER_NETWORK = { perMinute: 6, burst: 60 }

/** Mails that anybody may ask for, in anybody's name; the answer says nothing about who exists. */
export class MailRequests {
  readonly #outbox: Outbox | undefined
  readonly #networks: RateLimit

  constructor(outbox: Outbox | undefined, clock: Clock) {
    this.#outbox = outbox
    this.#networks = new RateLimit(clock, PER_NETWORK)
  }

  /** @throws AuthError `rate_limited`, `invalid_email` */
  request(kind: 'password_reset' | 'verify_email', given: string, origin: Origin): void {
    this.admit(origin)
    const email = checkedEmail(given)
    this.#outbox?.enqueue(kind, email)
  }

  /** Counts one mail that this network causes. @throws AuthError `rate_limited` */
  admit({ address }: Origin): void {
    const waitMs = this.#networks.take(networkOf(address))
    if (waitMs > 0) throw new AuthError('rate_limited', waitMs)
  }
}
