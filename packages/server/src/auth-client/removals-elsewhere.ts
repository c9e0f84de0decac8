import { z } from 'zod'

import { asId, type UserId } from '../platform/ids.ts'
import type { ServiceLink } from './service-link.ts'

/** Accounts that are gone at the auth service, whose conversations are still to be erased here. */
export class RemovalsElsewhere {
  readonly #link: ServiceLink
  readonly #listeners = new Set<() => void>()

  constructor(link: ServiceLink) {
    this.#link = link
  }

  /** @throws AuthUnavailable */
  async pending(): Promise<UserId[]> {
    const { users } = await this.#link.ask({
      method: 'GET',
      path: '/auth/removals',
      schema: z.object({ users: z.array(z.string()) }),
      repeatable: true,
    })
    return users.map((user) => asId<UserId>(user))
  }

  /** @throws AuthUnavailable */
  async done(userId: string): Promise<void> {
    await this.#link.ask({
      path: `/auth/removals/${encodeURIComponent(userId)}/done`,
      schema: z.null(),
      repeatable: true,
    })
  }

  /** Called when there may be a new one. */
  onRemoved(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** There may be a new one. */
  tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
