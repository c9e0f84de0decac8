import type { CircuitBreaker } from '../platform/circuit-breaker.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { CredentialMemory } from './credential-memory.ts'
import { Credentials } from './credentials.ts'
import { Doubt } from './doubt.ts'
import { Entrances } from './entrances.ts'
import { KnownKeys } from './known-keys.ts'
import { LinkMetrics } from './link-metrics.ts'
import { OutageLog } from './outage-log.ts'
import { RecentChanges } from './recent-changes.ts'
import { ServiceLink } from './service-link.ts'
import { SessionAsker } from './session-asker.ts'
import { SessionKnowledge } from './session-knowledge.ts'
import { SessionMemory } from './session-memory.ts'
import { SpareTickets } from './spare-tickets.ts'
import { TicketsElsewhere } from './tickets-elsewhere.ts'

interface Needs {
  url: string
  serviceId: string
  serviceSecret: string
  clock: Clock
  random: () => number
  logger: Logger
  metrics: Metrics
  breaker?: CircuitBreaker
}

export type ClientParts = ReturnType<typeof clientParts>

/** What an auth client is made of: all that asks, and all that remembers. */
export function clientParts(needs: Needs) {
  const { clock, logger } = needs
  const changes = new RecentChanges()
  const doubt = new Doubt(clock)
  const outage = new OutageLog(clock, logger)
  const metrics = new LinkMetrics(needs.metrics)
  const link = new ServiceLink({
    ...needs,
    metrics,
    onTry: (end, why = 'it does not answer') => {
      if (end === 'answered') outage.answered()
      else outage.failed(why)
      if (end === 'refused') doubt.nobodyListens()
      else doubt.somebodyListens()
    },
  })
  const memory = new SessionMemory(clock)
  const asker = new SessionAsker(link, changes, logger)
  const sessions = new SessionKnowledge({ memory, asker, changes, doubt, metrics, logger })
  const keys = new KnownKeys(link, clock)
  const credentialMemory = new CredentialMemory(clock)
  const credentials = new Credentials({ link, keys, memory: credentialMemory, changes, sessions })
  const tickets = new TicketsElsewhere({
    link,
    changes,
    credentials,
    sessions,
    spare: new SpareTickets(clock),
    forget: (userId, sessionId) => memory.dropSession(userId, sessionId),
  })
  metrics.read({
    breaker: () => link.circuit.state,
    silentMs: () => doubt.ms,
    remembered: () => memory.size,
  })
  const entrances = new Entrances(link, clock)
  return {
    changes,
    doubt,
    outage,
    metrics,
    link,
    memory,
    sessions,
    keys,
    credentialMemory,
    credentials,
    tickets,
    entrances,
  }
}
