import {
  emptyThreadState,
  emptyUserState,
  foldThread,
  foldUser,
  type ReceivedEvent,
  type ThreadState,
  type UserState,
} from '@netra/protocol'

import type { Chapter, Known, StatePoint } from './known.ts'
import type { StreamState } from './observation.ts'
import type { Judge, Report } from './report.ts'
import { difference } from './same-state.ts'

/** Every state that anybody had or sent is the fold of the journal at its position (P44). */
export class Folds implements Judge {
  readonly #report: Report
  readonly #known: Known

  constructor(report: Report, known: Known) {
    this.#report = report
    this.#known = known
  }

  end(): void {
    for (const chapter of this.#known.chapters) this.#judge(chapter)
  }

  #judge(chapter: Chapter): void {
    const { stream } = chapter
    let at: { seq: number; state: StreamState } | undefined = { seq: 0, state: empty(stream) }
    const order = chapter.points.toSorted((a, b) => a.seq - b.seq || rank(a) - rank(b))
    for (const point of order) {
      at = at && this.#advance(chapter, at, point.seq)
      // Nobody saw all events up to here: the best witness stands for them.
      at ??= { seq: point.seq, state: point.state }
      const detail = difference(point.state, at.state)
      if (!detail) continue
      const whose = point.of.what === 'device' ? 'its state' : `the ${point.of.what}'s state`
      this.#report.violation(
        'fold',
        { device: point.of.device, stream },
        `${whose} at ${chapter.epoch}:${point.seq} is not the fold of the journal: ${detail}`,
      )
    }
  }

  #advance(
    { stream, epoch, events }: Chapter,
    at: { seq: number; state: StreamState },
    to: number,
  ): { seq: number; state: StreamState } | undefined {
    let { state } = at
    for (let seq = at.seq + 1; seq <= to; seq += 1) {
      const event = events.get(seq)
      if (event === undefined) return undefined
      try {
        state = fold(stream, state, event as unknown as ReceivedEvent)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        this.#report.violation('fold', { stream }, `${epoch}:${seq} does not fold: ${why}`)
        return undefined
      }
    }
    return { seq: to, state }
  }
}

/** Of several witnesses at one place the journal's own reader is believed first, a device last. */
const rank = ({ of }: StatePoint): number => ['journal', 'snapshot', 'device'].indexOf(of.what)

const isUser = (stream: string): boolean => stream.startsWith('user:')

const empty = (stream: string): StreamState =>
  isUser(stream) ? emptyUserState() : emptyThreadState()

const fold = (stream: string, state: StreamState, event: ReceivedEvent): StreamState =>
  isUser(stream) ? foldUser(state as UserState, event) : foldThread(state as ThreadState, event)
