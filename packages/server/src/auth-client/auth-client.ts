import { z } from 'zod'

import {
  type Authentication,
  AuthUnavailable,
  type Credentials as Shown,
  type Entrance,
  type FeedLine,
  type Identities,
  type Identity,
  type SessionEndListener,
  type SessionState,
  type Ticket,
  wireAuthentication,
} from '../identity/identity.ts'
import { systemClock, type Clock } from '../platform/clock.ts'
import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { CredentialMemory } from './credential-memory.ts'
import { Credentials } from './credentials.ts'
import { Doubt } from './doubt.ts'
import { FeedReader } from './feed-reader.ts'
import { KnownKeys } from './known-keys.ts'
import { LinkMetrics } from './link-metrics.ts'
import { OpenSessions, type OpenSession } from './open-sessions.ts'
import { RecentChanges } from './recent-changes.ts'
import { AskRefused, ServiceLink, type ForwardedRequest } from './service-link.ts'
import { SessionAsker } from './session-asker.ts'
import { SessionMemory, type KnownState } from './session-memory.ts'

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
/** While nobody vouches for them, open sessions are asked for this often. */
const CONFIRM_EVERY_MS = 30_000
const UNHEALTHY_AFTER_MS = 30_000
const ENTRANCE_MS = 1_000
const RETRY_MS = 1_000

