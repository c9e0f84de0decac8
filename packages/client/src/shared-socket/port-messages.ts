import type { HttpAddresses } from '../http-socket/http-transport.ts'

/** Which way the shared connection goes. */
export type SharedWay = 'socket' | 'http'

/** What a tab asks of the worker, with a port of its own for this one connection. */
export interface OpenRequest {
  way: SharedWay
  url: string
  http: HttpAddresses | undefined
  /** Nobody else's frames may come over this port. */
  userId: string
  /** A Web Lock that the tab holds while it lives. */
  lock: string
  port: MessagePort
}

export type FromTab =
  | { type: 'frame'; text: string }
  /** Everything up to here was taken; in characters, over the life of the port. */
  | { type: 'taken'; characters: number }
  | { type: 'close' }

export type ToTab =
  /** The worker is there; sent before anything else. */
  | { type: 'attached' }
  | { type: 'opened' }
  | { type: 'frame'; text: string }
  | { type: 'closed'; code: number; reason: string; status: number | undefined }
