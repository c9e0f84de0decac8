import type { Compaction, StoredEvent } from './journal.ts'

/** The events of one run that its deltas are folded by. */
export interface RunEvent {
  seq: number
  type: string
  message_id?: string
  part?: number
  offset?: number
  text?: string
  /** As it was stored. */
  payload: string
}

interface Spoken {
  deltas: RunEvent[]
  completedAt: number | undefined
}

/**
 * Which deltas of a run that ended can go, so that a fold over the rest gives the same. A finished
 * message is repeated whole by its `message_completed`. One that broke off keeps its text: its first
 * delta then holds all of it.
 */
export function foldedDeltas(events: readonly RunEvent[]): Compaction['ranges'] {
  const messages = new Map<string, Spoken>()
  for (const event of events) {
    const id = event.message_id
    if (id === undefined) continue
    const spoken = messages.get(id) ?? { deltas: [], completedAt: undefined }
    messages.set(id, spoken)
    if (event.type === 'message_delta') spoken.deltas.push(event)
    if (event.type === 'message_completed') spoken.completedAt = event.seq
  }
  const gone: number[] = []
  const kept = new Map<number, StoredEvent>()
  for (const spoken of messages.values()) {
    const keeping = spoken.completedAt === undefined ? wholeTexts(spoken) : opening(spoken, events)
    if (!keeping) continue
    gone.push(...spoken.deltas.map(({ seq }) => seq))
    for (const event of keeping) kept.set(event.seq, event)
  }
  return rangesOf(gone, kept)
}

/** One delta for each part, where its first stood; undefined when the pieces do not fit together. */
function wholeTexts({ deltas }: Spoken): StoredEvent[] | undefined {
  const parts = new Map<number, { first: RunEvent; text: string }>()
  for (const delta of deltas) {
    const { part = 0, offset = 0, text = '' } = delta
    const known = parts.get(part)
    if (offset !== (known?.text.length ?? 0)) return undefined
    parts.set(part, { first: known?.first ?? delta, text: (known?.text ?? '') + text })
  }
  return [...parts.values()].map(({ first, text }) => withText(first, text))
}

/** What came between a message's first word and its end must still come after its beginning. */
function opening({ deltas, completedAt = 0 }: Spoken, events: readonly RunEvent[]): StoredEvent[] {
  const [first] = deltas
  if (!first) return []
  const own = new Set(deltas)
  const between = events.some(
    (event) => event.seq > first.seq && event.seq < completedAt && !own.has(event),
  )
  return between ? [withText(first, '')] : []
}

const withText = ({ seq, payload }: RunEvent, text: string): StoredEvent => {
  const delta: object = JSON.parse(payload)
  return { seq, payload: JSON.stringify({ ...delta, text }) }
}

/** Each range begins with what it keeps, if it keeps any. */
function rangesOf(
  gone: readonly number[],
  kept: ReadonlyMap<number, StoredEvent>,
): { first: number; last: number; keep?: StoredEvent }[] {
  const ranges: { first: number; last: number; keep?: StoredEvent }[] = []
  for (const seq of gone.toSorted((a, b) => a - b)) {
    const keep = kept.get(seq)
    const range = ranges.at(-1)
    if (range?.last === seq - 1 && !keep) range.last = seq
    else ranges.push({ first: seq, last: seq, ...(keep && { keep }) })
  }
  return ranges
}