const entrance = z.object({
  registration: z.enum(['open', 'invitation', 'domain', 'closed']),
  setup_required: z.boolean(),
  providers: z.array(z.object({ id: z.string(), name: z.string() })),
  sends_email: z.boolean(),
  demo: z.boolean(),
  e2e: z.boolean(),
})

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
  readonly #credentials: Credentials
  readonly #asker: SessionAsker
  readonly #open: OpenSessions
  readonly #feed: FeedReader
  readonly #listeners = new Set<SessionEndListener>()
  readonly #removalListeners = new Set<() => void>()
  readonly #entrances = new Map<boolean, { entrance: Entrance; until: number }>()
  /** What is open here has to be asked for; when next. */
  #confirmAt: number | undefined
  #stopLooking: () => void = () => undefined

  constructor(options: AuthClientOptions) {
    const { clock = systemClock, random = Math.random, logger } = options
    this.#clock = clock
    this.#logger = logger
    this.#metrics = new LinkMetrics(options.metrics)
    this.#doubt = new Doubt(clock)
    this.#link = new ServiceLink({
      ...options,
      clock,
      random,
      metrics: this.#metrics,
      onTry: (end) => {
        if (end === 'refused') this.#doubt.nobodyListens()
        else this.#doubt.somebodyListens()
      },
    })
    this.#keys = new KnownKeys(this.#link, clock)
    this.#memory = new SessionMemory(clock)
    this.#credentialMemory = new CredentialMemory(clock)
    this.#asker = new SessionAsker(this.#link, this.#changes, logger)
    this.#credentials = new Credentials({
      link: this.#link,
      keys: this.#keys,
      memory: this.#credentialMemory,
      changes: this.#changes,
      stateOf: (userId, sessionId) => this.#stateOf(userId, sessionId),
      learn: (userId, sessionId, state) => this.#memory.put(userId, sessionId, state),
    })
    this.#open = new OpenSessions({
      ask: (userId, sessionId) => this.#ask(userId, sessionId),
      tell: (sessionId, why) => this.#tell(sessionId, why),
    })
    this.#metrics.read({
      breaker: () => this.#link.circuit.state,
      silentMs: () => this.#doubt.ms,
      remembered: () => this.#memory.size,
    })
    // In the background: a node starts whether or not the service is there.
    this.#keys.fetchIfOld()
    this.#feed = new FeedReader({
      follow: (position) => this.#link.follow(position),
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
    return this.#stateOf(userId, sessionId)
  }

  async issueTicket({ userId, sessionId }: Identity): Promise<Ticket> {
    try {
      return await this.#link.ask({
        path: '/auth/tickets',
        body: { user_id: userId, session_id: sessionId },
        schema: z.object({ ticket: z.string(), expires_at: z.string() }),
        repeatable: true,
      })
    } catch (error) {
      if (!(error instanceof AskRefused)) throw error
      this.#memory.dropSession(userId, sessionId)
      throw new AuthUnavailable(RETRY_MS)
    }
  }

  /** Asked once: of a ticket that was spent on the way another try could only say that it is spent. */
  redeemTicket(ticket: string, cookie: string | undefined): Promise<Authentication> {
    const { mark } = this.#changes
    const asking = this.#link
      .ask({
        path: '/auth/tickets/redeem',
        body: { ticket, ...(cookie !== undefined && { cookie }) },
        schema: wireAuthentication,
        repeatable: false,
      })
      .then(
        (answer) => this.#credentials.learn(answer, mark),
        (error: unknown): Authentication => {
          if (error instanceof AskRefused) return { ok: false, why: 'invalid' }
          if (error instanceof AuthUnavailable) return { ok: false, why: 'unavailable' }
          throw error
        },
      )
    return this.#inTime(asking)
  }

  /** @throws AuthUnavailable when it was never known. */
  async entrance(isLocal: boolean): Promise<Entrance> {
    const known = this.#entrances.get(isLocal)
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
      this.#entrances.set(isLocal, { entrance: found, until: now + ENTRANCE_MS })
      return found
    } catch (error) {
      if (known && error instanceof AuthUnavailable) return known.entrance
      throw error
    }
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

  /** Accounts that are gone, whose conversations are still to be erased here. */
  readonly removals = {
    pending: async (): Promise<UserId[]> => {
      const { users } = await this.#link.ask({
        method: 'GET',
        path: '/auth/removals',
        schema: z.object({ users: z.array(z.string()) }),
        repeatable: true,
      })
      return users.map((user) => asId<UserId>(user))
    },
    done: async (userId: string): Promise<void> => {
      await this.#link.ask({
        path: `/auth/removals/${encodeURIComponent(userId)}/done`,
        schema: z.null(),
        repeatable: true,
      })
    },
    /** Called when there may be a new one. */
    onRemoved: (listener: () => void): (() => void) => {
      this.#removalListeners.add(listener)
      return () => this.#removalListeners.delete(listener)
    },
  }

  /** @throws with what is wrong between here and the auth service. */
  async check(): Promise<void> {
    const { state } = this.#link.circuit
    if (!this.#keys.areThere) throw new Error('the auth service was not reached yet')
    if (this.#doubt.isAway) throw new Error('nobody listens at the address of the auth service')
    if (state === 'OPEN') throw new Error('the auth service does not answer')
    if (this.#doubt.ms > UNHEALTHY_AFTER_MS || !this.#feed.isFollowing) {
      throw new Error('the feed of the auth service is silent')
    }
  }

  /** For health and for people. */
  details(): Record<string, unknown> {
    return {
      circuit_breaker: this.#link.circuit,
      feed: {
        following: this.#feed.isFollowing,
        silent_ms: Math.round(this.#doubt.ms),
      },
      sessions_remembered: this.#memory.size,
      ...this.#metrics.counts,
    }
  }

  [Symbol.dispose](): void {
    this.#stopLooking()
    this.#feed.close()
    this.#link[Symbol.dispose]()
    this.#listeners.clear()
    this.#removalListeners.clear()
  }

  #stateOf(userId: string, sessionId: string): SessionState | Promise<SessionState> {
    const known = this.#doubt.isTooGreat ? undefined : this.#memory.fresh(userId, sessionId)
    this.#metrics.fromMemory(known !== undefined)
    return known ?? this.#askOrRemember(userId, sessionId)
  }

  async #askOrRemember(userId: string, sessionId: string): Promise<SessionState> {
    const state = await this.#ask(userId, sessionId)
    if (state.live || state.why !== 'unavailable' || this.#doubt.isTooGreat) return state
    // Its end would have been heard of: it lives for as long as that holds.
    return this.#memory.lastKnownLive(userId, sessionId) ?? state
  }

  async #ask(userId: string, sessionId: string): Promise<SessionState> {
    let state: KnownState
    const { mark } = this.#changes
    try {
      state = await this.#asker.ask(userId, sessionId)
    } catch (error) {
      if (error instanceof AuthUnavailable) return { live: false, why: 'unavailable' }
      if (!(error instanceof AskRefused)) throw error
      this.#logger.error({ err: error }, 'the auth service does not answer about sessions')
      return { live: false, why: 'unavailable' }
    }
    if (!this.#changes.touched(mark, userId, sessionId)) {
      this.#memory.put(userId, sessionId, state)
    }
    return state
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
        this.#forgetAll()
        return
      case 'session_ended':
        this.#changes.note({ sessionId: line.session_id })
        this.#memory.dropSession(line.user_id, line.session_id)
        this.#tell(asId<SessionId>(line.session_id), line.why)
        return
      case 'user_changed':
        this.#changes.note({ userId: line.user_id })
        this.#memory.dropUser(line.user_id)
        this.#credentialMemory.forgetRefusals()
        this.#confirmUser(line.user_id)
        return
      case 'user_removed':
        this.#changes.note({ userId: line.user_id })
        this.#memory.dropUser(line.user_id)
        this.#confirmUser(line.user_id)
        for (const listener of this.#removalListeners) listener()
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
    this.#confirmAt = this.#clock.monotonic()
    for (const listener of this.#removalListeners) listener()
  }

  #confirmUser(userId: string): void {
    this.#open.confirm({ userId }).then(
      (isAnswered) => {
        if (!isAnswered) this.#confirmAt = this.#clock.monotonic()
      },
      (error: unknown) => this.#logger.error({ err: error }, 'sessions cannot be confirmed'),
    )
  }

  #look(): void {
    this.#stopLooking = this.#clock.after(LOOK_MS, () => {
      this.#keys.fetchIfOld()
      this.#confirmIfDue().catch((error: unknown) =>
        this.#logger.error({ err: error }, 'sessions cannot be confirmed'),
      )
      this.#look()
    })
  }

  async #confirmIfDue(): Promise<void> {
    const now = this.#clock.monotonic()
    const strict = this.#doubt.isTooGreat
    if (strict) this.#confirmAt ??= now
    if (this.#confirmAt === undefined || this.#confirmAt > now) return
    this.#confirmAt = strict ? now + CONFIRM_EVERY_MS : undefined
    const isAnswered = await this.#open.confirm({ strict })
    if (!isAnswered) this.#confirmAt ??= this.#clock.monotonic()
    if (!this.#doubt.isTooGreat && isAnswered) this.#confirmAt = undefined
  }

  #tell(sessionId: SessionId, why: Parameters<SessionEndListener>[1]): void {
    for (const listener of this.#listeners) {
      try {
        listener(sessionId, why)
      } catch (error) {
        this.#logger.error({ err: error, session_id: sessionId }, 'a session-end listener failed')
      }
    }
  }
}
