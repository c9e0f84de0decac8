import type { Follower } from '../support/people.ts'

/** `netra`: a cut just now. `restarted`: the server has been started anew. `bare`: plain upgrades. */
export type Variant = 'netra' | 'restarted' | 'bare'

export type ServerRequest =
  /** Accounts, threads and their events. */
  | { kind: 'prepare'; clients: number }
  /** Ready for the next crowd: nobody is connected, and garbage of the last one is gone. */
  | { kind: 'ready'; variant: Variant }
  /** What the crowd cost since `ready`. */
  | { kind: 'cost' }

export interface Ready {
  port: number
  /** Positions name it. */
  epoch: string
}

/** Processor seconds of the server. */
export interface Cost {
  processor: number
  loop: number
}

export type CrowdRequest =
  | { kind: 'prepare'; followers: Follower[] }
  | { kind: 'come'; variant: Variant; ready: Ready }

/** Milliseconds from the moment the crowd set out, of each client. */
export interface Arrivals {
  all: number
  p50: number
  p99: number
}

/** Events of each thread, and how many of them a client has missed. */
export const EVENTS = 40
export const MISSED = 5
