import { Readable } from 'node:stream'

import type { AuthHttp } from './auth-http.ts'

/** What is known of the caller as an account; a node puts it into the archive of all that is theirs. */
export function addAccountDataRoute({ app, parts, user }: AuthHttp): void {
  app.get('/auth/me/data', async (request, reply) => {
    const identity = await user(request)
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .send(Readable.from(parts.auth.accountData.of(identity), { objectMode: false }))
  })
}
