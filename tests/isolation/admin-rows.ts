import { freshPerson, withTwoFactor } from './account-things.ts'
import type { Asked } from './ask.ts'
import { MODEL } from './model.ts'
import { get, patch, post, put, remove, type Row, type Thing } from './row.ts'
import type { Stage } from './stage-shape.ts'

const account = async (stage: Stage): Promise<Thing> => {
  const { bearer: _bearer, ...thing } = await freshPerson(stage)
  return thing
}

const one = ({ user }: Thing): Asked => get(`/auth/admin/users/${user}`)

const users = (row: Omit<Extract<Row, { make: unknown }>, 'owner' | 'make'>): Row => ({
  owner: 'admin',
  make: account,
  names: ['user'],
  ...row,
})

/** What an administrator may, and nobody else; other people's chats are not among it. */
export const ADMIN_ROWS: Record<string, Row | Row[]> = {
  'GET /auth/admin/invitations': {
    owner: 'admin',
    make: invitation,
    ask: () => get('/auth/admin/invitations'),
  },
  'POST /auth/admin/invitations': {
    owner: 'admin',
    make: () => ({ marker: '/register#invitation=' }),
    ask: () => post('/auth/admin/invitations', {}),
  },
  'DELETE /auth/admin/invitations/:id': {
    owner: 'admin',
    make: invitation,
    once: true,
    names: ['id'],
    ask: ({ id }) => remove(`/auth/admin/invitations/${id}`),
    shownBy: () => get('/auth/admin/invitations'),
  },
  'GET /auth/admin/users': users({
    names: [],
    ask: ({ marker }) => get(`/auth/admin/users?q=${marker}`),
  }),
  'POST /auth/admin/users': {
    owner: 'admin',
    make: (stage) => ({ marker: `${stage.mark()}@example.com` }),
    once: true,
    ask: ({ marker }) => post('/auth/admin/users', { email: marker }),
  },
  'GET /auth/admin/users/:id': users({ ask: one }),
  'PATCH /auth/admin/users/:id': users({
    ask: ({ user }) => patch(`/auth/admin/users/${user}`, { disabled: false }),
  }),
  'DELETE /auth/admin/users/:id': users({
    once: true,
    ask: ({ user }) => remove(`/auth/admin/users/${user}`),
    shownBy: one,
  }),
  'POST /auth/admin/users/:id/links': {
    owner: 'admin',
    async make(stage) {
      return { ...(await account(stage)), marker: '/reset-password#token=' }
    },
    names: ['user'],
    ask: ({ user }) => post(`/auth/admin/users/${user}/links`, { kind: 'password_reset' }),
  },
  'DELETE /auth/admin/users/:id/sessions': users({
    ask: ({ user }) => remove(`/auth/admin/users/${user}/sessions`),
    shownBy: one,
  }),
  'POST /auth/admin/users/:id/unlock': users({
    ask: ({ user }) => post(`/auth/admin/users/${user}/unlock`),
    shownBy: one,
  }),
  'DELETE /auth/admin/users/:id/two-factor': {
    owner: 'admin',
    async make(stage) {
      const { bearer: _bearer, ...thing } = await withTwoFactor(stage)
      return { ...thing, marker: '"two_factor":true' }
    },
    names: ['user'],
    once: true,
    ask: ({ user }) => remove(`/auth/admin/users/${user}/two-factor`),
    shownBy: one,
  },
  'GET /auth/admin/audit': {
    owner: 'admin',
    make: (stage) => ({ marker: stage.ada.userId }),
    ask: ({ marker }) => get(`/auth/admin/audit?user=${marker}`),
  },
  'GET /auth/admin/audit/export': {
    owner: 'admin',
    make: (stage) => ({ marker: stage.ada.userId }),
    ask: () => get('/auth/admin/audit/export?format=csv'),
  },
  'GET /auth/admin/registration': {
    owner: 'admin',
    make: () => ({ marker: '"policy"' }),
    ask: () => get('/auth/admin/registration'),
  },
  'PUT /auth/admin/registration': {
    owner: 'admin',
    make: () => ({ marker: '"policy"' }),
    ask: () => put('/auth/admin/registration', { policy: 'open', domains: [] }),
  },
  'GET /api/admin/dashboard': {
    owner: 'admin',
    make: () => ({ marker: '"service_levels"' }),
    ask: () => get('/api/admin/dashboard'),
  },
  'GET /api/admin/errors': {
    owner: 'admin',
    make: () => ({ marker: '"groups"' }),
    ask: () => get('/api/admin/errors'),
  },
  'GET /api/admin/retention': {
    owner: 'admin',
    make: () => ({ marker: '"days"' }),
    ask: () => get('/api/admin/retention'),
  },
  'PUT /api/admin/retention': {
    owner: 'admin',
    make: () => ({ marker: '"days"' }),
    ask: () => put('/api/admin/retention', { days: null }),
  },
  'GET /api/admin/connections': {
    owner: 'admin',
    make: connection,
    ask: () => get('/api/admin/connections'),
  },
  'PUT /api/admin/connections/:provider': {
    owner: 'admin',
    make: (stage) => ({ marker: stage.mark() }),
    ask: ({ marker }) =>
      put('/api/admin/connections/server', { base_url: `http://127.0.0.1:9/${marker}` }),
  },
  'POST /api/admin/connections/:provider/test': {
    owner: 'admin',
    make: connection,
    ask: () => post('/api/admin/connections/server/test'),
    shownBy: () => get('/api/admin/connections'),
  },
  'DELETE /api/admin/connections/:provider': {
    owner: 'admin',
    make: connection,
    once: true,
    ask: () => remove('/api/admin/connections/server'),
    shownBy: () => get('/api/admin/connections'),
  },
  'PUT /api/admin/default-model': {
    owner: 'admin',
    make: connection,
    ask: () => put('/api/admin/default-model', { model: MODEL }),
  },
  'PUT /api/admin/fallback-models': {
    owner: 'admin',
    make: connection,
    ask: () => put('/api/admin/fallback-models', { models: [MODEL] }),
  },
  'GET /api/admin/agents': {
    owner: 'admin',
    make: remoteAgent,
    ask: () => get('/api/admin/agents'),
  },
  'GET /api/admin/agents/remote': {
    owner: 'admin',
    make: remoteAgent,
    ask: () => get('/api/admin/agents/remote'),
  },
  'POST /api/admin/agents/remote': {
    owner: 'admin',
    make: (stage) => ({ marker: stage.mark() }),
    once: true,
    ask: ({ marker }) => post('/api/admin/agents/remote', { ...elsewhere(marker), id: anyId() }),
  },
  'PATCH /api/admin/agents/remote/:id': {
    owner: 'admin',
    make: remoteAgent,
    names: ['agent'],
    ask: ({ agent, marker }) => patch(`/api/admin/agents/remote/${agent}`, elsewhere(marker)),
    shownBy: () => get('/api/admin/agents/remote'),
  },
  'DELETE /api/admin/agents/remote/:id': {
    owner: 'admin',
    make: remoteAgent,
    once: true,
    names: ['agent'],
    ask: ({ agent }) => remove(`/api/admin/agents/remote/${agent}`),
    shownBy: () => get('/api/admin/agents/remote'),
  },
  'GET /api/admin/breakers': {
    owner: 'admin',
    make: () => ({ marker: '"breakers"' }),
    ask: () => get('/api/admin/breakers'),
  },
  'POST /api/admin/breakers/reset': {
    owner: 'admin',
    make: async (stage) => {
      await stage.made(stage.ada, post('/api/agents/execute', { type: 'assistant', message: 'hi' }))
      return { marker: `"id":"model:${MODEL}"`, id: `model:${MODEL}` }
    },
    names: ['id'],
    ask: ({ id }) => post('/api/admin/breakers/reset', { id }),
  },
  'GET /api/admin/mode': {
    owner: 'admin',
    make: () => ({ marker: '"reasons"' }),
    ask: () => get('/api/admin/mode'),
  },
  'PUT /api/admin/mode': {
    owner: 'admin',
    make: () => ({ marker: '"reasons"' }),
    ask: () => put('/api/admin/mode', { mode: 'full' }),
  },
}

async function invitation(stage: Stage): Promise<Thing> {
  const email = `${stage.mark()}@example.com`
  const { id = '' } = await stage.made(stage.admin, post('/auth/admin/invitations', { email }))
  return { marker: email, id }
}

async function connection(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const base_url = `http://127.0.0.1:9/${marker}`
  await stage.made(stage.admin, put('/api/admin/connections/server', { base_url }))
  return { marker }
}

/** Its name is for everybody; where it is, is for administrators. */
const elsewhere = (marker: string) => ({
  name: 'Elsewhere',
  description: 'An agent of somebody else.',
  url: `https://agents.example.com/${marker}`,
})

const anyId = (): string => `a${crypto.randomUUID().replaceAll('-', '')}`

async function remoteAgent(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const agent = anyId()
  await stage.made(
    stage.admin,
    post('/api/admin/agents/remote', { ...elsewhere(marker), id: agent }),
  )
  return { marker, agent }
}
