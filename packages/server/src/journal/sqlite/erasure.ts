import type { Log, NewRow } from './log.ts'
import type { NotedRange } from './notes.ts'
import type { LiveStream } from './streams.ts'

/** The events of a stream that are about a thread, among them `pending` ones of this transaction. */
export function aboutThread(
  log: Log,
  stream: LiveStream,
  pending: readonly NewRow[],
  threadId: string,
): NotedRange[] {
  const named = JSON.stringify(threadId)
  const matches = (payload: string): boolean =>
    payload.includes(named) && threadOf(payload) === threadId
  const seqs = log.seqsWhere(stream, matches)
  for (const event of pending) {
    if (event.stream === stream && matches(event.payload)) seqs.push(event.seq)
  }
  return runsOf(seqs)
}

function threadOf(payload: string): unknown {
  const event: unknown = JSON.parse(payload)
  return typeof event === 'object' && event !== null && 'thread_id' in event
    ? event.thread_id
    : undefined
}

/** Events by their streams, as ranges. */
export function rangesOf(
  events: readonly { stream: LiveStream; seq: number }[],
): [stream: LiveStream, ranges: NotedRange[]][] {
  const seqs = new Map<LiveStream, Set<number>>()
  for (const { stream, seq } of events) {
    seqs.set(stream, (seqs.get(stream) ?? new Set()).add(seq))
  }
  return [...seqs].map(([stream, found]) => [stream, runsOf([...found].toSorted((a, b) => a - b))])
}

function runsOf(seqs: readonly number[]): NotedRange[] {
  const runs: NotedRange[] = []
  for (const seq of seqs) {
    const run = runs.at(-1)
    if (run?.last === seq - 1) run.last = seq
    else runs.push({ first: seq, last: seq })
  }
  return runs
}
