import { answering, changing, json, matches } from '../alterations.ts'
import type { Alteration, Answered } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

const PAGE = { 'content-type': 'text/html' }
const THREAD = /^GET \/api\/threads\/[0-9a-f-]{36}$/

/** Changes errors of one status. */
const changingErrors = (
  what: string | RegExp,
  status: number,
  change: (answered: Answered, body: string) => void,
): Alteration =>
  changing(what, (answered, asked) => {
    if (answered.status === status) change(answered, asked.body)
  })

const withFields = (answered: Answered, fields: object): void => {
  answered.body = JSON.stringify({ ...(JSON.parse(answered.body) as object), ...fields })
}

export const brokenErrors: readonly BrokenServer[] = [
  {
    name: 'does not say which proof would do',
    breaks: 'errors.bad-token',
    alter: () => changingErrors(/./, 401, ({ headers }) => void delete headers['www-authenticate']),
  },
  {
    name: 'sends strangers to a page to sign in',
    breaks: 'errors.no-token',
    alter: () =>
      answering('/api/threads', ({ headers }) =>
        headers.authorization === undefined
          ? { status: 302, headers: { location: '/sign-in' } }
          : undefined,
      ),
  },
  {
    name: 'shows its web app for every path',
    breaks: 'errors.no-route',
    alter: () =>
      answering(/^GET \/api\//, ({ headers }) =>
        headers.accept === 'text/html' ? { headers: PAGE, body: '<div id="root">' } : undefined,
      ),
  },
  {
    name: 'has a name of its own for what is not there',
    breaks: 'errors.no-thing',
    alter: () =>
      changingErrors(THREAD, 404, (answered) => withFields(answered, { error_code: 'OOPS' })),
  },
  {
    name: 'does not say which methods are right',
    breaks: 'errors.wrong-method',
    alter: () => changingErrors(/./, 405, ({ headers }) => void delete headers['allow']),
  },
  {
    name: 'takes a conflict for a bad request',
    breaks: 'errors.conflict',
    alter: () => changingErrors(/./, 409, (answered) => void (answered.status = 400)),
  },
  {
    name: 'has a proxy in front that refuses large bodies',
    breaks: 'errors.too-large',
    alter: () =>
      answering(/^POST /, ({ body }) =>
        body.length > 1_000_000
          ? { status: 413, headers: PAGE, body: '<h1>413 Request Entity Too Large</h1>' }
          : undefined,
      ),
  },
  {
    name: 'takes XML for JSON',
    breaks: 'errors.wrong-type',
    alter: () => changingErrors(/./, 415, (answered) => void (answered.status = 422)),
  },
  {
    name: 'does not name the field that is missing',
    breaks: 'errors.invalid',
    alter: () =>
      changingErrors('/auth/login', 422, (answered) => withFields(answered, { details: [] })),
  },
  {
    name: 'repeats what it could not read',
    breaks: 'errors.broken-json',
    alter: () =>
      changingErrors('/auth/login', 422, (answered, body) => {
        if (body.endsWith(':')) withFields(answered, { message: `cannot read ${body}` })
      }),
  },
  {
    name: 'shows its stack',
    breaks: 'errors.nothing-inside',
    alter: () =>
      changing('/auth/refresh', (answered) => {
        const stack = 'TypeError: token is no text\n    at verify (/app/src/tokens.ts:12:9)'
        if (answered.status >= 400) withFields(answered, { stack })
      }),
  },
  {
    name: 'has one trace id for all',
    breaks: 'errors.trace',
    alter: () =>
      changingErrors(/^GET \/api\//, 404, (answered) =>
        withFields(answered, { trace_id: '0123456789abcdef0123456789abcdef' }),
      ),
  },
  {
    name: 'takes sockets at every path',
    breaks: 'errors.socket-path',
    alter: () => ({
      request(asked) {
        if (asked.headers.upgrade && !matches(asked, '/ws')) asked.path = '/ws'
      },
    }),
  },
]

export const brokenLimits: readonly BrokenServer[] = [
  {
    name: 'does not say how much is left',
    breaks: 'limits.told',
    alter: () =>
      changing(/./, ({ headers }) => {
        delete headers['ratelimit-policy']
        delete headers['ratelimit']
      }),
  },
  {
    name: 'has no limits',
    breaks: 'limits.refuses',
    alter: () => answering(/\/export$/, () => json(404, { error: true })),
  },
  {
    name: 'does not say when to come back',
    breaks: 'limits.refuses',
    alter: () => changingErrors(/./, 429, ({ headers }) => void delete headers['retry-after']),
  },
  {
    name: 'has a firewall in front that bans whoever met a limit',
    breaks: 'limits.locks-nobody-out',
    alter: () => {
      let isBanned = false
      return {
        ...changingErrors(/./, 429, () => void (isBanned = true)),
        answer: (asked) =>
          isBanned && matches(asked, 'GET /auth/me') ? json(403, { error: true }) : undefined,
      }
    },
  },
  {
    name: 'does not count who signs in',
    breaks: 'limits.sign-in',
    alter: () =>
      changing('/auth/refresh', ({ headers }) => void delete headers['x-ratelimit-limit']),
  },
  {
    name: 'takes bodies of any size',
    breaks: 'limits.large-body',
    alter: () => changingErrors(/./, 413, (answered) => void (answered.status = 401)),
  },
  {
    name: 'has a proxy in front that takes 1 MB',
    breaks: 'limits.uploads-pass',
    alter: () =>
      answering('/api/files', ({ body }) =>
        body.length > 1_048_576 ? { status: 413, headers: PAGE, body: '<h1>413</h1>' } : undefined,
      ),
  },
  {
    name: 'has a proxy in front that swallows large frames',
    breaks: 'limits.large-frame',
    alter: () => ({
      socket: () => ({
        up: (message) => (JSON.stringify(message).length > 65_536 ? [] : [message]),
      }),
    }),
  },
  {
    name: 'lets strangers hold sockets',
    breaks: 'limits.silent-socket',
    pace: { silentMs: 12_000 },
    alter: () => ({ socket: () => ({ close: (code) => (code === 4011 ? 'never' : code) }) }),
  },
]
