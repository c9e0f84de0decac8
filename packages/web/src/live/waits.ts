import type { Seen } from '@netra/client'

/** What of a run stands on the screen. */
export interface ShownRun {
  id: string
  hasEvent: boolean
  hasText: boolean
  hasEnded: boolean
}

interface Wait {
  clickedAt: number | null
  okAt: number | null
  firstEventAt: number | null
  firstTextAt: number | null
  endAt: number | null
}

const MOST = 32

export interface WaitParts {
  now: () => number
  /** Calls back once what is drawn now has been painted; never while nothing is painted. */
  afterPaint: (callback: () => void) => void
  /** Whether somebody can see the page. */
  isSeen: () => boolean
  report: (runId: string, seen: Seen) => void
}

/**
 * Measures what the person who asked waited for, from the click to what was painted, and tells it once
 * for each run. Whoever looks away in between waits for nothing: that run is not measured.
 */
export class Waits {
  readonly #parts: WaitParts
  readonly #waits = new Map<string, Wait>()
  /** Messages that were sent and have no run yet. */
  #pending = 0

  constructor(parts: WaitParts) {
    this.#parts = parts
  }

  /** Somebody has clicked; the answer takes what became of it. */
  clicked(): (runId: string | null) => void {
    const clickedAt = this.#parts.now()
    this.#pending += 1
    return (runId) => {
      this.#pending -= 1
      if (runId === null) return
      this.#parts.afterPaint(() => {
        const wait = this.#of(runId)
        wait.clickedAt = clickedAt
        wait.okAt = this.#parts.now()
        this.#tell(runId, wait)
      })
    }
  }

  /** Something of a run was drawn just now. */
  shown(run: ShownRun): void {
    const known = this.#waits.get(run.id)
    // Runs that were there before, or that somebody else began, are nobody's wait here.
    if (!known && (this.#pending === 0 || run.hasEnded)) return
    if (!this.#parts.isSeen()) return this.lookedAway()
    const wait = known ?? this.#of(run.id)
    const isNew =
      (run.hasEvent && wait.firstEventAt === null) ||
      (run.hasText && wait.firstTextAt === null) ||
      (run.hasEnded && wait.endAt === null)
    if (!isNew) return
    this.#parts.afterPaint(() => {
      const now = this.#parts.now()
      if (run.hasEvent) wait.firstEventAt ??= now
      if (run.hasText) wait.firstTextAt ??= now
      if (run.hasEnded) wait.endAt ??= now
      this.#tell(run.id, wait)
    })
  }

  /** What is not painted cannot be measured. */
  lookedAway(): void {
    this.#waits.clear()
  }

  #of(runId: string): Wait {
    const known = this.#waits.get(runId)
    if (known) return known
    const wait = { clickedAt: null, okAt: null, firstEventAt: null, firstTextAt: null, endAt: null }
    this.#waits.set(runId, wait)
    const [oldest] = this.#waits.keys()
    if (this.#waits.size > MOST && oldest !== undefined) this.#waits.delete(oldest)
    return wait
  }

  #tell(runId: string, wait: Wait): void {
    const { clickedAt, okAt, firstEventAt, firstTextAt, endAt } = wait
    if (this.#waits.get(runId) !== wait) return
    if (clickedAt === null || okAt === null || firstEventAt === null || endAt === null) return
    this.#waits.delete(runId)
    const since = (at: number): number => Math.max(0, Math.round(at - clickedAt))
    this.#parts.report(runId, {
      click_to_ok_ms: since(okAt),
      click_to_first_event_ms: since(firstEventAt),
      click_to_first_text_ms: firstTextAt === null ? null : since(firstTextAt),
      click_to_end_ms: since(endAt),
    })
  }
}

/** A frame's callbacks run before it is painted, a message from within them after it. */
export function afterPaint(callback: () => void): void {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      callback()
    })
    port1.start()
    port2.postMessage(null)
  })
}
