import { createHash, randomBytes } from 'node:crypto'

import type { Ticket } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'

const TICKET_MS = 30_000
const MAX_TICKETS = 10_000
const PREFIX = 'spare.'

interface Entry {
  userId: string
  sessionId: string
  endsAt: number
}

/**
 * Tickets of this node's own, for sessions that it knows while the auth service cannot be asked. Only
 * the node that gave one out redeems it, so each is spent once here too.
 */
export class SpareTickets {
  readonly #clock: Clock
  /** By hash, oldest first. */
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  static isSpare(ticket: string): boolean {
    return ticket.startsWith(PREFIX)
  }

  issue(userId: string, sessionId: string): Ticket {
    const ticket = `${PREFIX}${randomBytes(32).toString('base64url')}`
    const now = this.#clock.monotonic()
    for (const [hash, { endsAt }] of this.#entries) {
      if (endsAt > now && this.#entries.size < MAX_TICKETS) break
      this.#entries.delete(hash)
    }
    this.#entries.set(hashOf(ticket), { userId, sessionId, endsAt: now + TICKET_MS })
    return { ticket, expires_at: new Date(this.#clock.now() + TICKET_MS).toISOString() }
  }

  /** Spends it. Undefined: it is not of this node, was spent, or its time is over. */
  redeem(ticket: string): { userId: string; sessionId: string } | undefined {
    const hash = hashOf(ticket)
    const entry = this.#entries.get(hash)
    this.#entries.delete(hash)
    return entry && entry.endsAt > this.#clock.monotonic() ? entry : undefined
  }
}

const hashOf = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url')
