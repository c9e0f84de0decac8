import { randomBytes } from 'node:crypto'

import { asId, type SessionId } from '../../platform/ids.ts'
import { randomSecret } from '../store/secret-text.ts'

const FORM = /^netra_([0-9a-f]{16})_([\w-]{43})$/
const SESSION = 'api-key-'

/**
 * `netra_<id>_<secret>`: a scanner for leaked secrets knows it by its beginning, its owner by its id.
 * Nothing else that Netra takes as a bearer begins so.
 */
export function newKey(): { id: string; key: string } {
  const id = randomBytes(8).toString('hex')
  return { id, key: `netra_${id}_${randomSecret()}` }
}

export const looksLikeKey = (token: string): boolean => token.startsWith('netra_')

/** The id in a key that is whole; undefined for anything else. */
export const keyIdOf = (key: string): string | undefined => FORM.exec(key)?.[1]

/** By this its owner knows a key whose secret nobody has any more. */
export const hintOf = (id: string): string => `netra_${id}_…`

/** A key's session id: lives as long as the key, and is told apart from those of login sessions. */
export const sessionOfKey = (id: string): SessionId => asId<SessionId>(`${SESSION}${id}`)

/** The key behind a session id; undefined when it is a login session's. */
export const keyOfSession = (sessionId: string): string | undefined =>
  sessionId.startsWith(SESSION) ? sessionId.slice(SESSION.length) : undefined
