import type { CircuitStatus } from '../../../platform/circuit-breaker.ts'
import type { Clock } from '../../../platform/clock.ts'
import { SELFTEST_MODEL } from '../../agents/selftest.ts'
import type { OpenModel } from '../models.ts'
import { FREE } from '../pricing.ts'
import { createSelftestModel } from './selftest.ts'
import { UserBreakers } from './user-breakers.ts'

/** Longer than any pause that its language can ask for. */
const PATIENCE = { firstTokenMs: 60_000, betweenTokensMs: 60_000 }

export interface SelftestModels {
  open(userId: string): OpenModel
  breaker(userId: string): CircuitStatus
}

/** The selftest model as each user sees it: free, in this process, behind a breaker of their own. */
export function createSelftestModels(clock: Clock): SelftestModels {
  const language = createSelftestModel(clock)
  const breakers = new UserBreakers(clock)
  return {
    open: (userId) => ({
      language,
      name: {
        provider: 'netra',
        id: SELFTEST_MODEL,
        setAt: 'Netra itself',
        address: 'this process',
        builtIn: true,
      },
      accepts: { images: false, pdf: false },
      callOptions: {},
      pricing: FREE,
      patience: PATIENCE,
      breaker: breakers.of(userId),
    }),
    breaker: (userId) => breakers.status(userId),
  }
}
