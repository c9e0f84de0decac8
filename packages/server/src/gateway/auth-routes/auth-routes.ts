import type { AuthHttp } from './auth-http.ts'
import { addInvitationRoutes } from './invitations.ts'
import { addLoginRoutes } from './login.ts'
import { addTestUserRoutes } from './test-users.ts'
import { addTokenRoute } from './token.ts'

/** Every route of the auth service: on a node's own port, or alone by `netra auth`. */
export function addAuthRoutes(http: AuthHttp): void {
  addLoginRoutes(http)
  addTestUserRoutes(http)
  addInvitationRoutes(http)
  addTokenRoute(http)
}
