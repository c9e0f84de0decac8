import { Readable } from 'node:stream'

import type { Commands } from '../../command/command.ts'
import type { Identity } from '../../identity/identity.ts'
import type { UserId } from '../../platform/ids.ts'
import { archiveEntries, planArchive } from './account-archive.ts'
import { fromRefusal, HttpError } from './http-error.ts'
import type { Http } from './http.ts'
import { MAX_ZIP_ENTRIES, zipped } from './zip.ts'

/** Erases what this node keeps of a user. @throws HttpError when the store refuses. */
export const eraser =
  (commands: Commands) =>
  async (userId: UserId, account: 'there' | 'gone'): Promise<void> => {
    const outcome = await commands.deleteAccount(userId, account)
    if (!outcome.ok) throw fromRefusal(outcome)
  }

/** All that is a person's, as one archive; for the person alone, never for a key. */
export function addAccountRoutes({ app, parts, user }: Http): void {
  /** One at a time for each person: each reads all that they have. */
  const underWay = new Set<UserId>()

  app.get('/api/account/export', async (request, reply) => {
    const identity = await user(request)
    const { userId } = identity
    if (underWay.has(userId)) {
      throw new HttpError(429, 'RATE_LIMITED', 'Your archive is being made already.', {
        retryAfterMs: 10_000,
      })
    }
    underWay.add(userId)
    const done = (): void => void underWay.delete(userId)
    try {
      const plan = await planArchive(parts, userId)
      if (2 * plan.threads.length + plan.files.length >= MAX_ZIP_ENTRIES) {
        throw new HttpError(
          413,
          'VALIDATION_ERROR',
          'You have more conversations and files than fit into one archive. Fetch conversations one by one from /api/threads/<id>/export.',
        )
      }
      const account = parts.auth?.accountData.of(identity) ?? knownHere(identity)
      const entries = archiveEntries(parts, userId, plan, account)
      const archive = Readable.from(zipped(entries), { objectMode: false })
      archive.once('close', done)
      const day = new Date(parts.clock.now()).toISOString().slice(0, 10)
      return await reply
        .header('content-type', 'application/zip')
        .header('content-disposition', `attachment; filename="netra-${day}.zip"`)
        .send(archive)
    } catch (error) {
      done()
      throw error
    }
  })
}

/** The auth service runs elsewhere and gives the rest to the person by itself. */
async function* knownHere({ userId, email, name, role }: Identity): AsyncGenerator<string> {
  const profile = { id: userId, email, name, role }
  yield `${JSON.stringify({ profile, more: '/auth/me/data of the auth service' }, null, 2)}\n`
}
