import type { Commands } from '../command/command.ts'
import { AuthUnavailable } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'

const LOOK_MS = 60_000
const RETRY_MS = 5_000
/** What a command accepted just before the end may still be writing. */
const SETTLE_MS = 10_000

const noTimer = (): void => undefined

interface Needs {
  removals: {
    pending(): Promise<UserId[]>
    done(userId: string): Promise<void>
    /** Called when there may be a new one. */
    onRemoved?(listener: () => void): () => void
  }
  commands: Pick<Commands, 'deleteAccount' | 'freeAccountId'>
  clock: Clock
  logger: Logger
}

/**
 * Erases what is kept here of users whose account is gone, wherever and whenever it was removed. The
 * removal is confirmed when all is done, so that nothing is lost by whatever dies in between.
 */
export function eraseRemovedUsers(needs: Needs): AsyncDisposable {
  const { removals, clock, logger } = needs
  /** Erased already; from when on nothing under way can mean them. */
  const erased = new Map<UserId, number>()
  let closing = false
  let again = false
  let cancel = noTimer
  let working: Promise<void> | undefined

  const look = (): void => {
    cancel()
    again = working !== undefined
    if (working || closing) return
    working = eraseAll(needs, erased)
      .then((next) => next ?? LOOK_MS)
      .catch((error: unknown) => {
        // An auth service that is away has lines of its own.
        if (!(error instanceof AuthUnavailable)) {
          logger.warn({ err: error }, 'removed accounts cannot be erased yet; trying again')
        }
        return RETRY_MS
      })
      .then((waitMs) => {
        working = undefined
        if (!closing) cancel = clock.after(again ? 0 : waitMs, look)
      })
  }
  const stop = removals.onRemoved?.(look)
  look()
  return {
    async [Symbol.asyncDispose]() {
      closing = true
      stop?.()
      cancel()
      await working
    },
  }
}

/** The answer is when there is something to do again. */
async function eraseAll(
  { removals, commands, clock, logger }: Needs,
  erased: Map<UserId, number>,
): Promise<number | undefined> {
  for (const userId of await removals.pending()) {
    const settledAt = erased.get(userId)
    if (settledAt === undefined) {
      const outcome = await commands.deleteAccount(userId, 'gone')
      if (!outcome.ok) throw new Error(`a removed account cannot be erased: ${outcome.message}`)
      erased.set(userId, clock.monotonic() + SETTLE_MS)
      logger.info({ user_id: userId }, 'a removed account was erased')
    } else if (settledAt <= clock.monotonic()) {
      // Only the ids of test users come again; nobody else's is ever given twice.
      await commands.freeAccountId(userId)
      await removals.done(userId)
      erased.delete(userId)
    }
  }
  return erased.size > 0 ? SETTLE_MS : undefined
}
