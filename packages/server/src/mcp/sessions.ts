import { ToolUnavailable } from '../agent/agent.ts'
import type { McpServer } from './server-row.ts'
import { Session, type SessionOptions } from './session.ts'

/** Calls of one person to one server at once. */
const MAX_OF_ONE = 8
/** Of everybody: each may be a program. */
const MAX_OF_ALL = 128
const IDLE_MS = 5 * 60_000
const MAX_ERAS = 1_000

interface Held {
  session: Session
  serverId: string
  userId: string
  /** As the server's row was: another address or header is another session. */
  updatedAt: string
  isBusy: boolean
  forgetLater: () => void
}

/** Sessions by person and server; one that did its call waits a while for the next. */
export class Sessions implements AsyncDisposable {
  readonly #options: Omit<SessionOptions, 'server' | 'userId' | 'isOlder'>
  readonly #held = new Set<Held>()
  readonly #opening = new Map<string, number>()
  readonly #isOlder = new Map<string, boolean>()
  readonly #closing = new Set<Promise<void>>()
  #isOver = false

  constructor(options: Omit<SessionOptions, 'server' | 'userId' | 'isOlder'>) {
    this.#options = options
  }

  get count(): number {
    return this.#held.size
  }

  /**
   * A session for one call; `release` or `discard` it. `isFresh`: nobody used it before.
   *
   * @throws ToolUnavailable when there are too many; what opening one throws.
   */
  async take(
    server: McpServer,
    userId: string,
    signal: AbortSignal,
  ): Promise<{ session: Session; isFresh: boolean }> {
    if (this.#isOver) throw new ToolUnavailable('Netra is going down.')
    const own = [...this.#held].filter(
      (held) => held.serverId === server.id && held.userId === userId,
    )
    for (const held of own)
      if (!held.isBusy && (held.updatedAt !== server.updatedAt || !held.session.isOpen))
        this.#drop(held)
    const idle = own.find((held) => this.#held.has(held) && !held.isBusy)
    if (idle) {
      idle.isBusy = true
      idle.forgetLater()
      return { session: idle.session, isFresh: false }
    }
    const key = JSON.stringify([server.id, userId])
    const opening = this.#opening.get(key) ?? 0
    const busy = own.filter((held) => this.#held.has(held)).length
    if (busy + opening >= MAX_OF_ONE)
      throw new ToolUnavailable(
        `${server.name} is already doing ${MAX_OF_ONE} calls for this person. Wait for one of them.`,
      )
    if (!this.#makeRoom())
      throw new ToolUnavailable('Too many MCP servers are at work at the moment. Try again later.')
    this.#opening.set(key, opening + 1)
    try {
      const session = await Session.open(
        { ...this.#options, server, userId, isOlder: this.#isOlder.get(eraKey(server)) ?? false },
        signal,
      )
      if (this.#isOver) {
        await session.close()
        throw new ToolUnavailable('Netra is going down.')
      }
      this.#noteEra(server, session.isOlder)
      this.#held.add({
        session,
        serverId: server.id,
        userId,
        updatedAt: server.updatedAt,
        isBusy: true,
        forgetLater: () => undefined,
      })
      return { session, isFresh: true }
    } finally {
      const left = (this.#opening.get(key) ?? 1) - 1
      if (left > 0) this.#opening.set(key, left)
      else this.#opening.delete(key)
    }
  }

  /** It is well, and waits for the next call of the same person. */
  release(session: Session): void {
    const held = this.#find(session)
    if (!held) return
    if (!session.isOpen || this.#isOver) return this.#drop(held)
    held.isBusy = false
    held.forgetLater = this.#options.clock.after(IDLE_MS, () => this.#drop(held))
  }

  /** Something went wrong with it, or somebody stopped it: what it still does is wanted by nobody. */
  discard(session: Session): void {
    const held = this.#find(session)
    if (held) this.#drop(held)
  }

  /** Of one person with one server, or of everybody with it. */
  end(serverId: string, userId?: string): void {
    for (const held of this.#held)
      if (held.serverId === serverId && (userId === undefined || held.userId === userId))
        this.#drop(held)
  }

  endOf(userId: string): void {
    for (const held of this.#held) if (held.userId === userId) this.#drop(held)
  }

  #find(session: Session): Held | undefined {
    return [...this.#held].find((held) => held.session === session)
  }

  #drop(held: Held): void {
    if (!this.#held.delete(held)) return
    held.forgetLater()
    const closing = held.session
      .close()
      .catch((error: unknown) => {
        this.#options.logger.warn(
          { err: error, mcp_server: held.serverId },
          'an MCP session did not close',
        )
      })
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #makeRoom(): boolean {
    const opening = [...this.#opening.values()].reduce((sum, count) => sum + count, 0)
    if (this.#held.size + opening < MAX_OF_ALL) return true
    const idle = [...this.#held].find(({ isBusy }) => !isBusy)
    if (idle) this.#drop(idle)
    return idle !== undefined
  }

  #noteEra(server: McpServer, isOlder: boolean): void {
    if (server.transport !== 'stdio') return
    this.#isOlder.delete(eraKey(server))
    this.#isOlder.set(eraKey(server), isOlder)
    const [oldest] = this.#isOlder.keys()
    if (this.#isOlder.size > MAX_ERAS && oldest !== undefined) this.#isOlder.delete(oldest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    for (const held of this.#held) this.#drop(held)
    await Promise.all(this.#closing)
  }
}

/** Only of programs: what answers at an address may be replaced by a newer one at any time. */
const eraKey = ({ id, transport, updatedAt }: McpServer): string =>
  transport === 'stdio' ? `${id} ${updatedAt}` : ''
