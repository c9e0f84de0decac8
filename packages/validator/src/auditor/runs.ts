import { isTerminal } from '@netra/protocol'

import type { Chapter, Known, WireEvent } from './known.ts'
import type { Judge, Report, Seen } from './report.ts'

interface Run {
  accepted: boolean
  ends: number[]
  fence: number
  attempt: number
  superseded: Set<unknown>
}

/** One terminal event for a run, and nothing from an attempt that has lost it. */
export class Runs implements Judge {
  readonly #report: Report
  readonly #known: Known
  readonly #fences = new Map<string, number>()

  constructor(report: Report, known: Known) {
    this.#report = report
    this.#known = known
  }

  claimed({ run, fence }: Seen<'claimed'>): void {
    const newest = this.#fences.get(run)
    if (newest !== undefined && fence <= newest) {
      this.#report.violation('fence', {}, `run ${run} was claimed with ${fence} after ${newest}`)
    }
    this.#fences.set(run, Math.max(fence, newest ?? fence))
  }

  /** A claim may be lost with what came after it; fences grow from what is left. */
  epoch_changed(): void {
    this.#fences.clear()
  }

  committed({ stream, epoch, seq, event, fence }: Seen<'committed'>): void {
    const run = 'run_id' in event ? event.run_id : undefined
    const newest = run ? this.#fences.get(run) : undefined
    if (fence === undefined || newest === undefined || fence >= newest) return
    const what = `${event.type} at ${epoch}:${seq}`
    const detail = `${what} was written with fence ${fence}; run ${run} had ${newest}`
    this.#report.violation('fence', { stream }, detail)
  }

  end(): void {
    for (const chapter of this.#known.chapters) {
      const isNewest = this.#known.newest(chapter.stream) === chapter
      this.#judge(chapter, isNewest && this.#known.isCalm)
    }
  }

  #judge(chapter: Chapter, isOver: boolean): void {
    const { stream } = chapter
    const runs = new Map<string, Run>()
    for (const [seq, event] of [...chapter.events].toSorted(([a], [b]) => a - b)) {
      const id = event['run_id']
      if (typeof id !== 'string' || stream.startsWith('user:')) continue
      const run = runs.get(id) ?? newRun()
      runs.set(id, run)
      for (const problem of follow(run, seq, event)) {
        this.#report.violation('fence', { stream }, `run ${id}: ${problem}`)
      }
    }
    for (const [id, { ends, accepted }] of runs) {
      if (ends.length > 1) {
        const detail = `run ${id} ended ${ends.length} times: at ${ends.join(', ')}`
        this.#report.violation('one_terminal', { stream }, detail)
      }
      if (isOver && accepted && ends.length === 0 && !this.#ended(chapter, id)) {
        this.#report.violation('one_terminal', { stream }, `run ${id} never ended`)
      }
    }
    if (isOver) this.#openInState(chapter, runs)
  }

  /** Somebody's state at the head knows the end, although nobody was there to see it. */
  #ended({ stream, points, read }: Chapter, run: string): boolean {
    if (this.#known.isDeleted(stream)) return true
    return points.some(
      ({ seq, state, of }) =>
        of.what !== 'device' &&
        seq === read &&
        'runs' in state &&
        // Older messages, and their runs, may be left out of a snapshot.
        (state.before !== null
          ? state.runs.every(({ id, outcome }) => id !== run || outcome !== null)
          : state.runs.some(({ id, outcome }) => id === run && outcome !== null)),
    )
  }

  #openInState({ stream, points, read }: Chapter, runs: ReadonlyMap<string, Run>): void {
    const last = points.findLast(({ seq, of }) => of.what === 'journal' && seq === read)
    if (!last || !('runs' in last.state) || this.#known.isDeleted(stream)) return
    for (const { id, outcome } of last.state.runs) {
      if (outcome === null && !runs.get(id)?.accepted) {
        this.#report.violation('one_terminal', { stream }, `run ${id} never ended`)
      }
    }
  }
}

const newRun = (): Run => ({
  accepted: false,
  ends: [],
  fence: -1,
  attempt: 0,
  superseded: new Set(),
})

/** Fences only grow, attempts do not go back, and what was superseded is spoken no further. */
function follow(run: Run, seq: number, event: WireEvent): string[] {
  const problems: string[] = []
  if (isTerminal(event)) run.ends.push(seq)
  if (event.type === 'run_accepted') run.accepted = true
  if (event.type === 'run_attempt') {
    const fence = Number(event['fence'])
    if (fence <= run.fence) problems.push(`fence ${fence} at ${seq} came after ${run.fence}`)
    run.fence = fence
    for (const id of event['superseded'] as unknown[]) run.superseded.add(id)
  }
  if (event.type === 'run_attempt' || event.type === 'agent_started') {
    const attempt = Number(event['attempt'])
    if (attempt < run.attempt)
      problems.push(`attempt ${attempt} at ${seq} came after ${run.attempt}`)
    run.attempt = Math.max(run.attempt, attempt)
  }
  const speaks = event.type === 'message_delta' || event.type === 'message_completed'
  if (speaks && run.superseded.has(event['message_id'])) {
    problems.push(`${event.type} at ${seq} speaks a message that was superseded`)
  }
  return problems
}
