import type { RunTimeline } from '@netra/client'

import { formatDuration } from './format.ts'
import { isOfServer, toolPhrase, type ToolName } from './tool-names.ts'

export type PartKind = RunTimeline['cause']['kind']
type Span = RunTimeline['spans'][number]

export interface TimePart {
  kind: PartKind
  name: string
  ms: number
  /** Of the whole, 0 to 1. */
  share: number
}

export interface WaterfallRow {
  id: string
  name: string
  kind: Span['kind']
  /** How many spans it lies in. */
  depth: number
  /** Of the whole, 0 to 1; both together never exceed 1. */
  from: number
  width: number
  status: Span['status']
  duration: string
  detail: string | null
}

export const PART_NAMES: Record<PartKind, string> = {
  queue: 'Waiting',
  model: 'The model',
  tool: 'Tools',
  store: 'Storing',
  network: 'Network and this device',
  other: 'Netra itself',
}

const ORDER: readonly PartKind[] = ['queue', 'model', 'tool', 'store', 'network', 'other']

/** Where the time went, in the order in which it usually does; what took no time is left out. */
export function timeParts({ parts, total_ms }: RunTimeline): TimePart[] {
  return ORDER.map((kind) => {
    const ms = parts[`${kind}_ms`] ?? 0
    return {
      kind,
      name: PART_NAMES[kind],
      ms,
      share: total_ms > 0 ? Math.min(1, ms / total_ms) : 0,
    }
  }).filter(({ ms }) => ms >= 1)
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value))

/** The tools of servers that were called, as models call them. */
export const serverToolsOf = ({ spans }: RunTimeline): string[] => [
  ...new Set(
    spans.filter(({ kind, name }) => kind === 'tool' && isOfServer(name)).map(({ name }) => name),
  ),
]

/** Why it took so long, with tools of servers by the names that people know. */
export const causeWords = (timeline: RunTimeline, toolNamed: ToolNamed): string =>
  serverToolsOf(timeline).reduce(
    (sentence, tool) =>
      sentence.replace(`The tool ${tool} `, `The tool ${toolPhrase(toolNamed(tool))} `),
    timeline.cause.sentence,
  )

type ToolNamed = (tool: string) => ToolName

/** Spans as lines under each other: each after what it lies in, siblings by their beginning. */
export function waterfall({ spans, total_ms }: RunTimeline, toolNamed: ToolNamed): WaterfallRow[] {
  const known = new Set(spans.map(({ id }) => id))
  const children = new Map<string | null, Span[]>()
  for (const span of spans) {
    const parent = span.parent_id !== null && known.has(span.parent_id) ? span.parent_id : null
    children.set(parent, [...(children.get(parent) ?? []), span])
  }
  const whole = Math.max(total_ms, 1)
  const rows: WaterfallRow[] = []
  const placed = new Set<string>()
  const place = (parent: string | null, depth: number): void => {
    const ordered = (children.get(parent) ?? []).toSorted((a, b) => a.start_ms - b.start_ms)
    for (const span of ordered) {
      if (placed.has(span.id)) continue
      placed.add(span.id)
      const from = clamp(span.start_ms / whole, 1)
      rows.push({
        id: span.id,
        name: isOfServer(span.name) ? toolPhrase(toolNamed(span.name)) : span.name,
        kind: span.kind,
        depth,
        from,
        width: clamp(span.duration_ms / whole, 1 - from),
        status: span.status,
        duration: formatDuration(span.duration_ms),
        detail: span.detail,
      })
      place(span.id, depth + 1)
    }
  }
  place(null, 0)
  return rows
}
