import type { Access } from '../../access/access.ts'
import { threadStream, type Hub } from '../../hub/hub.ts'
import {
  asId,
  type ConnectionId,
  type DeviceId,
  type ThreadId,
  type UserId,
} from '../../platform/ids.ts'
import { LIMITS } from '../limits.ts'
import { FollowedThread, type Outlet } from './followed-thread.ts'

/** Of one thread; more are not told by their agent until they begin anew. */
const MOST_OPEN_RUNS = 100

interface Parts {
  hub: Hub
  access: Access
  connectionId: ConnectionId
  outlet: Outlet
}

/** The threads whose events a classic socket gets: those it wrote into, made or switched to. */
export class FollowedThreads {
  readonly #parts: Parts
  /** Least recently used first. */
  readonly #all = new Map<ThreadId, FollowedThread>()
  #ended = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  has(threadId: ThreadId): boolean {
    return this.#all.has(threadId)
  }

  /** A thread that is used is the last to be left for want of room. */
  touch(threadId: ThreadId): void {
    const followed = this.#all.get(threadId)
    if (!followed) return
    this.#all.delete(threadId)
    this.#all.set(threadId, followed)
  }

  /**
   * Follows a thread of this user from a position on; a thread that is followed already begins anew
   * there.
   *
   * @param from `claimed`: the client says that it has what came before.
   * @param before says where it begins, ahead of its events: `head` is the position it begins against.
   * @returns false when every thread that is followed has a run under way, and there are too many.
   */
  async follow(
    userId: UserId,
    threadId: ThreadId,
    from: { position: string | null; claimed?: boolean },
    before: (head: string) => void = () => undefined,
  ): Promise<boolean> {
    const { hub, access, connectionId, outlet } = this.#parts
    this.leave(threadId)
    if (!this.#makeRoom()) return false
    const stream = threadStream(threadId)
    const openRuns = await access.runs(userId, { threadId, isOpen: true, limit: MOST_OPEN_RUNS })
    const followed = new FollowedThread({ threadId, stream, userId, outlet, openRuns })
    const subscription = await hub.subscribe(stream, from.position, followed)
    if (this.#ended) {
      subscription.end()
      return true
    }
    // It is of this socket alone and lives no longer: nobody comes back as this device.
    const device = asId<DeviceId>(connectionId)
    const reader = { userId, device, instance: connectionId, connectionId }
    const delivery = hub.deliveries.begin(
      { ...reader, transport: 'socket' },
      subscription,
      from.claimed ? from.position : null,
    )
    this.#all.set(threadId, followed)
    before(subscription.head)
    followed.start(subscription, delivery)
    return true
  }

  leave(threadId: ThreadId): void {
    this.#all.get(threadId)?.end()
    this.#all.delete(threadId)
  }

  leaveAll(): void {
    for (const threadId of this.#all.keys()) this.leave(threadId)
  }

  /** There is room for more. */
  resume(): void {
    for (const followed of this.#all.values()) followed.resume()
  }

  end(): void {
    this.#ended = true
    this.leaveAll()
  }

  #makeRoom(): boolean {
    if (this.#all.size < LIMITS.maxSubscriptions) return true
    const idle = [...this.#all.values()].find((followed) => !followed.hasOpenRun)
    if (idle) this.leave(idle.threadId)
    return idle !== undefined
  }
}
