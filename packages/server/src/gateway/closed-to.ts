import type { Identity } from '../identity/identity.ts'
import type { ServiceMode, Withheld } from '../platform/recovery/service-mode.ts'

/** Why this person may do nothing at the moment; administrators always may. */
export const closedTo = (
  mode: Pick<ServiceMode, 'entering'> | undefined,
  { role }: Pick<Identity, 'role'>,
): Withheld | undefined => (role === 'admin' ? undefined : mode?.entering())
