import type { Follower } from '../support/people.ts'

/** `journal`: durable before delivery. `none`: the same server, and a log in memory only. */
export type Variant = 'journal' | 'none'

/**
 * `commits`: each event is committed when it is due. `pieces`: twice as many pieces of text come from
 * the model, and the shipped coalescer makes events of them.
 */
export type Source = 'commits' | 'pieces'

export interface Load {
  source: Source
  /** Of events, or of pieces. */
  perSecond: number
  seconds: number
}

export interface Opened {
  ports: Record<Variant, number>
  followers: Record<Variant, Follower[]>
}

export type ServerRequest =
  | { kind: 'open'; connections: number }
  /** Answered with `Spent` once everything was committed. */
  | { kind: 'run'; variant: Variant; load: Load }

export interface Spent {
  /** How far each connection must come. */
  heads: number[]
  events: number
  /** Moments that can be found in the text of the events. */
  marks: number
  /** By the clock: longer than asked for when the server could not keep up. */
  seconds: number
  /** Processor time of all threads of the server, for each second by the clock. */
  cores: number
}

export type ReaderRequest =
  | ({ kind: 'follow' } & Opened)
  /** From now on latencies are of this run. */
  | { kind: 'begin' }
  /** Answered with `Latencies` once every connection has come exactly so far. */
  | ({ kind: 'end'; variant: Variant } & Pick<Spent, 'heads' | 'marks'>)

/** Milliseconds from a mark in the text until the reader has parsed the event. */
export interface Latencies {
  p50: number
  p99: number
  max: number
}
