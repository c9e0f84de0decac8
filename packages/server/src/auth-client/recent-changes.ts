const KEPT = 1_000

interface Change {
  sessionId?: string | undefined
  userId?: string | undefined
}

/**
 * What the feed said lately. An answer that was under way meanwhile may be older than that, and must be
 * asked for again when it is about the same session or user.
 */
export class RecentChanges {
  #count = 0
  #kept: Change[] = []

  /** Before asking. */
  get mark(): number {
    return this.#count
  }

  note(change: Change): void {
    this.#count += 1
    this.#kept.push(change)
    if (this.#kept.length > 2 * KEPT) this.#kept = this.#kept.slice(-KEPT)
  }

  /** Nothing that was asked before counts. */
  noteReset(): void {
    this.#count += KEPT * 2 + 1
    this.#kept = []
  }

  touched(mark: number, userId: string, sessionId: string): boolean {
    const missed = this.#count - mark
    if (missed === 0) return false
    if (missed > this.#kept.length) return true
    return this.#kept
      .slice(-missed)
      .some((change) => change.sessionId === sessionId || change.userId === userId)
  }
}
