import type { ClientMessageInput, StreamName } from '@netra/protocol'
import { formatPosition, parsePosition } from '@netra/protocol'

import type { PassedMessage, Tab } from './tab.ts'

/** A tab's wish to read a stream from a position. */
interface Wish {
  tab: Tab
  /** As the tab named the request. */
  id: string
  position: string | null
}

/** One stream: a socket has one cursor for it, which several tabs read from. */
interface SharedCursor {
  tabs: Set<Tab>
  /** Asked for, and not live yet. While it lasts the cursor is not moved again. */
  current: Wish | undefined
  isAccepted: boolean
  waiting: Wish[]
  /** What came last on this cursor, and what a tab has applied: only what is both is acknowledged. */
  sent: string | undefined
  applied: string | undefined
}

/**
 * The streams of all tabs. A tab that joins moves the stream's cursor to its own position, and what
 * then comes again is ignored by the others, whose cursors are further; a snapshot, which would take
 * the place of what they show, goes only to who waits for it.
 *
 * Invariant: between the request of a tab and its answer that tab is given nothing of the stream.
 */
export class SharedCursors {
  readonly #send: (message: ClientMessageInput) => void
  readonly #streams = new Map<StreamName, SharedCursor>()

  constructor(send: (message: ClientMessageInput) => void) {
    this.#send = send
  }

  subscribe(tab: Tab, stream: StreamName, id: string, position: string | null): void {
    const cursor = this.#streams.get(stream) ?? {
      tabs: new Set(),
      current: undefined,
      isAccepted: false,
      waiting: [],
      sent: undefined,
      applied: undefined,
    }
    this.#streams.set(stream, cursor)
    this.#forget(cursor, tab)
    cursor.waiting.push({ tab, id, position })
    this.#next(stream, cursor)
  }

  unsubscribe(tab: Tab, stream: StreamName, request: string): void {
    const cursor = this.#streams.get(stream)
    if (!cursor) return
    this.#forget(cursor, tab)
    this.#endUnlessRead(stream, cursor, request)
  }

  leave(tab: Tab): void {
    for (const stream of this.#streams.keys()) this.unsubscribe(tab, stream, tab.own('leave'))
  }

  clear(): void {
    this.#streams.clear()
  }

  /** An answer to a request of this class. */
  answered(answer: PassedMessage): void {
    for (const [stream, cursor] of this.#streams) {
      const wish = cursor.current
      if (!wish || cursor.isAccepted || wish.tab.own(wish.id) !== answer.id) continue
      wish.tab.gather({ ...answer, id: wish.id })
      if (answer.type === 'ok') {
        cursor.isAccepted = true
        cursor.sent = undefined
        cursor.tabs.add(wish.tab)
        return
      }
      return this.#settled(stream, cursor)
    }
  }

  /** Who is given a message of a stream. */
  readers(message: PassedMessage): Iterable<Tab> {
    const stream = message.stream as StreamName
    const cursor = this.#streams.get(stream)
    if (!cursor) return []
    const { current } = cursor
    if (message.type === 'snapshot' || message.type === 'reset') {
      cursor.sent = message['position'] as string
      return current && cursor.isAccepted && cursor.tabs.has(current.tab) ? [current.tab] : []
    }
    const readers = [...cursor.tabs]
    if (message.type === 'event') this.#advance(cursor, Number(message['seq']))
    else {
      cursor.sent = message['position'] as string
      this.#settled(stream, cursor)
    }
    return readers
  }

  /** What a tab says it has applied; true when that is news for the server. */
  applied(positions: Partial<Record<StreamName, string>>): boolean {
    let isNews = false
    for (const [stream, cursor] of this.#streams) {
      const position = positions[stream]
      if (position === undefined) continue
      // The tab that is furthest counts; of another epoch only the newest word does.
      const isEarlier = earlierOf(position, cursor.applied) === position
      if (isEarlier || position === cursor.applied) continue
      cursor.applied = position
      isNews = true
    }
    return isNews
  }

  /** For the server: what came on the cursor as it is now and was applied by a tab. */
  positions(): Record<string, string> {
    const positions: Record<string, string> = {}
    for (const [stream, { sent, applied }] of this.#streams) {
      const earlier = earlierOf(sent, applied)
      if (earlier !== undefined) positions[stream] = earlier
    }
    return positions
  }

  #settled(stream: StreamName, cursor: SharedCursor): void {
    const request = cursor.current && cursor.current.tab.own(cursor.current.id)
    cursor.current = undefined
    this.#next(stream, cursor)
    this.#endUnlessRead(stream, cursor, `${request}-end`)
  }

  #endUnlessRead(stream: StreamName, cursor: SharedCursor, request: string): void {
    if (cursor.tabs.size > 0 || cursor.current || cursor.waiting.length > 0) return
    this.#streams.delete(stream)
    this.#send({ type: 'unsubscribe', id: request, stream })
  }

  #forget(cursor: SharedCursor, tab: Tab): void {
    cursor.tabs.delete(tab)
    cursor.waiting = cursor.waiting.filter((wish) => wish.tab !== tab)
  }

  #next(stream: StreamName, cursor: SharedCursor): void {
    if (cursor.current) return
    const wish = cursor.waiting.shift()
    if (!wish) return
    cursor.current = wish
    cursor.isAccepted = false
    const id = wish.tab.own(wish.id)
    this.#send({ type: 'subscribe', id, stream, position: wish.position })
  }

  #advance(cursor: SharedCursor, seq: number): void {
    const parts = cursor.sent === undefined ? undefined : parsePosition(cursor.sent)
    if (parts) cursor.sent = formatPosition(parts.epoch, seq)
  }
}

/** Undefined unless both are positions of one epoch. */
function earlierOf(one: string | undefined, other: string | undefined): string | undefined {
  const a = one === undefined ? undefined : parsePosition(one)
  const b = other === undefined ? undefined : parsePosition(other)
  if (!a || !b || a.epoch !== b.epoch) return undefined
  return a.seq < b.seq ? one : other
}
