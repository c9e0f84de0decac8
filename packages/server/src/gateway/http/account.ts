import { z } from 'zod'

import type { Auth } from '../../auth/auth.ts'
import type { Outcome } from '../../command/command.ts'
import { refusing } from '../auth-routes/refusing.ts'
import { fromRefusal, parse } from './http-error.ts'
import type { Http } from './http.ts'

/** What a person may do with all that is theirs at once. */
export function addAccountRoutes({ app, parts, user, auth }: Http & { auth: Auth }): void {
  const { commands } = parts

  app.delete('/api/account', async (request, reply) => {
    const identity = await user(request)
    const { password } = parse(z.object({ password: z.string().max(1024) }), request.body)
    await refusing(() => auth.confirmRemoval(identity, { password, address: request.ip }))
    await erased(commands.deleteAccount(identity.userId, 'there'))
    const cookies = await refusing(() => auth.removeUser(identity))
    // What another device asked for in between; from here on no login session is left that could.
    await erased(commands.deleteAccount(identity.userId, 'gone'))
    return reply.status(204).header('set-cookie', cookies).send()
  })
}

async function erased(work: Promise<Outcome<unknown>>): Promise<void> {
  const outcome = await work
  if (!outcome.ok) throw fromRefusal(outcome)
}
