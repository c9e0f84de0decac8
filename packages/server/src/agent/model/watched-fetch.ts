import type { Clock } from '../../platform/clock.ts'

/** The model went silent: `phase` says whether before or after the first of its answer. */
export class ModelStalled extends Error {
  override readonly name = 'ModelStalled'
  readonly phase: 'first_byte' | 'stream'
  readonly silentMs: number
  constructor(phase: ModelStalled['phase'], silentMs: number) {
    super(`nothing for ${silentMs} ms`)
    this.phase = phase
    this.silentMs = silentMs
  }
}

export interface Patience {
  clock: Clock
  firstByteMs: number
  stallMs: number
}

/**
 * `fetch` that gives up on a silent server. It watches bytes, not parsed events, so that comments
 * and pings sent to keep a stream alive count. Redirects are errors: they would carry a key along.
 */
export function createWatchedFetch(patience: Patience): typeof fetch {
  return async (input, init) => {
    const controller = new AbortController()
    const watch = createWatch(patience.clock, (error) => controller.abort(error))
    watch.expect('first_byte', patience.firstByteMs)
    const signal = init?.signal
      ? AbortSignal.any([init.signal, controller.signal])
      : controller.signal
    try {
      const response = await fetch(input, { ...init, signal, redirect: 'error' })
      if (!response.body) {
        watch.stop()
        return response
      }
      return new Response(watchBody(response.body, watch, patience.stallMs), {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
      })
    } catch (error) {
      watch.stop()
      throw controller.signal.aborted ? controller.signal.reason : error
    }
  }
}

interface Watch {
  expect(phase: ModelStalled['phase'], withinMs: number): void
  stop(): void
}

function createWatch(clock: Clock, onSilence: (error: ModelStalled) => void): Watch {
  let cancel: (() => void) | undefined
  return {
    expect(phase, withinMs) {
      cancel?.()
      cancel = clock.after(withinMs, () => onSilence(new ModelStalled(phase, withinMs)))
    },
    stop: () => cancel?.(),
  }
}

/** The timer runs only while a read is pending: a reader that pauses is not the server's silence. */
function watchBody(
  body: ReadableStream<Uint8Array>,
  watch: Watch,
  stallMs: number,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let phase: ModelStalled['phase'] = 'first_byte'
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (phase === 'stream') watch.expect(phase, stallMs)
        try {
          const { done, value } = await reader.read()
          watch.stop()
          phase = 'stream'
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          watch.stop()
          controller.error(error)
        }
      },
      async cancel(reason) {
        watch.stop()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
