import { createHash } from 'node:crypto'

import type { ErrorGroup } from '../platform/error-group.ts'
import { isRecord } from '../platform/log-formats.ts'
import type { LogRecord } from '../platform/logger.ts'

const MAX_GROUPS = 200
const MAX_FRAMES = 12
/** Lines move with each version; what is called does not. */
const FRAMES_THAT_COUNT = 3

/** What failed here since the start, by kind. */
export class ErrorGroups {
  readonly since: string
  readonly #groups = new Map<string, ErrorGroup>()

  constructor(now: number) {
    this.since = new Date(now).toISOString()
  }

  /** Newest first. */
  list(): ErrorGroup[] {
    return [...this.#groups.values()].toReversed()
  }

  /** Counts a line of the log at error level or above; answers its group. */
  add(record: LogRecord): ErrorGroup {
    const found = kindOf(record)
    const { fingerprint } = found
    const at = new Date(record.time).toISOString()
    const before = this.#groups.get(fingerprint)
    const group: ErrorGroup = {
      ...found,
      count: (before?.count ?? 0) + 1,
      first_seen: before?.first_seen ?? at,
      last_seen: at,
      sample_trace_id: textOf(record['trace_id']) ?? before?.sample_trace_id ?? null,
      sample_run_id: textOf(record['run_id']) ?? before?.sample_run_id ?? null,
    }
    // The map's order is that of the newest occurrence.
    this.#groups.delete(fingerprint)
    this.#groups.set(fingerprint, group)
    const [oldest] = this.#groups.keys()
    if (this.#groups.size > MAX_GROUPS && oldest !== undefined) this.#groups.delete(oldest)
    return group
  }
}

type Kind = Pick<ErrorGroup, 'fingerprint' | 'level' | 'message' | 'type' | 'code' | 'frames'>

/** What makes two lines one kind. An error's own message is left out: it may quote what was said. */
export function kindOf({ level, msg = '', err }: LogRecord): Kind {
  const type = isRecord(err) ? textOf(err['type']) : null
  const given = isRecord(err) ? err['code'] : undefined
  const code = typeof given === 'number' ? String(given) : textOf(given)
  const frames = isRecord(err) ? framesOf(textOf(err['stack']) ?? '') : []
  const places = frames.slice(0, FRAMES_THAT_COUNT).map((frame) => frame.replaceAll(/:\d+/g, ''))
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([generalized(msg), type, code, places]))
    .digest('hex')
    .slice(0, 16)
  return { fingerprint, level: level >= 60 ? 'fatal' : 'error', message: msg, type, code, frames }
}

/** Ids and numbers make no new kind. */
export const generalized = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '<id>')
    .replaceAll(/\b[0-9a-f]{16,}\b/gi, '<id>')
    .replaceAll(/\d+/g, '<n>')

const FRAME = /^\s+at (?:(.+?) \()?(?:file:\/\/)?([^()\s]+?):(\d+):\d+\)?$/gm

function framesOf(stack: string): string[] {
  return [...stack.matchAll(FRAME)].slice(0, MAX_FRAMES).map(([, name, path = '', line]) => {
    const place = `${shortPath(path)}:${line}`
    return name === undefined ? place : `${name} (${place})`
  })
}

/** From the package on: where a server is installed is nobody's business. */
const shortPath = (path: string): string =>
  /(?:^|\/)((?:packages|node_modules)\/.*)$/.exec(path)?.[1] ?? path.split('/').slice(-2).join('/')

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
