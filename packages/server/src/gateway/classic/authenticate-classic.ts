import type { Identity } from '../../identity/identity.ts'
import { CLOSE_BY_REFUSAL } from '../identify.ts'
import type { ClassicConnection } from './classic-connection.ts'
import { tokenSchema, type ClassicMessage } from './classic-message.ts'

/** A fresh token in band, of the same subject; anything else ends the socket. */
export async function authenticateClassic(
  connection: ClassicConnection,
  identity: Identity,
  message: ClassicMessage,
): Promise<void> {
  const parsed = tokenSchema.safeParse(message.fields)
  if (!parsed.success) {
    return connection.refuse({
      code: 'VALIDATION_ERROR',
      message: 'The fresh token is missing: send it as "token".',
      isBad: true,
      about: message,
    })
  }
  const { token } = parsed.data
  const { identities } = connection.parts
  const answer = await identities.authenticate({ authorization: `Bearer ${token}` })
  if (answer.ok) {
    if (answer.identity.userId === identity.userId) {
      return connection.renewed(answer.identity, message)
    }
    return connection.close(4502, 'The new token is of somebody else.')
  }
  if (answer.why !== 'unavailable') {
    return connection.close(CLOSE_BY_REFUSAL[answer.why], 'The new token is not valid.')
  }
  connection.refuse({
    code: 'SERVICE_UNAVAILABLE',
    message: 'The new token cannot be checked right now; the one before holds until it ends.',
    isBad: false,
    about: message,
    retryAfterMs: 2_000,
  })
}
