import { Readable } from 'node:stream'

import type { FastifyRequest } from 'fastify'

import type { Commands } from '../../command/command.ts'
import { AuthUnavailable, type Identity } from '../../identity/identity.ts'
import type { UserId } from '../../platform/ids.ts'
import { archiveEntries, planArchive } from './account-archive.ts'
import { fromAuthUnavailable } from './error-sender.ts'
import { fromRefusal, HttpError } from './http-error.ts'
import type { Http } from './http.ts'
import { traceIdOf } from './request-ids.ts'
import { MAX_ZIP_ENTRIES, zipped } from './zip.ts'

/** Erases what this node keeps of a user. @throws HttpError when the store refuses. */
export const eraser =
  (commands: Commands) =>
  async (userId: UserId, account: 'there' | 'gone'): Promise<void> => {
    const outcome = await commands.deleteAccount(userId, account)
    if (!outcome.ok) throw fromRefusal(outcome)
  }

const AUTH_RETRY_MS = 2_000

/** All that is a person's, as one archive; for the person alone, never for a key. */
export function addAccountRoutes(http: Http): void {
  const { app, parts, user } = http
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
      const account = await accountOf(http, request, identity)
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

/** What is known of the person as an account, from wherever accounts are kept. */
async function accountOf(
  { parts }: Http,
  request: FastifyRequest,
  identity: Identity,
): Promise<AsyncIterable<string>> {
  const { auth, authForward } = parts
  if (auth) return auth.accountData.of(identity)
  if (!authForward) throw new Error('there is no auth service')
  const { authorization, cookie, origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const answer = await authForward.forward({
    method: 'GET',
    path: '/auth/me/data',
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(cookie !== undefined && { cookie }),
      ...(origin !== undefined && { origin }),
      ...(typeof site === 'string' && { 'sec-fetch-site': site }),
    },
    body: undefined,
    address: request.ip,
    isLocal: parts.isLocal(request),
    traceId: traceIdOf(request),
  })
  if (answer.statusCode !== 200) {
    answer.resume()
    throw fromAuthUnavailable(new AuthUnavailable(AUTH_RETRY_MS))
  }
  return answer.setEncoding('utf8')
}
