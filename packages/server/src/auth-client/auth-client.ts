import type {
  Authentication,
  Credentials as Shown,
  Entrance,
  FeedLine,
  Identities,
  Identity,
  SessionEndListener,
  SessionState,
  Ticket,
} from '../identity/identity.ts'
import { systemClock, type Clock } from '../platform/clock.ts'
import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { CredentialMemory } from './credential-memory.ts'
import { Credentials } from './credentials.ts'
import { Doubt } from './doubt.ts'
import { Entrances } from './entrances.ts'
import { FeedReader } from './feed-reader.ts'
import { KnownKeys } from './known-keys.ts'
import { LinkMetrics } from './link-metrics.ts'
import { OpenSessions, type OpenSession } from './open-sessions.ts'
import { RecentChanges } from './recent-changes.ts'
import { RemovalsElsewhere } from './removals-elsewhere.ts'
import { ServiceLink, type ForwardedRequest } from './service-link.ts'
import { SessionAsker } from './session-asker.ts'
import { SessionKnowledge } from './session-knowledge.ts'
import { SessionMemory } from './session-memory.ts'
import { SpareTickets } from './spare-tickets.ts'
import { TicketsElsewhere } from './tickets-elsewhere.ts'

export type { OpenSession } from './open-sessions.ts'

export interface AuthClientOptions {
  /** Of the auth service, without a slash at its end. */
  url: string
  serviceId: string
  serviceSecret: string
  clock?: Clock
  /** 0 to 1, as Math.random. */
  random?: () => number
  logger: Logger
  metrics: Metrics
}

/** A handshake has 10 s; whoever cannot be judged by then is told so before. */
const JUDGED_WITHIN_MS = 8_500
const LOOK_MS = 1_000
const UNHEALTHY_AFTER_MS = 30_000

/**
 * Who people are, as an auth service elsewhere says. What it said is remembered for as long as every
 * change of it would have been heard of; when that is in doubt each session is asked for, and refused
 * when that fails.
 */
export class AuthClient implements Identities, Disposable {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #metrics: LinkMetrics
  readonly #link: ServiceLink
  readonly #keys: KnownKeys
  readonly #doubt: Doubt
  readonly #changes = new RecentChanges()
  readonly #memory: SessionMemory
  readonly #credentialMemory: CredentialMemory
  readonly #sessions: SessionKnowledge
  readonly #credentials: Credentials
  readonly #tickets: TicketsElsewhere
  readonly #entrances: Entrances
  readonly #open: OpenSessions
  readonly #feed: FeedReader
  readonly #listeners = new Set<SessionEndListener>()
  #stopLooking: () => void = () => undefined

  /** Accounts that are gone, whose conversations are still to be erased here. */
  readonly removals: RemovalsElsewhere

