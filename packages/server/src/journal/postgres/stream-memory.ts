import type { Logger } from '../../platform/logger.ts'
import type { NewEvent, StoredEvent, StreamName } from '../journal.ts'
import { RecentEvents } from '../recent-events.ts'
import { FollowedStreams } from './followed-streams.ts'
import { KnownHeads } from './known-heads.ts'
import { type Heads, refuseShorter } from './shared-store.ts'

const RECENT_CHARACTERS = 32 * 1024 * 1024

/**
 * What this process remembers of streams that others write as well: how far it knows them to go,
 * and the newest events of those that somebody follows. Others may have written more meanwhile, so
 * an end that is remembered is never an answer.
 */
export class StreamMemory {
  readonly #heads = new KnownHeads()
  readonly #recent = new RecentEvents(RECENT_CHARACTERS)
  readonly #followed: FollowedStreams
  /** How often everything was forgotten. */
  #life = 0

  constructor(logger: Logger) {
    this.#followed = new FollowedStreams(logger, (stream) => this.#recent.forget(stream))
  }

  get followed(): StreamName[] {
    return this.#followed.names
  }

  follow(stream: StreamName, listener: (head: number) => void): () => void {
    return this.#followed.add(stream, listener)
  }

  headOf(stream: StreamName): number {
    return this.#heads.get(stream)?.head ?? 0
  }

  heads(): Map<StreamName, number> {
    return this.#heads.all()
  }

  /** Events after `after` without a gap; undefined when the next one is not remembered. */
  read(
    stream: StreamName,
    after: number,
    limit: { events: number; bytes: number },
  ): StoredEvent[] | undefined {
    const recent = this.#recent.read(stream, after, limit)
    return recent && recent.length > 0 ? recent : undefined
  }

  appended(stream: StreamName, first: number, events: readonly NewEvent[]): void {
    this.#heads.note(stream, { head: first + events.length - 1, removedThrough: 0 })
    // Kept only where the next look tells of a removal by another process.
    if (this.#followed.has(stream)) this.#recent.add(stream, first, events)
  }

  /**
   * Asks for the ends of streams, notes what is new, and tells followers what they have not heard.
   *
   * @throws StoreWentBack when a stream ends before what was known when it was asked for.
   */
  async look(
    streams: readonly StreamName[],
    ask: (streams: readonly StreamName[]) => Promise<Heads['streams']>,
  ): Promise<Heads['streams']> {
    const life = this.#life
    const before = streams.map((stream) => this.headOf(stream))
    const found = await ask(streams)
    streams.forEach((stream, index) => {
      const head = found.get(stream) ?? { head: 0, removedThrough: 0 }
      // What was known before a new epoch proves nothing in it.
      if (life === this.#life) refuseShorter(stream, head.head, before[index] ?? 0)
      const { grew, removed } = this.#heads.note(stream, head)
      if (removed) this.#recent.forget(stream)
      if (grew) this.#followed.tell(stream, head.head)
    })
    return found
  }

  /** The stream's events are not what they were. */
  forget(stream: StreamName): void {
    this.#recent.forget(stream)
  }

  /** Nothing that was known holds any more. */
  forgetAll(): void {
    this.#life += 1
    this.#heads.clear()
    for (const stream of this.#followed.names) this.#recent.forget(stream)
  }
}
