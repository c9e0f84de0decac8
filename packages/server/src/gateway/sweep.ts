import type { Clock } from '../platform/clock.ts'
import type { Registered } from './registry.ts'

const SWEEP_MS = 1_000
/** Longer than a busy loop; a process that was stopped, or a machine that slept. */
const FORGIVEN_PAUSE_MS = 3_000

/** One timer for all sockets: a timer each would cost more memory than the socket's own state. */
export function sweepSockets(
  sockets: Iterable<Pick<Registered, 'forgive' | 'sweep'>>,
  clock: Clock,
): () => void {
  let sweptAt = clock.monotonic()
  const sweep = (): void => {
    cancel = clock.after(SWEEP_MS, sweep)
    const pausedMs = clock.monotonic() - sweptAt - SWEEP_MS
    sweptAt += pausedMs + SWEEP_MS
    for (const connection of sockets) {
      // Nobody can be heard while this process itself stands still: that is not their silence.
      if (pausedMs > FORGIVEN_PAUSE_MS) connection.forgive(pausedMs)
      connection.sweep()
    }
  }
  let cancel = clock.after(SWEEP_MS, sweep)
  return () => cancel()
}
