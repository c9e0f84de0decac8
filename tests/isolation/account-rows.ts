import { PASSWORD } from '../support/people.ts'
import {
  apiKey,
  challenged,
  codeOf,
  freshPerson,
  linked,
  linkedProvider,
  otherSession,
  withTotpSecret,
  withTwoFactor,
} from './account-things.ts'
import { get, patch, post, remove, type Row } from './row.ts'
import { talkOf } from './things.ts'

const WRONG = 'a wrong password'
const NEW = 'a new and long password'
const SAME_FOR_ALL = 'the same answer and time for every address, known or not'
const OWN_BROWSER = 'a sign-in of the browser that asks, bound to it by its own cookie'

/** A person's own account, and the ways into it. */
export const ACCOUNT_ROWS: Record<string, Row | Row[]> = {
  'PATCH /auth/me': {
    make: () => ({ marker: crypto.randomUUID() }),
    ask: ({ marker }) => patch('/auth/me', { name: marker }),
    everybodysOwn: 'their own name',
  },
  'GET /auth/me/data': {
    make: (stage) => ({ marker: stage.ada.email }),
    ask: () => get('/auth/me/data'),
    everybodysOwn: 'what is known of them',
  },
  'GET /api/account/export': {
    make: talkOf,
    ask: () => get('/api/account/export'),
    everybodysOwn: 'all that is theirs',
  },
  'DELETE /api/account': {
    make: freshPerson,
    once: true,
    ask: () => remove('/api/account', { password: PASSWORD }),
    shownBy: () => get('/auth/me'),
    tries: () => [remove('/api/account', { password: WRONG })],
  },
  'DELETE /auth/me': {
    make: freshPerson,
    once: true,
    ask: () => remove('/auth/me', { password: PASSWORD }),
    shownBy: () => get('/auth/me'),
    tries: () => [remove('/auth/me', { password: WRONG })],
  },
  'GET /auth/sessions': {
    make: otherSession,
    ask: () => get('/auth/sessions'),
    everybodysOwn: 'their own sessions',
  },
  'DELETE /auth/sessions/:id': {
    make: otherSession,
    names: ['id'],
    once: true,
    ask: ({ id }) => remove(`/auth/sessions/${id}`),
    shownBy: () => get('/auth/sessions'),
  },
  'GET /auth/api-keys': {
    make: apiKey,
    ask: () => get('/auth/api-keys'),
    everybodysOwn: 'their own keys',
  },
  'POST /auth/api-keys': {
    make: () => ({ marker: crypto.randomUUID() }),
    ask: ({ marker }) =>
      post('/auth/api-keys', { name: marker, scopes: ['chat:read'], expires_in_days: 1 }),
    everybodysOwn: 'a key of their own',
  },
  'DELETE /auth/api-keys/:id': {
    make: apiKey,
    names: ['id'],
    once: true,
    ask: ({ id }) => remove(`/auth/api-keys/${id}`),
    shownBy: () => get('/auth/api-keys'),
  },
  'POST /auth/password/change': {
    async make(stage) {
      return { ...(await freshPerson(stage)), marker: 'password_changed' }
    },
    once: true,
    ask: () => post('/auth/password/change', { current_password: PASSWORD, new_password: NEW }),
    tries: () => [post('/auth/password/change', { current_password: WRONG, new_password: NEW })],
  },
  'POST /auth/password/forgot': { open: SAME_FOR_ALL },
  'POST /auth/password/reset': {
    async make(stage) {
      return { ...(await linked('password_reset')(stage)), marker: 'password_reset' }
    },
    once: true,
    ask: ({ token }) => post('/auth/password/reset', { token, password: NEW }),
    tries: ({ token = '', user }) => [
      post('/auth/password/reset', { token: token.slice(0, -1), password: NEW }),
      post('/auth/password/reset', { token: user, password: NEW }),
      post('/auth/email/verify', { token }),
    ],
  },
  'POST /auth/email/verify': {
    async make(stage) {
      return { ...(await linked('verify_email')(stage)), marker: 'email_verified' }
    },
    once: true,
    ask: ({ token }) => post('/auth/email/verify', { token }),
    tries: ({ token = '', user }) => [
      post('/auth/email/verify', { token: token.slice(1) }),
      post('/auth/email/verify', { token: user }),
      post('/auth/password/reset', { token, password: NEW }),
    ],
  },
  'POST /auth/email/resend': { open: SAME_FOR_ALL },
  'POST /auth/two-factor': {
    make: challenged,
    once: true,
    ask: ({ challenge, recovery }) => post('/auth/two-factor', { challenge, code: recovery }),
    tries: ({ challenge, recovery = '' }) => [
      post('/auth/two-factor', { challenge: crypto.randomUUID(), code: recovery }),
      post('/auth/two-factor', { challenge: `${challenge}x`, code: recovery }),
    ],
  },
  'POST /auth/two-factor/setup': {
    async make(stage) {
      return { ...(await freshPerson(stage)), marker: '"secret":' }
    },
    ask: () => post('/auth/two-factor/setup', { password: PASSWORD }),
    tries: () => [post('/auth/two-factor/setup', { password: WRONG })],
  },
  'POST /auth/two-factor/enable': {
    async make(stage) {
      return { ...(await withTotpSecret(stage)), marker: '"recovery_codes":' }
    },
    once: true,
    ask: (thing) => post('/auth/two-factor/enable', { code: codeOf(thing) }),
    tries: (thing) => [post('/auth/two-factor/enable', { code: codeOf(thing) })],
  },
  'POST /auth/two-factor/disable': {
    async make(stage) {
      return { ...(await withTwoFactor(stage)), marker: 'two_factor_disabled' }
    },
    once: true,
    ask: () => post('/auth/two-factor/disable', { password: PASSWORD }),
    tries: () => [post('/auth/two-factor/disable', { password: WRONG })],
  },
  'POST /auth/two-factor/recovery-codes': {
    async make(stage) {
      return { ...(await withTwoFactor(stage)), marker: '"recovery_codes":' }
    },
    ask: () => post('/auth/two-factor/recovery-codes', { password: PASSWORD }),
    tries: () => [post('/auth/two-factor/recovery-codes', { password: WRONG })],
  },
  'POST /auth/providers/:id/link': {
    make: () => ({ marker: 'code_challenge' }),
    ask: () => post('/auth/providers/oidc/link'),
    everybodysOwn: 'a link of their own account',
  },
  'DELETE /auth/providers/:id': {
    make: linkedProvider,
    once: true,
    ask: () => remove('/auth/providers/oidc'),
    shownBy: () => get('/auth/me'),
  },
  'GET /auth/login': { open: OWN_BROWSER },
  'GET /auth/callback': { open: OWN_BROWSER },
  'GET /auth/callback/:id': { open: OWN_BROWSER },
  'POST /auth/backchannel-logout/:id': {
    open: 'the provider itself, by what it signs; says nothing of anybody',
  },
  'GET /oauth/providers': { open: 'which providers there are: every visitor sees their buttons' },
}
