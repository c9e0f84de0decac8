import type { ToolContext } from '../agent/agent.ts'
import type { Clock } from '../platform/clock.ts'
import { cut, withoutInvisible } from './plain-text.ts'

/** Each one is stored and sent: nobody reads faster. */
const EVERY_MS = 250
const NOTE_CHARACTERS = 200

/** Progress as a server tells it; of many in a moment the first is passed on. */
export function plainProgress(
  tell: ToolContext['progress'],
  clock: Clock,
): ToolContext['progress'] {
  let next = Number.NEGATIVE_INFINITY
  return ({ progress, total, note }) => {
    const now = clock.monotonic()
    if (now < next || !Number.isFinite(progress)) return
    next = now + EVERY_MS
    tell({
      progress,
      ...(total !== undefined && Number.isFinite(total) && { total }),
      ...(note !== undefined && { note: cut(withoutInvisible(note), NOTE_CHARACTERS) }),
    })
  }
}
