import type { CloseCode } from '@netra/protocol'

import { networkOf } from '../platform/network.ts'

/** What the registry knows of a socket. */
export interface Registered {
  readonly userId: string | undefined
  readonly sessionId: string | undefined
  /** One page of one browser. */
  readonly instance: string | undefined
  readonly address: string
  sweep(): void
  /** Silence of so many milliseconds was this server's own. */
  forgive(pausedMs: number): void
  close(code: CloseCode, why: string): void
  goAway(jitterMs: number): void
}

/** Open sockets, found by user, login session or (user, instance). */
export class Registry {
  readonly #all = new Set<Registered>()
  readonly #byUser = new Map<string, Set<Registered>>()
  /** By network: an IPv6 host owns more addresses than could ever be counted. */
  readonly #strangers = new Counts()
  readonly #networks = new Counts()
  /** Sockets ever accepted by this process. */
  total = 0

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): IterableIterator<Registered> {
    return this.#all.values()
  }

  /** A socket that has not said who it is yet. */
  add(connection: Registered): void {
    this.#all.add(connection)
    this.total += 1
    this.#strangers.add(networkOf(connection.address), 1)
    this.#networks.add(networkOf(connection.address), 1)
  }

  /** Sockets from an address's network that have not said who they are. */
  strangersFrom(address: string): number {
    return this.#strangers.of(networkOf(address))
  }

  /** Sockets from an address's network. */
  countFrom(address: string): number {
    return this.#networks.of(networkOf(address))
  }

  /** Files a socket that has said who it is under its user. */
  welcome(connection: Registered, userId: string): void {
    this.#forgetStranger(connection.address)
    const mine = this.#byUser.get(userId) ?? new Set()
    this.#byUser.set(userId, mine.add(connection))
  }

  /** The socket that a page of this user has already. */
  find(userId: string, instance: string): Registered | undefined {
    return [...(this.#byUser.get(userId) ?? [])].find((other) => other.instance === instance)
  }

  countOf(userId: string): number {
    return this.#byUser.get(userId)?.size ?? 0
  }

  remove(connection: Registered): void {
    if (!this.#all.delete(connection)) return
    this.#networks.add(networkOf(connection.address), -1)
    const { userId } = connection
    if (userId === undefined) this.#forgetStranger(connection.address)
    const mine = userId === undefined ? undefined : this.#byUser.get(userId)
    if (userId === undefined || !mine?.delete(connection)) return
    if (mine.size === 0) this.#byUser.delete(userId)
  }

  #forgetStranger(address: string): void {
    this.#strangers.add(networkOf(address), -1)
  }

  ofSession(sessionId: string): Registered[] {
    return [...this.#all].filter((connection) => connection.sessionId === sessionId)
  }
}

class Counts {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string, change: number): void {
    const count = this.of(key) + change
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
