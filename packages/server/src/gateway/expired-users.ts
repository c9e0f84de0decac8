import type { Auth } from '../auth/auth.ts'
import type { Commands } from '../command/command.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'

const LOOK_MS = 30_000

const noTimer = (): void => undefined

interface Needs {
  testUsers: Pick<Auth['testUsers'], 'endExpired' | 'erased' | 'settled' | 'freed'>
  commands: Pick<Commands, 'deleteAccount' | 'freeAccountId'>
  clock: Clock
  logger: Logger
}

/**
 * Erases test users whose time has come, with all that is theirs, as an account is erased that its
 * owner removes. What fails is tried again at the next look.
 */
export function eraseExpiredUsers(needs: Needs): AsyncDisposable {
  const { clock, logger } = needs
  let closing = false
  let cancel = noTimer
  let working: Promise<void> = Promise.resolve()
  const look = (): void => {
    working = eraseExpired(needs)
      .catch((error: unknown) => logger.error({ err: error }, 'test users could not be erased'))
      .finally(() => {
        if (!closing) cancel = clock.after(LOOK_MS, look)
      })
  }
  look()
  return {
    async [Symbol.asyncDispose]() {
      closing = true
      cancel()
      await working
    },
  }
}

async function eraseExpired({ testUsers, commands, logger }: Needs): Promise<void> {
  const erase = async (userId: UserId): Promise<void> => {
    // Twice: what was asked for while the first went on is refused or gone after the second.
    for (const account of ['there', 'gone'] as const) {
      const outcome = await commands.deleteAccount(userId, account)
      if (!outcome.ok) throw new Error(`a test user cannot be erased: ${outcome.message}`)
    }
    testUsers.erased(userId)
    logger.info({ user_id: userId }, 'an expired test user was erased')
  }
  for (const userId of testUsers.endExpired()) await erase(userId)
  for (const userId of testUsers.settled()) {
    await commands.freeAccountId(userId)
    testUsers.freed(userId)
  }
}
