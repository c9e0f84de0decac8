import type { FastifyInstance, FastifyRequest } from 'fastify'

import type { Identity } from '../../auth/auth.ts'
import type { GatewayParts } from '../parts.ts'

/** What routes share: who asks, decided once a request. */
export interface Http {
  app: FastifyInstance
  parts: GatewayParts
  /** @throws HttpError 403 without a credential, 401 with a bad or expired one. */
  user: (request: FastifyRequest) => Promise<Identity>
  /** As `user`, but a cookie counts only from a page of ours, for a read too. */
  ownPage: (request: FastifyRequest) => Promise<Identity>
  /** @throws HttpError 403 also for ordinary users. */
  admin: (request: FastifyRequest) => Promise<Identity>
}
