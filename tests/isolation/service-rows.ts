import { get, post, type Row, type Thing } from './row.ts'
import { NOBODY, type Stage } from './stage-shape.ts'

const ISSUER = 'how tokens are checked: public keys and addresses'

/** What services ask each other; of people's things they see none. */
export const SERVICE_ROWS: Record<string, Row | Row[]> = {
  'POST /auth/service-token': {
    make: ({ registered: { id, secret } }) => ({ marker: '"access_token"', id, secret }),
    ask: ({ id, secret }) =>
      post('/auth/service-token', { service_id: id, service_secret: secret }),
    tries: ({ id, secret }, { ada }) => [
      post('/auth/service-token', { service_id: id, service_secret: 'wrong' }),
      post('/auth/service-token', { service_id: ada.userId, service_secret: secret }),
    ],
  },
  'POST /auth/verify': {
    make: (stage) => ({ marker: stage.ada.email }),
    ask: () => post('/auth/verify'),
    everybodysOwn: 'whose their own token is',
    services: true,
  },
  'POST /auth/validate': {
    owner: 'service',
    make: (stage) => ({ marker: stage.ada.email, token: stage.ada.token }),
    ask: ({ token }) => post('/auth/validate', { token }),
  },
  'POST /auth/tickets': {
    owner: 'service',
    async make(stage) {
      return { ...(await sessionOf(stage)), marker: '"ticket"' }
    },
    names: ['user', 'session'],
    ask: ({ user, session }) => post('/auth/tickets', { user_id: user, session_id: session }),
  },
  'POST /auth/tickets/redeem': {
    owner: 'service',
    once: true,
    async make(stage) {
      const { email, cookie } = stage.ada
      const page = { ...NOBODY, headers: { cookie, origin: stage.netra.url } }
      const { ticket = '' } = await stage.made(page, post('/api/ws-ticket'))
      return { marker: email, ticket, cookie }
    },
    ask: ({ ticket, cookie }) => post('/auth/tickets/redeem', { ticket, cookie }),
  },
  'GET /auth/feed': {
    owner: 'service',
    make: () => ({ marker: '"kind"' }),
    ask: () => get('/auth/feed'),
  },
  'GET /auth/removals': {
    owner: 'service',
    make: () => ({ marker: '"users"' }),
    ask: () => get('/auth/removals'),
  },
  'POST /auth/removals/:user_id/done': {
    owner: 'service',
    make: () => ({ marker: '"users"', user: crypto.randomUUID() }),
    names: ['user'],
    ask: ({ user }) => post(`/auth/removals/${user}/done`),
    shownBy: () => get('/auth/removals'),
  },
  'GET /.well-known/jwks.json': { open: ISSUER },
  'GET /auth/config': { open: ISSUER },
}

async function sessionOf(stage: Stage): Promise<Thing> {
  const { sessions } = await stage.made<{ sessions: { id: string; current: boolean }[] }>(
    stage.ada,
    get('/auth/sessions'),
  )
  const session = sessions.find(({ current }) => current)?.id ?? ''
  return { marker: '', user: stage.ada.userId, session }
}
