import { ACCOUNT_ROWS } from '../isolation/account-rows.ts'
import { freshPerson } from '../isolation/account-things.ts'
import { ADMIN_ROWS } from '../isolation/admin-rows.ts'
import type { Asked } from '../isolation/ask.ts'
import { AUTH_ROWS } from '../isolation/auth-rows.ts'
import { CHAT_ROWS } from '../isolation/chat-rows.ts'
import { isOpen, type Row } from '../isolation/row.ts'
import { SERVICE_ROWS } from '../isolation/service-rows.ts'
import type { Stage } from '../isolation/stage-shape.ts'

export interface Example extends Asked {
  route: string
  /** Whose proof the route asks for. */
  owner: 'ada' | 'admin' | 'service'
}

const PASSWORD = 'not the right one'

/** Bodies of routes whose rows ask nothing, or would end what the fuzzing itself needs. */
const BODIES: Record<string, unknown> = {
  'POST /auth/setup': { email: 'a@example.com', password: PASSWORD, token: 'x', name: 'a' },
  'POST /auth/logout': { everywhere: false },
  'POST /auth/token': {},
  'POST /auth/login': { email: 'a@example.com', password: PASSWORD },
  'POST /auth/register': { email: 'a@example.com', password: 'short', name: 'a', invitation: 'x' },
  'DELETE /api/account': { password: PASSWORD },
  'DELETE /auth/me': { password: PASSWORD },
  'POST /auth/password/change': { current_password: PASSWORD, new_password: 'another long one' },
  'POST /auth/password/forgot': { email: 'a@example.com' },
  'POST /auth/password/reset': { token: 'a-token', password: 'another long one' },
  'POST /auth/email/resend': { email: 'a@example.com' },
  'POST /auth/two-factor/setup': { password: PASSWORD },
  'POST /auth/two-factor/disable': { password: PASSWORD },
  'POST /auth/two-factor/recovery-codes': { password: PASSWORD },
  'PUT /auth/admin/registration': { policy: 'open', domains: ['example.com'] },
  'PUT /api/admin/retention': { days: null },
}

/** A change of their bodies may end an account or a session: of somebody who is there for that. */
const ENDS = new Set(['POST /auth/logout', 'DELETE /api/account', 'DELETE /auth/me'])

const sacrificed = async (stage: Stage): Promise<Record<string, string>> => ({
  authorization: `Bearer ${(await freshPerson(stage)).bearer}`,
})

/** One request that is right, or would be, for every route of the server that takes a body. */
export async function bodyExamples(stage: Stage): Promise<Example[]> {
  const rows: Record<string, Row | Row[]> = {
    ...CHAT_ROWS,
    ...AUTH_ROWS,
    ...ACCOUNT_ROWS,
    ...ADMIN_ROWS,
    ...SERVICE_ROWS,
  }
  const examples: Example[] = []
  for (const route of stage.netra.routes) {
    const [method = '', path = ''] = route.split(' ')
    if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) continue
    const owner = path.includes('/admin/') ? 'admin' : 'ada'
    const body = BODIES[route]
    const known = [rows[route] ?? []].flat().flatMap((row) => (isOpen(row) ? [] : [row]))
    if (body !== undefined || known.length === 0) {
      const headers = ENDS.has(route) ? await sacrificed(stage) : {}
      examples.push({ route, owner, method, path: filled(path, stage), body: body ?? {}, headers })
      continue
    }
    for (const row of known) {
      const made = await row.make(stage)
      // Its question was put beside a run that is over: an answer would be acted upon twice.
      const thing = row.case === 'decide' ? { ...made, run: 'none' } : made
      const asked = row.ask(thing)
      if (typeof asked.body === 'string') continue
      const { bearer } = thing
      const headers = { ...asked.headers, ...(bearer && { authorization: `Bearer ${bearer}` }) }
      examples.push({ ...asked, headers, route, owner: row.owner ?? 'ada', body: asked.body ?? {} })
    }
  }
  return examples
}

/** Every route that is read, with ids where it names any. */
export const readPaths = (stage: Stage): string[] =>
  stage.netra.routes
    .filter((route) => route.startsWith('GET ') && route !== 'GET /*')
    .map((route) => filled(route.slice(4), stage))

const filled = (path: string, { talk }: Stage): string =>
  path
    .replace('/threads/:id', `/threads/${talk.thread}`)
    .replace('/files/:id', `/files/${talk.file}`)
    .replace(':agent', 'assistant')
    .replaceAll(/:\w+/g, 'something')
