import type { Commands } from '../command/command.ts'
import type { Identities } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'

/** What a command accepted at the moment of disabling may still begin. */
const AGAIN_MS = 2_000

interface Needs {
  identities: Pick<Identities, 'onSessionEnded'>
  commands: Pick<Commands, 'stopRunsOf'>
  clock: Clock
  logger: Logger
}

/** Nothing goes on in the name of somebody who is disabled, wherever and by whomever that was done. */
export function stopRunsOfDisabledUsers(needs: Needs): Disposable {
  const { identities, commands, clock, logger } = needs
  /** Each session of a user is told; one look is enough for all. */
  const looking = new Map<UserId, () => void>()

  const stop = (userId: UserId): void => {
    commands.stopRunsOf(userId).then(
      (stopped) => {
        if (stopped > 0)
          logger.info({ user_id: userId, stopped }, 'runs of a disabled user stopped')
      },
      (error: unknown) => {
        logger.error(
          { err: error, user_id: userId },
          'runs of a disabled user could not be stopped',
        )
      },
    )
  }
  const stopListening = identities.onSessionEnded((_sessionId, why, userId) => {
    if (why !== 'disabled' || userId === undefined || looking.has(userId)) return
    stop(userId)
    const cancel = clock.after(AGAIN_MS, () => {
      looking.delete(userId)
      stop(userId)
    })
    looking.set(userId, cancel)
  })
  return {
    [Symbol.dispose]() {
      stopListening()
      for (const cancel of looking.values()) cancel()
    },
  }
}
