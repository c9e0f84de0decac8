import type { NewEvent, StreamName } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'

/** Common fields come first in a payload, so this need not read the rest of it. */
const runOf = ({ payload }: NewEvent): string => /"run_id":"([^"]+)"/.exec(payload)?.[1] ?? ''

const ENDS: ReadonlySet<string> = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])
/** One whose end was seen by another process must not count for ever. */
const FORGOTTEN_MS = 10 * 60_000
const MOST_STREAMS = 10_000

interface OpenRun {
  acceptedAt: number
  /** It waits for no other run of its stream. */
  isAlone: boolean
  started?: { seq: number; at: number }
  endedAt?: number
}

/**
 * How long people wait until something happens: from the commit that accepts their message to the
 * moment the agent's first event is handed to a reader. Who begins to read only after it was there
 * (a new conversation, a page opened later) has waited for us since then, and not for longer. A run
 * behind another one of its conversation is left out: that wait is the person's own.
 */
export class FirstEvents {
  readonly #clock: Clock
  readonly #observe: (ms: number) => void
  readonly #streams = new Map<StreamName, Map<string, OpenRun>>()

  constructor(clock: Clock, observe: (ms: number) => void) {
    this.#clock = clock
    this.#observe = observe
  }

  /** To be told of each commit, before anybody is sent it. */
  committed(stream: StreamName, first: number, events: readonly NewEvent[]): void {
    events.forEach((event, index) => {
      if (event.type === 'run_accepted') this.#accepted(stream, runOf(event))
      else if (event.type === 'agent_started') this.#started(stream, runOf(event), first + index)
      else if (ENDS.has(event.type)) this.#ended(stream, runOf(event))
    })
  }

  /** A reader that began at `since` was sent everything up to `through`. */
  sent(stream: StreamName, through: number, since: number): void {
    if (this.#streams.size === 0) return
    const runs = this.#streams.get(stream)
    if (!runs) return
    for (const [id, run] of runs) {
      const { started, endedAt } = run
      if (!run.isAlone || !started || started.seq > through) continue
      run.isAlone = false
      if (endedAt !== undefined) this.#forget(stream, id)
      // Whoever begins to read once it is over waits for nothing.
      if (endedAt !== undefined && since > endedAt) continue
      const waited = this.#clock.monotonic() - Math.max(started.at, since)
      this.#observe(started.at - run.acceptedAt + Math.max(0, waited))
    }
  }

  #accepted(stream: StreamName, id: string): void {
    const now = this.#clock.monotonic()
    const runs = this.#streams.get(stream) ?? new Map<string, OpenRun>()
    for (const [known, { acceptedAt }] of runs) {
      if (acceptedAt < now - FORGOTTEN_MS) runs.delete(known)
    }
    runs.set(id, {
      acceptedAt: now,
      isAlone: ![...runs.values()].some(({ endedAt }) => endedAt === undefined),
    })
    this.#streams.set(stream, runs)
    const [oldest] = this.#streams.keys()
    if (this.#streams.size > MOST_STREAMS && oldest !== undefined) this.#streams.delete(oldest)
  }

  #started(stream: StreamName, id: string, seq: number): void {
    const run = this.#streams.get(stream)?.get(id)
    if (run) run.started ??= { seq, at: this.#clock.monotonic() }
  }

  /** Commits may be faster than what is sent: then its first event is still to come. */
  #ended(stream: StreamName, id: string): void {
    const run = this.#streams.get(stream)?.get(id)
    if (run?.started && run.isAlone) run.endedAt = this.#clock.monotonic()
    else this.#forget(stream, id)
  }

  #forget(stream: StreamName, id: string): void {
    const runs = this.#streams.get(stream)
    runs?.delete(id)
    if (runs?.size === 0) this.#streams.delete(stream)
  }
}
