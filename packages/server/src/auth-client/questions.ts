import type { z } from 'zod'

import type { CircuitBreaker } from '../platform/circuit-breaker.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { LinkMetrics } from './link-metrics.ts'

export interface LinkOptions {
  /** Of the auth service, without a slash at its end. */
  url: string
  serviceId: string
  serviceSecret: string
  clock: Clock
  /** 0 to 1, as Math.random: spreads what is tried again. */
  random: () => number
  logger: Logger
  metrics: LinkMetrics
  breaker?: CircuitBreaker
  /** Called after each try: whether anybody listens there. */
  onTry: (end: 'answered' | 'refused' | 'failed', why?: string) => void
}

export interface Question<Answer> {
  method?: 'GET' | 'POST'
  path: string
  body?: unknown
  schema: z.ZodType<Answer>
  /** Asked twice it does no harm. */
  repeatable: boolean
  /** Says for whom it is asked, from this machine. */
  forLocal?: boolean
}
