import type { FastifyRequest } from 'fastify'

import type { Auth, Service, ServiceScope } from '../../auth/auth.ts'
import { HttpError } from '../http/http-error.ts'

/**
 * Which service asks, by its own token.
 *
 * @throws HttpError 403 without a token or without the scope, 401 with any other token.
 */
export function serviceCalling(
  auth: Auth,
  request: FastifyRequest,
  scope: ServiceScope,
): Service & { token: string } {
  const token = bearerOf(request.headers.authorization)
  if (token === undefined) {
    throw new HttpError(403, 'AUTH_UNAUTHORIZED', 'This is for services: it needs a service token.')
  }
  const service = auth.services.check(token)
  if (!service) {
    throw new HttpError(401, 'AUTH_FAILED', 'This is not the token of a service, or it has ended.')
  }
  if (!service.scopes.includes(scope)) {
    throw new HttpError(403, 'AUTH_UNAUTHORIZED', `The service lacks the scope "${scope}".`)
  }
  return { ...service, token }
}

export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1]
