import { createHash, randomBytes } from 'node:crypto'

import type { UserId } from '../../platform/ids.ts'

/**
 * The session id that older clients carry along. It proves nothing and opens nothing: who asks is
 * decided by the token of every request. It only tells apart the calls of one user's clients, and
 * belongs to that user: shown by anybody else it is no session at all (S35).
 */
export function newMcpSession(userId: UserId): string {
  const random = randomBytes(18).toString('base64url')
  return `${random}.${boundTo(userId, random)}`
}

export function isSessionOf(userId: UserId, session: string): boolean {
  const [random = '', bound] = session.split('.')
  return bound === boundTo(userId, random)
}

const boundTo = (userId: UserId, random: string): string =>
  createHash('sha256').update(`${userId}:${random}`).digest('base64url')
