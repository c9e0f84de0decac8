/** What a part of a run's time went to. */
export type PartKind = 'queue' | 'model' | 'tool' | 'store' | 'network' | 'other'

export interface TimelineSpan {
  id: string
  parent_id: string | null
  name: string
  kind: 'queue' | 'model' | 'tool' | 'store' | 'network' | 'run'
  /** Milliseconds since the message was accepted. */
  start_ms: number
  duration_ms: number
  status: 'ok' | 'error' | 'cancelled'
  detail: string | null
}

export interface Parts {
  queue_ms: number
  model_ms: number
  tool_ms: number
  store_ms: number
  /** Null until a browser has said what its person waited. */
  network_ms: number | null
  other_ms: number
}

/** As it is kept with the run. */
export interface StoredTimeline {
  v: 1
  /** Milliseconds from the message to the last thing noted. */
  total: number
  parts: Omit<Parts, 'network_ms'>
  /** What each part was, for the sentence. */
  facts: Facts
  spans: TimelineSpan[]
}

/** What the sentence about the cause is made of. */
export interface Facts {
  /** The model that took longest, how often it was asked, and how long its first words took, together. */
  model?: { name: string; calls: number; firstMs: number | null; failed: number }
  tool?: { name: string; calls: number }
  /** What the run waited for, the longest wait. */
  queue?: { why: QueueWhy; ms: number }
  /** The process that made the answer ended in between. */
  interrupted?: number
}

export type QueueWhy = 'thread' | 'user' | 'node' | 'decision' | 'turn'

export interface Cause {
  kind: PartKind
  /** Of the whole, 0 to 1. */
  share: number
  sentence: string
}

export interface Timeline {
  total_ms: number
  parts: Parts
  cause: Cause
  spans: TimelineSpan[]
}

/** What one browser said its person waited, in milliseconds. */
export interface Seen {
  click_to_ok_ms: number
  click_to_first_event_ms: number
  click_to_first_text_ms: number | null
  click_to_end_ms: number
}

/**
 * What is shown of a run. With `seen` the whole is what the person waited, and what the server did
 * not spend of it is the network's (and the browser's).
 */
export function shownTimeline(
  stored: StoredTimeline,
  seen: Seen | undefined,
  isOpen = false,
): Timeline {
  const network = seen === undefined ? null : Math.max(0, seen.click_to_end_ms - stored.total)
  const total = stored.total + (network ?? 0)
  const parts: Parts = { ...stored.parts, network_ms: network }
  const spans = [...stored.spans]
  if (seen && network !== null && network >= 1) {
    spans.push({
      id: 'network',
      parent_id: 'run',
      name: 'To this device and back',
      kind: 'network',
      start_ms: Math.round(stored.total),
      duration_ms: Math.round(network),
      status: 'ok',
      detail: wordsOfSeen(seen),
    })
  }
  return {
    total_ms: Math.round(total),
    parts: roundedParts(parts),
    cause: causeOf(parts, total, stored.facts, isOpen),
    spans,
  }
}

const wordsOfSeen = (seen: Seen): string =>
  [
    `accepted after ${seconds(seen.click_to_ok_ms)}`,
    ...(seen.click_to_first_text_ms === null
      ? []
      : [`first words after ${seconds(seen.click_to_first_text_ms)}`]),
    `all on the screen after ${seconds(seen.click_to_end_ms)}`,
  ].join(', ')

const roundedParts = (parts: Parts): Parts => ({
  queue_ms: Math.round(parts.queue_ms),
  model_ms: Math.round(parts.model_ms),
  tool_ms: Math.round(parts.tool_ms),
  store_ms: Math.round(parts.store_ms),
  network_ms: parts.network_ms === null ? null : Math.round(parts.network_ms),
  other_ms: Math.round(parts.other_ms),
})

const KINDS: readonly PartKind[] = ['model', 'tool', 'queue', 'store', 'network', 'other']

/** The largest part, in a sentence for the person who waited. */
export function causeOf(parts: Parts, total: number, facts: Facts, isOpen = false): Cause {
  const msOf = (kind: PartKind): number => parts[`${kind}_ms`] ?? 0
  const kind = KINDS.reduce((most, next) => (msOf(next) > msOf(most) ? next : most))
  const ms = msOf(kind)
  const share = total > 0 ? Math.min(1, ms / total) : 0
  const sentence = SENTENCES[kind](facts, `${amount(ms, total)} of ${seconds(total)}`)
  const told = isOpen ? `So far: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}` : sentence
  return { kind, share: Math.round(share * 1000) / 1000, sentence: told }
}

const SENTENCES: Record<PartKind, (facts: Facts, took: string) => string> = {
  model({ model }, took) {
    if (!model) return `The model took ${took}.`
    const { name, calls, firstMs, failed } = model
    const often = calls > 1 ? ` in ${calls} calls` : ''
    const words = calls > 1 ? 'its first words' : 'its first word'
    const first = firstMs === null ? '' : `, ${seconds(firstMs)} of it before ${words}`
    const again =
      failed > 0 ? ` ${failed === 1 ? 'One call' : `${failed} calls`} of it failed.` : ''
    return `The model ${name} took ${took}${often}${first}.${again}`
  },
  tool({ tool }, took) {
    if (!tool) return `The tools took ${took}.`
    return `The tool ${tool.name} took ${took}${tool.calls > 1 ? ` in ${tool.calls} calls` : ''}.`
  },
  queue: ({ queue }, took) => `It waited ${took} ${WAITED[queue?.why ?? 'turn']}.`,
  store: (_facts, took) =>
    `Storing the answer took ${took}: the server's disk or database was slow.`,
  network: (_facts, took) =>
    `The way between this device and the server took ${took}; the server was done before that.`,
  other: ({ interrupted }, took) =>
    interrupted === undefined
      ? `Netra itself took ${took}: its server was busy.`
      : `It was interrupted: the server that made it stopped, and ${took} went by until another went on.`,
}

const WAITED: Record<QueueWhy, string> = {
  thread: 'for the answer before it in this conversation',
  user: 'for other answers of yours to end',
  node: 'because the server was busy with the answers of others',
  decision: 'for a decision about a tool call',
  turn: 'for its turn',
}

/** `8.1 s`; below a tenth of a second in milliseconds. */
export const seconds = (ms: number): string =>
  ms < 100 ? `${Math.round(ms)} ms` : ms < 600_000 ? `${(ms / 1000).toFixed(1)} s` : minutes(ms)

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`

/** The unit is said once where both have the same. */
function amount(ms: number, total: number): string {
  const [own, whole] = [seconds(ms), seconds(total)]
  const unit = whole.split(' ')[1] ?? ''
  return own.endsWith(` ${unit}`) ? own.slice(0, -unit.length - 1) : own
}
