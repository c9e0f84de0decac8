import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

/**
 * An access token for a page whose node is at another host than the auth service: the session cookie
 * stays with the host that set it, and the page keeps the token in memory.
 */
export function addTokenRoute({ app, parts, ownPage }: AuthHttp): void {
  app.post('/auth/token', async (request) => {
    const identity = await ownPage(request)
    return refusing(() => parts.auth.accessToken(identity))
  })
}
