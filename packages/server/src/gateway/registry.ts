import type { CloseCode } from '@netra/protocol'

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
  readonly #strangers = new Map<string, number>()
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
    this.#strangers.set(connection.address, this.strangersFrom(connection.address) + 1)
  }

  /** Sockets from an address that have not said who they are. */
  strangersFrom(address: string): number {
    return this.#strangers.get(address) ?? 0
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
    const { userId } = connection
    if (userId === undefined) this.#forgetStranger(connection.address)
    const mine = userId === undefined ? undefined : this.#byUser.get(userId)
    if (userId === undefined || !mine?.delete(connection)) return
    if (mine.size === 0) this.#byUser.delete(userId)
  }

  #forgetStranger(address: string): void {
    const left = this.strangersFrom(address) - 1
    if (left > 0) this.#strangers.set(address, left)
    else this.#strangers.delete(address)
  }

  ofSession(sessionId: string): Registered[] {
    return [...this.#all].filter((connection) => connection.sessionId === sessionId)
  }
}
