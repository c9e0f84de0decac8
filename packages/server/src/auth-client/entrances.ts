import { z } from 'zod'

import { AuthUnavailable, type Entrance } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { ServiceLink } from './service-link.ts'

const FRESH_MS = 1_000

const entrance = z.object({
  registration: z.enum(['open', 'invitation', 'domain', 'closed']),
  setup_required: z.boolean(),
  providers: z.array(z.object({ id: z.string(), name: z.string() })),
  sends_email: z.boolean(),
  demo: z.boolean(),
  e2e: z.boolean(),
})

/** What somebody who is not signed in may do, as the auth service says; the last word while it is away. */
export class Entrances {
  readonly #link: ServiceLink
  readonly #clock: Clock
  readonly #known = new Map<boolean, { entrance: Entrance; until: number }>()

  constructor(link: ServiceLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  /** @throws AuthUnavailable when it was never known. */
  async get(isLocal: boolean): Promise<Entrance> {
    const known = this.#known.get(isLocal)
    const now = this.#clock.monotonic()
    if (known && known.until > now) return known.entrance
    try {
      const found: Entrance = await this.#link.ask({
        method: 'GET',
        path: '/auth/config',
        schema: entrance,
        repeatable: true,
        forLocal: isLocal,
      })
      this.#known.set(isLocal, { entrance: found, until: now + FRESH_MS })
      return found
    } catch (error) {
      if (known && error instanceof AuthUnavailable) return known.entrance
      throw error
    }
  }

  clear(): void {
    this.#known.clear()
  }
}
