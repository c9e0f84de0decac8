import type { Follower } from '../support/people.ts'

export interface Opened {
  netraPort: number
  socketIoPort: number
  followers: Follower[]
}

export type ServerRequest =
  | { kind: 'open'; clients: number }
  /** Answered once all events are sent: the same number to every client of either side. */
  | { kind: 'run'; eventsPerSecond: number; seconds: number }
