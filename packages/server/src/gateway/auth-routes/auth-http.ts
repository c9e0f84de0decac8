import type { Auth } from '../../auth/auth.ts'
import type { Clock } from '../../platform/clock.ts'
import type { UserId } from '../../platform/ids.ts'
import type { Addresses } from '../addresses.ts'
import type { BaseParts, HttpBase } from '../http/base.ts'

export interface AuthHttpParts extends BaseParts {
  auth: Auth
  clock: Clock
  addresses: () => Addresses
  /** Counts a request that was refused because there were too many. */
  limited(limit?: string): void
  /** Erases what this process keeps of a user's conversations and files; absent where it keeps none. */
  erase?: (userId: UserId, account: 'there' | 'gone') => Promise<void>
}

/** What the auth service's routes share, wherever they are served. */
export interface AuthHttp extends HttpBase {
  parts: AuthHttpParts
}
