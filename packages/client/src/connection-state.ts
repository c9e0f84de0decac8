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
  /** No socket gets through: plain requests are tried. */
  | { kind: 'falling_back'; attempt: number }
  /** Connected by plain requests; a socket is tried again now and then. */
  | { kind: 'fallback'; connectionId: string; userId: string; node: string }
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
  /** No socket came about, and not for the first time. */
  | { type: 'upgrade_refused' }
  | { type: 'welcomed'; connectionId: string; userId: string; node: string }
  /** A socket opened beside the requests and takes their place. */
  | { type: 'upgraded' }
  | { type: 'lost'; attempt: number; retryAt: number; why: Loss }
  | { type: 'refused'; why: Loss }
  | { type: 'retry' }
  | { type: 'close' }

export type ConnectionKind = ConnectionState['kind']

type Row = Record<ConnectionEvent['type'], ConnectionKind | null>

/** What means nothing in any state but those that say otherwise. */
const IGNORED: Row = {
  connect: null,
  authorized: null,
  opened: null,
  upgrade_refused: null,
  welcomed: null,
  upgraded: null,
  lost: null,
  refused: null,
  retry: null,
  close: 'closed',
}

/** Every state between a beginning and an end can be lost and can be refused. */
const ON_THE_WAY = { ...IGNORED, lost: 'waiting', refused: 'stopped' } as const satisfies Row

/** What follows what. `null`: the event means nothing in that state and is ignored. */
export const TRANSITIONS: Record<ConnectionKind, Row> = {
  idle: { ...IGNORED, connect: 'authorizing' },
  authorizing: { ...ON_THE_WAY, authorized: 'opening' },
  opening: { ...ON_THE_WAY, opened: 'greeting', upgrade_refused: 'falling_back' },
  greeting: { ...ON_THE_WAY, welcomed: 'open', upgrade_refused: 'falling_back' },
  open: ON_THE_WAY,
  falling_back: { ...ON_THE_WAY, welcomed: 'fallback' },
  fallback: { ...ON_THE_WAY, upgraded: 'greeting' },
  waiting: { ...IGNORED, connect: 'authorizing', retry: 'authorizing' },
  stopped: { ...IGNORED, connect: 'authorizing' },
  closed: { ...IGNORED, connect: 'authorizing', close: null },
}

type OfKind<Kind extends ConnectionKind> = Extract<ConnectionState, { kind: Kind }>
type Connected = OfKind<'open' | 'fallback'>

export const isConnected = (state: ConnectionState): state is Connected =>
  state.kind === 'open' || state.kind === 'fallback'

const attemptOf = (state: ConnectionState): number => ('attempt' in state ? state.attempt : 0)

/** The state after an event; the same object when the event means nothing now. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  const kind = TRANSITIONS[state.kind][event.type]
  if (kind === null) return state
  const attempt = attemptOf(state)
  switch (event.type) {
    case 'connect':
    case 'retry':
      return { kind: 'authorizing', attempt }
    case 'authorized':
      return { kind: 'opening', attempt }
    case 'opened':
    case 'upgraded':
      return { kind: 'greeting', attempt }
    case 'upgrade_refused':
      return { kind: 'falling_back', attempt }
    case 'welcomed': {
      const { connectionId, userId, node } = event
      const welcomed = kind === 'fallback' ? kind : 'open'
      return { kind: welcomed, connectionId, userId, node }
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
