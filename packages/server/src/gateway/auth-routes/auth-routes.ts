import { addAccountDataRoute } from './account-data.ts'
import { addOwnAccountRoutes } from './account.ts'
import { addApiKeyRoutes } from './api-keys.ts'
import { addAuditRoutes } from './audit.ts'
import type { AuthHttp } from './auth-http.ts'
import { addEmailRoutes } from './email.ts'
import { addFeedRoute } from './feed.ts'
import { addInvitationRoutes } from './invitations.ts'
import { noteDevices } from './known-device.ts'
import { addLoginRoutes } from './login.ts'
import { addOAuthRoutes } from './oauth.ts'
import { addPasswordRoutes } from './password.ts'
import { addRegistrationRoutes } from './registration.ts'
import { addRemovalRoutes } from './removal.ts'
import { addServiceRoutes } from './service.ts'
import { addSessionRoutes } from './sessions.ts'
import { addTestUserRoutes } from './test-users.ts'
import { addTokenRoute } from './token.ts'
import { addTwoFactorRoutes } from './two-factor.ts'
import { addUserRoutes } from './users.ts'

/** Every route of the auth service: on a node's own port, or alone by `netra auth`. */
export function addAuthRoutes(http: AuthHttp): void {
  noteDevices(http.app, http.parts.https)
  addSessionRoutes(http)
  addApiKeyRoutes(http)
  addUserRoutes(http)
  addAuditRoutes(http)
  addRemovalRoutes(http)
  addAccountDataRoute(http)
  addLoginRoutes(http)
  addTwoFactorRoutes(http)
  addPasswordRoutes(http)
  addEmailRoutes(http)
  addOwnAccountRoutes(http)
  addRegistrationRoutes(http)
  addOAuthRoutes(http)
  addTestUserRoutes(http)
  addInvitationRoutes(http)
  addServiceRoutes(http)
  addFeedRoute(http)
  addTokenRoute(http)
}
