import type { Follower } from '../support/people.ts'

/** What one round sends to every connection. */
export interface Shape {
  what: string
  /** Events of one commit, which leave as one frame. */
  eventsPerCommit: number
  rounds: number
}

export type Variant = 'netra' | 'bare' | 'c'

export interface Follow {
  port: number
  barePort: number
  /** Undefined where there is no C compiler. */
  cPort: number | undefined
  followers: Follower[]
}

export type ServerRequest =
  | { kind: 'open'; connections: number }
  /** Every reader is connected. */
  | { kind: 'followed' }
  /** `paceMs`: a round of a bare loop begins so long after the one before; 0 is at once. */
  | { kind: 'run'; variant: Variant; shape: Shape; paceMs: number }
  /** What the run cost until now. */
  | { kind: 'cost' }

/** Seconds since the last `run` began. */
export interface Cost {
  /** Processor time of all threads of the sender's process. */
  processor: number
  /** Of them, those of its one event loop. */
  loop: number
}

export type ReaderRequest =
  | ({ kind: 'follow' } & Follow)
  /** Answered once every connection of the variant has exactly so many events more. */
  | { kind: 'receive'; variant: Variant; eventsEach: number }
