import type { Transport } from '@modelcontextprotocol/client'

/** More came of a server than anybody reads. */
export class Flooded extends Error {
  override readonly name = 'Flooded'
}

/** What may come beside the answer to one call: progress, log lines, questions, and what is broken. */
const MAX_MESSAGES = 5_000
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
export function meter(transport: Transport): Meter {
  let messages = 0
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
    messages += 1
    if (Number.isFinite(bytesLeft)) bytesLeft -= JSON.stringify(message).length
    if (messages > MAX_MESSAGES) stop(`sent more than ${MAX_MESSAGES} messages for one call`)
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
      messages = 0
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