  constructor(options: AuthClientOptions) {
    const { clock = systemClock, random = Math.random, logger } = options
    const changes = this.#changes
    const doubt = new Doubt(clock)
    const metrics = new LinkMetrics(options.metrics)
    const link = new ServiceLink({
      ...options,
      clock,
      random,
      metrics,
      onTry: (end) => {
        if (end === 'refused') doubt.nobodyListens()
        else doubt.somebodyListens()
      },
    })
    const memory = new SessionMemory(clock)
    const asker = new SessionAsker(link, changes, logger)
    const sessions = new SessionKnowledge({ memory, asker, changes, doubt, metrics, logger })
    this.#clock = clock
    this.#logger = logger
    this.#metrics = metrics
    this.#doubt = doubt
    this.#link = link
    this.#memory = memory
    this.#sessions = sessions
    this.#keys = new KnownKeys(link, clock)
    this.#credentialMemory = new CredentialMemory(clock)
    this.#credentials = new Credentials({
      link,
      keys: this.#keys,
      memory: this.#credentialMemory,
      changes,
      sessions,
    })
    this.#tickets = new TicketsElsewhere({
      link,
      changes,
      credentials: this.#credentials,
      sessions,
      spare: new SpareTickets(clock),
      forget: (userId, sessionId) => memory.dropSession(userId, sessionId),
    })
    this.#entrances = new Entrances(link, clock)
    this.removals = new RemovalsElsewhere(link)
    this.#open = new OpenSessions({
      ask: (userId, sessionId) => sessions.ask(userId, sessionId),
      tell: (sessionId, why) => this.#tell(sessionId, why),
      doubt,
      clock,
      logger,
    })
    metrics.read({
      breaker: () => link.circuit.state,
      silentMs: () => doubt.ms,
      remembered: () => memory.size,
    })
    // In the background: a node starts whether or not the service is there.
    this.#keys.fetchIfOld()
    this.#feed = new FeedReader({
      follow: (position) => link.follow(position),
      onLine: (line) => this.#heard(line),
      clock,
      random,
      logger,
    })
    this.#look()
  }

  authenticate({ authorization, cookie }: Shown): Promise<Authentication> {
    return this.#inTime(
      authorization === undefined
        ? this.#credentials.byCookie(cookie)
        : this.#credentials.byBearer(authorization),
    )
  }

  sessionState({ userId, sessionId }: Identity): SessionState | Promise<SessionState> {
    return this.#sessions.stateOf(userId, sessionId)
  }

  issueTicket({ userId, sessionId }: Identity): Promise<Ticket> {
    return this.#tickets.issue(userId, sessionId)
  }

  redeemTicket(ticket: string, cookie: string | undefined): Promise<Authentication> {
    return this.#inTime(this.#tickets.redeem(ticket, cookie))
  }

  /** @throws AuthUnavailable when it was never known. */
  entrance(isLocal: boolean): Promise<Entrance> {
    return this.#entrances.get(isLocal)
  }

  onSessionEnded(listener: SessionEndListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What is open here, to be confirmed when nobody vouches for it. */
  watch(read: () => Iterable<OpenSession>): void {
    this.#open.watch(read)
  }

  /** Passes a person's request on. @throws AuthUnavailable */
  forward(request: ForwardedRequest) {
    return this.#link.forward(request)
  }

  /** @throws with what is wrong between here and the auth service. */
  async check(): Promise<void> {
    if (!this.#keys.areThere) throw new Error('the auth service was not reached yet')
    if (this.#doubt.isAway) throw new Error('nobody listens at the address of the auth service')
    if (this.#link.circuit.state === 'OPEN') throw new Error('the auth service does not answer')
    if (this.#doubt.ms > UNHEALTHY_AFTER_MS || !this.#feed.hasSpoken) {
      throw new Error('the feed of the auth service is silent')
    }
  }

  /** For health and for people. */
  details(): Record<string, unknown> {
    return {
      circuit_breaker: this.#link.circuit,
      feed: { following: this.#feed.isFollowing, silent_ms: Math.round(this.#doubt.ms) },
      sessions_remembered: this.#memory.size,
      ...this.#metrics.counts,
    }
  }

  [Symbol.dispose](): void {
    this.#stopLooking()
    this.#feed.close()
    this.#link[Symbol.dispose]()
    this.#listeners.clear()
  }

  async #inTime(judging: Promise<Authentication>): Promise<Authentication> {
    const late = Promise.withResolvers<Authentication>()
    const cancel = this.#clock.after(JUDGED_WITHIN_MS, () =>
      late.resolve({ ok: false, why: 'unavailable' }),
    )
    try {
      return await Promise.race([judging, late.promise])
    } finally {
      cancel()
    }
  }

  #heard(line: FeedLine): void {
    this.#doubt.heard()
    if (line.kind === 'heartbeat' || line.kind === 'begin') return
    this.#metrics.changed(line.kind)
    switch (line.kind) {
      case 'reset':
        this.#logger.info({ why: line.why }, 'the feed of the auth service began anew')
        return this.#forgetAll()
      case 'session_ended':
        this.#changes.note({ sessionId: line.session_id })
        this.#memory.dropSession(line.user_id, line.session_id)
        return this.#tell(asId<SessionId>(line.session_id), line.why, asId<UserId>(line.user_id))
      case 'user_changed':
      case 'user_removed':
        this.#changes.note({ userId: line.user_id })
        this.#memory.dropUser(line.user_id)
        this.#credentialMemory.forgetRefusals()
        this.#open.confirmUser(line.user_id)
        if (line.kind === 'user_removed') this.removals.tell()
        return
      case 'keys_changed':
        this.#keys.changed()
    }
  }

  #forgetAll(): void {
    this.#changes.noteReset()
    this.#memory.clear()
    this.#credentialMemory.clear()
    this.#entrances.clear()
    this.#keys.changed()
    this.#open.confirmAll()
    this.removals.tell()
  }

  #look(): void {
    this.#stopLooking = this.#clock.after(LOOK_MS, () => {
      this.#keys.fetchIfOld()
      this.#open.look()
      this.#look()
    })
  }

  #tell(...[sessionId, why, userId]: Parameters<SessionEndListener>): void {
    for (const listener of this.#listeners) {
      try {
        listener(sessionId, why, userId)
      } catch (error) {
        this.#logger.error({ err: error, session_id: sessionId }, 'a session-end listener failed')
      }
    }
  }
}
