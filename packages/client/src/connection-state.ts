import { unreachable } from './unreachable.ts'

/** Why a socket is gone; `code` is the close code, or 0 when it never came to one. */
export interface Loss {
  code: number
  /** For the person or the log. */
  why: string
}

/** Where the one connection stands. Each state carries only what is true in it. */
export type ConnectionState =
  /** Never connected. */
  | { kind: 'idle' }
  /** Getting a ticket or token. */
  | { kind: 'authorizing'; attempt: number }
  /** The socket is being opened. */
  | { kind: 'opening'; attempt: number }
  /** `hello` is sent; `welcome` is awaited. */
  | { kind: 'greeting'; attempt: number }
  | { kind: 'open'; connectionId: string; userId: string; node: string }
  /** Lost; comes back by itself at `retryAt` (milliseconds since the Unix epoch). */
  | { kind: 'waiting'; attempt: number; retryAt: number; why: Loss }
  /** Ended by the server for good: `connect()` starts anew. */
  | { kind: 'stopped'; why: Loss }
  /** Closed by its owner: `connect()` starts anew. */
  | { kind: 'closed' }

export type ConnectionEvent =
  | { type: 'connect' }
  | { type: 'authorized' }
  | { type: 'opened' }
  | { type: 'welcomed'; connectionId: string; userId: string; node: string }
  | { type: 'lost'; attempt: number; retryAt: number; why: Loss }
  | { type: 'refused'; why: Loss }
  | { type: 'retry' }
  | { type: 'close' }

export type ConnectionKind = ConnectionState['kind']

/** What follows what. `null`: the event means nothing in that state and is ignored. */
export const TRANSITIONS: Record<
  ConnectionKind,
  Record<ConnectionEvent['type'], ConnectionKind | null>
> = {
  idle: {
    connect: 'authorizing',
    authorized: null,
    opened: null,
    welcomed: null,
    lost: null,
    refused: null,
    retry: null,
    close: 'closed',
  },
  authorizing: {
    connect: null,
    authorized: 'opening',
    opened: null,
    welcomed: null,
    lost: 'waiting',
    refused: 'stopped',
    retry: null,
    close: 'closed',
  },
  opening: {
    connect: null,
    authorized: null,
    opened: 'greeting',
    welcomed: null,
    lost: 'waiting',
    refused: 'stopped',
    retry: null,
    close: 'closed',
  },
  greeting: {
    connect: null,
    authorized: null,
    opened: null,
    welcomed: 'open',
    lost: 'waiting',
    refused: 'stopped',
    retry: null,
    close: 'closed',
  },
  open: {
    connect: null,
    authorized: null,
    opened: null,
    welcomed: null,
    lost: 'waiting',
    refused: 'stopped',
    retry: null,
    close: 'closed',
  },
  waiting: {
    connect: 'authorizing',
    authorized: null,
    opened: null,
    welcomed: null,
    lost: null,
    refused: null,
    retry: 'authorizing',
    close: 'closed',
  },
  stopped: {
    connect: 'authorizing',
    authorized: null,
    opened: null,
    welcomed: null,
    lost: null,
    refused: null,
    retry: null,
    close: 'closed',
  },
  closed: {
    connect: 'authorizing',
    authorized: null,
    opened: null,
    welcomed: null,
    lost: null,
    refused: null,
    retry: null,
    close: null,
  },
}

const attemptOf = (state: ConnectionState): number => ('attempt' in state ? state.attempt : 0)

/** The state after an event; the same object when the event means nothing now. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  const kind = TRANSITIONS[state.kind][event.type]
  if (kind === null) return state
  switch (event.type) {
    case 'connect':
    case 'retry':
      return { kind: 'authorizing', attempt: attemptOf(state) }
    case 'authorized':
      return { kind: 'opening', attempt: attemptOf(state) }
    case 'opened':
      return { kind: 'greeting', attempt: attemptOf(state) }
    case 'welcomed': {
      const { connectionId, userId, node } = event
      return { kind: 'open', connectionId, userId, node }
    }
    case 'lost':
      return { kind: 'waiting', attempt: event.attempt, retryAt: event.retryAt, why: event.why }
    case 'refused':
      return { kind: 'stopped', why: event.why }
    case 'close':
      return { kind: 'closed' }
    default:
      return unreachable(event)
  }
}
