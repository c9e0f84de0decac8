import { payloadHash } from '../chain.ts'
import type { Statements } from './statements.ts'

/** The stream of rows that belong to none: a commit of table rows alone, a note, a new epoch. */
export const NO_STREAM = 0

/** Events of one stream that were taken away; of a compacted range one may stay, with new content. */
export interface NotedRange {
  first: number
  last: number
  keep?: { seq: number; hash: string }
}

export interface NotedRemoval {
  /** The stream's number in the log. */
  stream: number
  cause: 'erased' | 'compacted' | 'damaged'
  ranges: readonly NotedRange[]
}

/** What a row of no stream says. It is chained like any event, so that no removal can be made up. */
export interface Note {
  /** Why an epoch begins here. */
  epoch?: string
  removed?: readonly NotedRemoval[]
  /** Rows of the log that are missing or not what was written. */
  lostRows?: readonly (readonly [first: number, last: number])[]
}

export const noteText = (note: Note): string => JSON.stringify(note)

/** What says nothing about removals is an empty note. */
export function parseNote(payload: string): Note {
  if (!payload.startsWith('{')) return {}
  try {
    const note: Note = JSON.parse(payload)
    return note
  } catch {
    return {}
  }
}

const KEPT = 1_000

/** Notes by their row; one whose bytes are not what was written says nothing. */
export class Notes {
  readonly #statements: Statements
  readonly #known = new Map<number, Note>()

  constructor(statements: Statements) {
    this.#statements = statements
  }

  at(row: number): Note {
    const known = this.#known.get(row)
    if (known) return known
    const found = this.#statements
      .prepare('select payload, hash from log where id = ? and stream = ?')
      .get(row, NO_STREAM)
    const { payload, hash } = found ?? {}
    const whole =
      typeof payload === 'string' && hash instanceof Uint8Array && payloadHash(payload).equals(hash)
    const note = whole ? parseNote(payload) : {}
    if (this.#known.size >= KEPT) this.#known.clear()
    this.#known.set(row, note)
    return note
  }

  /** The range of the note that holds this event. */
  rangeAt(row: number, stream: number, seq: number): NotedRange | undefined {
    for (const removal of this.at(row).removed ?? []) {
      if (removal.stream !== stream) continue
      const range = removal.ranges.find(({ first, last }) => first <= seq && seq <= last)
      if (range) return range
    }
    return undefined
  }

  forget(): void {
    this.#known.clear()
  }
}
