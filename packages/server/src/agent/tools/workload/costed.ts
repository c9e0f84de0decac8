import type { Pricing } from './pricing.ts'
import type { Subject } from './subject.ts'

/** Requests with their cost, in femto-dollars; shares are of the total. */
export interface Costed {
  subject: Subject
  pricing: Pricing
  total: { requests: number | null; cost: bigint }
}
