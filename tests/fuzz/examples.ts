import type { Asked } from '../isolation/ask.ts'
import { AUTH_ROWS } from '../isolation/auth-rows.ts'
import { CHAT_ROWS } from '../isolation/chat-rows.ts'
import { isOpen, type Row } from '../isolation/row.ts'
import type { Stage } from '../isolation/stage.ts'

export interface Example extends Asked {
  route: string
  /** Whose proof the route asks for. */
  owner: 'ada' | 'admin'
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
}

/** One request that is right, or would be, for every route of the server that takes a body. */
export async function bodyExamples(stage: Stage): Promise<Example[]> {
  const rows: Record<string, Row | Row[]> = { ...CHAT_ROWS, ...AUTH_ROWS }
  const examples: Example[] = []
  for (const route of stage.netra.routes) {
    const [method = '', path = ''] = route.split(' ')
    if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) continue
    const owner = path.includes('/admin/') ? 'admin' : 'ada'
    const body = BODIES[route]
    const known = [rows[route] ?? []].flat().flatMap((row) => (isOpen(row) ? [] : [row]))
    if (body !== undefined || known.length === 0) {
      examples.push({ route, owner, method, path: filled(path, stage), body: body ?? {} })
      continue
    }
    for (const row of known) {
      const asked = row.ask(await row.make(stage))
      if (typeof asked.body === 'string') continue
      examples.push({ ...asked, route, owner, body: asked.body ?? {} })
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
