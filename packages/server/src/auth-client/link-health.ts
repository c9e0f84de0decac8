import type { Doubt } from './doubt.ts'
import type { FeedReader } from './feed-reader.ts'
import type { KnownKeys } from './known-keys.ts'
import type { LinkMetrics } from './link-metrics.ts'
import type { ServiceLink } from './service-link.ts'
import type { SessionMemory } from './session-memory.ts'

const UNHEALTHY_AFTER_MS = 30_000

interface Needs {
  link: ServiceLink
  doubt: Doubt
  keys: KnownKeys
  feed: FeedReader
  memory: SessionMemory
  metrics: LinkMetrics
}

/** How a node and its auth service get on. */
export class LinkHealth {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** @throws with what is wrong. */
  check(): void {
    const { keys, doubt, link, feed } = this.#needs
    if (!keys.areThere) throw new Error('the auth service was not reached yet')
    if (doubt.isAway) throw new Error('nobody listens at the address of the auth service')
    if (link.circuit.state === 'OPEN') throw new Error('the auth service does not answer')
    if (doubt.ms > UNHEALTHY_AFTER_MS || !feed.hasSpoken) {
      throw new Error('the feed of the auth service is silent')
    }
  }

  details(): Record<string, unknown> {
    const { link, doubt, feed, memory, metrics } = this.#needs
    return {
      circuit_breaker: link.circuit,
      feed: { following: feed.isFollowing, silent_ms: Math.round(doubt.ms) },
      sessions_remembered: memory.size,
      ...metrics.counts,
    }
  }
}
