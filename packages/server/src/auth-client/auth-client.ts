import type {
  Authentication,
  Credentials as Shown,
  Entrance,
  FeedLine,
  ForwardedRequest,
  Identities,
  Identity,
  SessionEndListener,
  SessionState,
  Ticket,
} from '../identity/identity.ts'
import type { CircuitBreaker } from '../platform/circuit-breaker.ts'
import { systemClock, type Clock } from '../platform/clock.ts'
import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { clientParts, type ClientParts } from './client-parts.ts'
import { FeedReader } from './feed-reader.ts'
import { LinkHealth } from './link-health.ts'
import { OpenSessions, type OpenSession } from './open-sessions.ts'
import { RemovalsElsewhere } from './removals-elsewhere.ts'

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
  /** Around the service; one of its own unless given. */
  breaker?: CircuitBreaker
}

/** A handshake has 10 s; whoever cannot be judged by then is told so before. */
const JUDGED_WITHIN_MS = 8_500
const LOOK_MS = 1_000

/**
 * Who people are, as an auth service elsewhere says. What it said is remembered for as long as every
 * change of it would have been heard of; when that is in doubt each session is asked for, and refused
 * when that fails.
 */
export class AuthClient implements Identities, Disposable {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #parts: ClientParts
  readonly #open: OpenSessions
  readonly #feed: FeedReader
  readonly #health: LinkHealth
  readonly #listeners = new Set<SessionEndListener>()
  #stopLooking: () => void = () => undefined

  /** Accounts that are gone, whose conversations are still to be erased here. */
  readonly removals: RemovalsElsewhere

  constructor(options: AuthClientOptions) {
    const { clock = systemClock, random = Math.random, logger } = options
    const parts = clientParts({ ...options, clock, random })
    const { link, doubt, sessions, keys } = parts
    this.#clock = clock
    this.#logger = logger
    this.#parts = parts
    this.removals = new RemovalsElsewhere(link)
    this.#open = new OpenSessions({
      ask: (userId, sessionId) => sessions.ask(userId, sessionId),
      tell: (...end) => this.#tell(...end),
      doubt,
      clock,
      logger,
    })
    // In the background: a node starts whether or not the service is there.
    keys.fetchIfOld()
    this.#feed = new FeedReader({
      follow: (position) => link.follow(position),
      onLine: (line) => this.#heard(line),
      onBroken: (why) => parts.outage.failed(why),
      clock,
      random,
    })
    this.#health = new LinkHealth({ ...parts, feed: this.#feed })
    this.#look()
  }

  authenticate({ authorization, cookie }: Shown): Promise<Authentication> {
    return this.#inTime(
      authorization === undefined
        ? this.#parts.credentials.byCookie(cookie)
        : this.#parts.credentials.byBearer(authorization),
    )
  }

  sessionState({ userId, sessionId }: Identity): SessionState | Promise<SessionState> {
    return this.#parts.sessions.stateOf(userId, sessionId)
  }

  issueTicket({ userId, sessionId }: Identity): Promise<Ticket> {
    return this.#parts.tickets.issue(userId, sessionId)
  }

  redeemTicket(ticket: string, cookie: string | undefined): Promise<Authentication> {
    return this.#inTime(this.#parts.tickets.redeem(ticket, cookie))
  }

  /** @throws AuthUnavailable when it was never known. */
  entrance(isLocal: boolean): Promise<Entrance> {
    return this.#parts.entrances.get(isLocal)
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
    return this.#parts.link.forward(request)
  }

  /** @throws with what is wrong between here and the auth service. */
  async check(): Promise<void> {
    this.#health.check()
  }

  /** For health and for people. */
  details(): Record<string, unknown> {
    return this.#health.details()
  }

  [Symbol.dispose](): void {
    this.#stopLooking()
    this.#feed.close()
    this.#parts.link[Symbol.dispose]()
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
    this.#parts.doubt.heard()
    if (line.kind === 'heartbeat' || line.kind === 'begin') return
    this.#parts.metrics.changed(line.kind)
    switch (line.kind) {
      case 'reset':
        this.#logger.info({ why: line.why }, 'the feed of the auth service began anew')
        return this.#forgetAll()
      case 'session_ended':
        this.#parts.changes.note({ sessionId: line.session_id })
        this.#parts.memory.dropSession(line.user_id, line.session_id)
        return this.#tell(asId<SessionId>(line.session_id), line.why, asId<UserId>(line.user_id))
      case 'user_changed':
      case 'user_removed':
        this.#parts.changes.note({ userId: line.user_id })
        this.#parts.memory.dropUser(line.user_id)
        this.#parts.credentialMemory.forgetRefusals()
        this.#open.confirmUser(line.user_id)
        if (line.kind === 'user_removed') this.removals.tell()
        return
      case 'keys_changed':
        this.#parts.keys.changed()
    }
  }

  #forgetAll(): void {
    this.#parts.changes.noteReset()
    this.#parts.memory.clear()
    this.#parts.credentialMemory.clear()
    this.#parts.entrances.clear()
    this.#parts.keys.changed()
    this.#open.confirmAll()
    this.removals.tell()
  }

  #look(): void {
    this.#stopLooking = this.#clock.after(LOOK_MS, () => {
      this.#parts.keys.fetchIfOld()
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
