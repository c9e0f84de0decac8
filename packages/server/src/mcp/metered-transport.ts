import type { Transport } from '@modelcontextprotocol/client'

import type { Clock } from '../platform/clock.ts'

/** More came of a server than anybody reads. */
export class Flooded extends Error {
  override readonly name = 'Flooded'
}

/** What may come beside the answer to a call (progress, log lines): so many at once, and so many a second. */
const MESSAGES_AT_ONCE = 1_000
const MESSAGES_A_SECOND = 20
const MAX_BROKEN = 200

export interface Meter {
  /** Of what follows at most this may come. */
  begin(limits?: { bytes: number; what: string }): void
  readonly flooded: Flooded | undefined
  /** Messages since `begin` that were no JSON-RPC. */
  readonly broken: number
}

/**
 * Counts what comes over a transport, and closes it when it is too much; the rest of a flood is not
 * read. Before the transport is given to a client.
 */
export function meter(transport: Transport, clock: Clock): Meter {
  let allowed = MESSAGES_AT_ONCE
  let since = clock.monotonic()
  let broken = 0
  let bytesLeft = Number.POSITIVE_INFINITY
  let what = ''
  let flooded: Flooded | undefined
  let deliver: Transport['onmessage']
  let tell: Transport['onerror']

  function stop(why: string): void {
    if (flooded) return
    flooded = new Flooded(why)
    tell?.(flooded)
    transport.close().catch((error: Error) => tell?.(error))
  }
  const counted: NonNullable<Transport['onmessage']> = (message, extra) => {
    if (flooded) return
    const now = clock.monotonic()
    allowed = Math.min(MESSAGES_AT_ONCE, allowed + ((now - since) * MESSAGES_A_SECOND) / 1_000) - 1
    since = now
    if (Number.isFinite(bytesLeft)) bytesLeft -= JSON.stringify(message).length
    if (allowed < 0) stop('sent more messages than anybody reads')
    else if (bytesLeft < 0) stop(`${what} is too long`)
    else deliver?.(message, extra)
  }
  const told: NonNullable<Transport['onerror']> = (error) => {
    if (error instanceof SyntaxError || error.name.endsWith('ZodError')) broken += 1
    if (broken > MAX_BROKEN) stop('sends what is no JSON-RPC')
    tell?.(error)
  }
  Object.defineProperties(transport, {
    onmessage: {
      get: () => deliver && counted,
      set: (listener: Transport['onmessage']) => {
        deliver = listener
      },
    },
    onerror: {
      get: () => tell && told,
      set: (listener: Transport['onerror']) => {
        tell = listener
      },
    },
  })
  return {
    begin(limits) {
      broken = 0
      bytesLeft = limits?.bytes ?? Number.POSITIVE_INFINITY
      what = limits?.what ?? ''
    },
    get flooded() {
      return flooded
    },
    get broken() {
      return broken
    },
  }
}
