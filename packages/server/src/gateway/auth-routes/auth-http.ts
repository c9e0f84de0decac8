import type { Auth } from '../../auth/auth.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Addresses } from '../addresses.ts'
import type { BaseParts, HttpBase } from '../http/base.ts'

export interface AuthHttpParts extends BaseParts {
  auth: Auth
  clock: Clock
  addresses: () => Addresses
  /** Counts a request that was refused because there were too many. */
  limited(): void
}

/** What the auth service's routes share, wherever they are served. */
export interface AuthHttp extends HttpBase {
  parts: AuthHttpParts
}
