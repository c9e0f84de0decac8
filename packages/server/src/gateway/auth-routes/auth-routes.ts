import type { AuthHttp } from './auth-http.ts'
import { addInvitationRoutes } from './invitations.ts'
import { addLoginRoutes } from './login.ts'

/** Every route of the auth service: on a node's own port, or alone by `netra auth`. */
export function addAuthRoutes(http: AuthHttp): void {
  addLoginRoutes(http)
  addInvitationRoutes(http)
}
