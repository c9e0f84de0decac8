import { PASSWORD } from '../support/people.ts'
import type { Asked } from './ask.ts'
import { E2E_KEY } from './observed-server.ts'
import { get, post, type Row } from './row.ts'

const HEALTH = 'health of the server: names of its parts and numbers over all users'
const ADDRESSES = 'addresses and limits that every client needs before it signs in'
const PAGE = 'files of the web app, the same for everybody'

export const AUTH_ROWS: Record<string, Row | Row[]> = {
  'POST /auth/login': {
    make: (stage) => ({ marker: stage.ada.email, email: stage.ada.email }),
    ask: ({ email }) => post('/auth/login', { email, password: PASSWORD }),
    tries: ({ email }) => [
      post('/auth/login', { email, password: 'wrong horse battery' }),
      post('/auth/login', { email, password: '' }),
      post('/auth/login', { email: [email], password: { $ne: '' } }),
    ],
  },
  'POST /auth/register': {
    make: (stage) => ({ marker: `${stage.mark()}@example.com` }),
    once: true,
    ask: ({ marker }) => post('/auth/register', { email: marker, password: PASSWORD }),
    tries: (_thing, { ada }) => [
      post('/auth/register', { email: ada.email, password: 'another horse battery' }),
      post('/auth/register', { email: ada.email.toUpperCase(), password: 'another horse battery' }),
    ],
  },
  'POST /auth/setup': { open: 'answers only to the one-time token, which the set-up spends' },
  'POST /auth/refresh': {
    async make(stage) {
      const { email } = stage.ada
      const { refresh_token: token = '' } = await stage.made(
        { ...stage.ada, headers: {} },
        post('/auth/login', { email, password: PASSWORD }),
      )
      stage.secrets.add(token)
      return { marker: stage.ada.email, token }
    },
    once: true,
    ask: ({ token }) => post('/auth/refresh', { refresh_token: token }),
    tries: ({ token = '' }, { ada }) => [
      post('/auth/refresh', { refresh_token: token.slice(0, -1) }),
      post('/auth/refresh', { refresh_token: ada.userId }),
      post('/auth/refresh', { refresh_token: ada.token }),
    ],
  },
  'POST /auth/logout': {
    open: 'ends the login session of whoever asks, and names no other',
  },
  'POST /auth/token': {
    open: 'a token for the session cookie that comes along, and for no other',
  },
  'POST /auth/demo': { open: 'makes a user of its own and names nobody' },
  'POST /auth/e2e/test-auth': {
    make: () => ({ marker: '"is_test_user":true', subject: crypto.randomUUID() }),
    ask: ({ subject }) => e2e(E2E_KEY, { user_id: subject }),
    tries: ({ subject }, { ada }) => [
      e2e('another key, as long as it is', { user_id: subject }),
      e2e(E2E_KEY, { user_id: ada.userId }),
      e2e(E2E_KEY, { sub: ada.userId, email: ada.email, name: ada.email }),
      e2e(E2E_KEY, { user_id: ada.email }),
    ],
  },
  'GET /auth/me': {
    make: (stage) => ({ marker: stage.ada.email }),
    ask: () => get('/auth/me'),
    everybodysOwn: 'who they are',
  },
  'POST /api/ws-ticket': {
    make: () => ({ marker: '"ticket":' }),
    ask: () => post('/api/ws-ticket'),
    everybodysOwn: 'a ticket of their own login session',
  },
  'GET /health': { open: HEALTH },
  'GET /health/live': { open: HEALTH },
  'GET /health/ready': { open: HEALTH },
  'GET /health/startup': { open: HEALTH },
  'GET /api/health': { open: HEALTH },
  'GET /ws/health': { open: HEALTH },
  'GET /metrics': {
    open: 'numbers over all users, for this machine or with the token of the metrics',
  },
  'GET /api/config': { open: ADDRESSES },
  'GET /api/config/public': { open: ADDRESSES },
  'GET /api/discovery/services': { open: ADDRESSES },
  'GET /ws/config': { open: ADDRESSES },
  'GET /*': { open: PAGE },
}

const e2e = (key: string, body: object): Asked => ({
  ...post('/auth/e2e/test-auth', body),
  headers: { 'x-e2e-bypass-key': key },
})
