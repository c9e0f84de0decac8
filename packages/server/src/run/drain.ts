import { threadStream, type Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { ThreadId } from '../platform/ids.ts'

/** A run that executes here. */
export interface DrainedRun {
  threadId: ThreadId
  /** Lets go of it, so that another node or the next start goes on. */
  handOn: () => void
}

const LOOK_MS = 50

/**
 * Lets runs come to their end while the window lasts. One of which nothing was heard for a while is
 * handed on before: it waits for something, and may as well wait elsewhere.
 */
export async function finishWithin(options: {
  running: () => readonly DrainedRun[]
  journal: Pick<Journal, 'onCommitted'>
  clock: Clock
  withinMs: number
  quietMs: number
}): Promise<void> {
  const { running, journal, clock, withinMs, quietMs } = options
  const begun = clock.monotonic()
  const heardAt = new Map<string, number>()
  const unsubscribe = journal.onCommitted((stream) => heardAt.set(stream, clock.monotonic()))
  try {
    for (;;) {
      const now = clock.monotonic()
      const left = running()
      if (left.length === 0) return
      const isOver = now - begun >= withinMs
      for (const { threadId, handOn } of left) {
        const heard = heardAt.get(threadStream(threadId)) ?? begun
        if (isOver || now - heard >= quietMs) handOn()
      }
      if (isOver) return
      await new Promise<void>((go) => clock.after(LOOK_MS, go))
    }
  } finally {
    unsubscribe()
  }
}
