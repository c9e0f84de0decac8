import type { Breakers } from '../../platform/breakers.ts'
import type { Clock } from '../../platform/clock.ts'
import { BREAKER_OPENS } from '../../platform/recovery/recovery-table.ts'
import { AuthError } from '../auth-error.ts'
import type { ProviderSettings } from './provider-settings.ts'
import { Provider } from './provider.ts'

/** The providers that are configured, in the order of their buttons. */
export class Providers {
  readonly #byId: ReadonlyMap<string, Provider>

  constructor(settings: readonly ProviderSettings[], clock: Clock, breakers: Breakers) {
    const breakerOf = ({ name }: ProviderSettings) =>
      breakers.of('service', `oidc:${name}`, BREAKER_OPENS.oidc)
    this.#byId = new Map(settings.map((one) => [one.id, new Provider(one, clock, breakerOf(one))]))
  }

  /** @throws AuthError `not_found` */
  get(id: string): Provider {
    const provider = this.#byId.get(id)
    if (provider === undefined) throw new AuthError('not_found')
    return provider
  }

  all(): Provider[] {
    return [...this.#byId.values()]
  }
}
