import { randomUUID } from 'node:crypto'

import type { Cause, Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import type { Ask } from '../http-client.ts'
import { due, shown } from '../probe/due.ts'
import { errorShape } from '../probe/error-shape.ts'
import { rawRequest } from '../probe/raw-request.ts'
import { upgrade } from '../probe/socket.ts'

const IN_BETWEEN: Cause = {
  when: /no JSON object|lacks/,
  cause: 'The error is not Netra’s own: the proxy answers it with a page of its own.',
  fix: 'Let the proxy pass errors on as they are (nginx: `proxy_intercept_errors off`).',
}
const OTHER_STATUS: Cause = {
  when: /answered \d/,
  cause: 'Something on the way, or another version, answers with another status.',
  fix: 'Ask Netra itself, without the proxy: if that is right, the proxy changes it; else update Netra.',
}
const OTHER: Cause = {
  cause: 'The answer is not as the API is described.',
  fix: 'Compare versions of client and server; see docs/http-api.md.',
}
const CAUSES = [IN_BETWEEN, OTHER_STATUS, OTHER]

interface Row {
  what: string
  title: string
  path: string
  ask: Omit<Ask, 'expect'>
  status: number
  code: string
  /** Whose token is shown. */
  as?: 'somebody'
  causes?: readonly Cause[]
  /** What more must be so of it. */
  also?: (answer: { headers: Headers; details: unknown; message: string }) => void
}

const rows: readonly Row[] = [
  {
    what: 'bad-token',
    title: 'A bad token is 401, and says which proof would do',
    path: '/api/threads',
    ask: { token: 'not-a-token' },
    status: 401,
    code: 'AUTH_FAILED',
    also: ({ headers }) =>
      due(
        /^Bearer/i.test(headers.get('www-authenticate') ?? ''),
        'the 401 has no WWW-Authenticate: Bearer',
      ),
  },
  {
    what: 'no-token',
    title: 'A missing credential is 403',
    path: '/api/threads',
    ask: {},
    status: 403,
    code: 'AUTH_UNAUTHORIZED',
  },
  {
    what: 'no-route',
    title: 'A path of nothing is 404 in JSON, not a page',
    path: '/api/there-is-no-such-route',
    ask: { headers: { accept: 'text/html' } },
    status: 404,
    code: 'NOT_FOUND',
  },
  {
    what: 'no-thing',
    title: 'A thing that is not there is 404',
    path: `/api/threads/${randomUUID()}`,
    as: 'somebody',
    ask: {},
    status: 404,
    code: 'DB_RECORD_NOT_FOUND',
  },
  {
    what: 'wrong-method',
    title: 'A wrong method is 405, with those that are right',
    path: '/api/config',
    ask: { method: 'DELETE' },
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    causes: [
      {
        when: /answered (?:403|404|501)/,
        cause: 'The proxy lets only some methods through.',
        fix: 'Let it pass DELETE, PUT and PATCH on: the API needs them.',
      },
    ],
    also: ({ headers }) =>
      due(/\bGET\b/.test(headers.get('allow') ?? ''), 'the 405 has no Allow with GET'),
  },
  {
    what: 'conflict',
    title: 'What does not fit the state of things is 409',
    path: '/auth/two-factor/enable',
    as: 'somebody',
    ask: { body: { code: '123456' } },
    status: 409,
    code: 'TWO_FACTOR_NOT_SET_UP',
  },
  {
    what: 'too-large',
    title: 'A body beyond the limit is 413 in JSON',
    path: '/api/threads',
    as: 'somebody',
    ask: { body: { title: 'x'.repeat(1_100_000) } },
    status: 413,
    code: 'VALIDATION_ERROR',
    causes: [
      {
        when: /no JSON object|lacks/,
        cause: 'The proxy refuses large bodies before Netra sees them; uploads fail too.',
        fix: 'nginx: `client_max_body_size 0;`, Netra has limits of its own.',
      },
      {
        when: /ECONNRESET|EPIPE|other side|socket|terminated|fetch failed/,
        cause: 'The connection is cut while the body is sent, so nobody reads the answer.',
        fix: 'Let the proxy read requests to their end (nginx: `proxy_request_buffering on`).',
      },
    ],
  },
  {
    what: 'wrong-type',
    title: 'What is no JSON by its type is 415',
    path: '/auth/login',
    ask: { body: 'email=a', headers: { 'content-type': 'application/xml' } },
    status: 415,
    code: 'VALIDATION_ERROR',
  },
  {
    what: 'invalid',
    title: 'A field that is missing is 422, and named',
    path: '/auth/login',
    ask: { body: { email: 'somebody@netra.invalid' } },
    status: 422,
    code: 'VALIDATION_ERROR',
    also: ({ details }) =>
      due(
        Array.isArray(details) && details.some((one) => one?.field === 'password'),
        `the 422 does not name the field password: ${shown(details)}`,
      ),
  },
  {
    what: 'broken-json',
    title: 'A body that is no JSON is 422, and not repeated',
    path: '/auth/login',
    ask: { body: '{"repeat-me":', headers: { 'content-type': 'application/json' } },
    status: 422,
    code: 'VALIDATION_ERROR',
    also: ({ message }) =>
      due(!message.includes('repeat-me'), `the error repeats what was sent: ${message}`),
  },
]

const checkOf = ({ what, title, path, ask, status, code, as, causes = [], also }: Row): Check => ({
  id: `errors.${what}`,
  group: 'errors',
  title,
  weight: status === 401 || status === 403 ? 'blocking' : 'advisory',
  causes: [...causes, ...CAUSES],
  async run(context) {
    const token = as && (await context.account()).token
    const answer = await context.http.ask(path, {
      ...ask,
      ...(token !== undefined && { token }),
      expect: status,
    })
    const { details, message } = errorShape(answer, code)
    also?.({ headers: answer.headers, details, message })
    return `${status} ${code}: ${message}`
  },
})

/** What must never be in an answer: it tells of the inside, and helps nobody outside. */
const INSIDE = [
  /\bat .+\.[cm]?[jt]s:\d+/,
  /\bat (?:async )?[\w.]+ \(/,
  /node_modules/,
  /\/(?:home|usr|root|var|app|work|opt)\/[\w./-]+\.[cm]?[jt]s/,
  /\b(?:SQLITE_|ERR_[A-Z_]{4,}|FST_ERR_|ECONNREFUSED|ENOENT)/,
  /\b(?:SELECT|INSERT INTO|UPDATE) .+\b(?:FROM|VALUES|SET)\b/,
  /\b(?:TypeError|ReferenceError|SyntaxError|RangeError|ZodError)\b/,
]

/** Questions that nobody asks on purpose. */
const odd = ({ url }: CheckContext) => [
  { address: `${url}/api/threads/%E0%A4%A` },
  { address: `${url}/api/threads/${'x'.repeat(3_000)}` },
  { address: `${url}/api/events?stream=%00` },
  { address: `${url}/auth/login`, method: 'POST', body: '{"__proto__": {"a": 1}, "email": []}' },
  { address: `${url}/auth/refresh`, method: 'POST', body: '{"refresh_token": {"$gt": ""}}' },
  { address: `${url}/api/commands`, method: 'POST', body: '[[[[' },
]

const ERRORS = Array.from({ length: 100 }, (_none, index) => 400 + index)

export const errorChecks: readonly Check[] = [
  ...rows.map(checkOf),
  {
    id: 'errors.nothing-inside',
    group: 'errors',
    title: 'No error tells of the inside: no stack, no path, no statement',
    weight: 'blocking',
    causes: [
      {
        when: /answered (?:5|2)/,
        cause: 'A question that nobody asks on purpose breaks the server.',
        fix: 'Find the trace id of the answer in the log, update Netra, and report it.',
      },
      {
        cause: 'The server, or something in between, runs with its debugging on.',
        fix: 'Set NETRA_ENV=production and NODE_ENV=production, and turn error pages of the proxy off.',
      },
    ],
    async run(context) {
      const questions = odd(context)
      for (const { address, method = 'GET', body } of questions) {
        const { text } = await rawRequest(context, address, {
          method,
          ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
          expect: ERRORS,
        })
        const found = INSIDE.map((pattern) => pattern.exec(text)?.[0]).find((hit) => hit)
        due(found === undefined, `the answer to ${address.slice(0, 120)} holds "${found}"`)
      }
      return `${questions.length} odd questions`
    },
  },
  {
    id: 'errors.trace',
    group: 'errors',
    title: 'Each error has a trace id and a request id of its own',
    weight: 'advisory',
    causes: [
      {
        when: /same/,
        cause: 'Errors are kept by a cache, or made up by the proxy.',
        fix: 'Let no proxy keep answers of /api.',
      },
      OTHER,
    ],
    async run({ http }) {
      const shape = async () => errorShape(await http.ask(`/api/${randomUUID()}`, { expect: 404 }))
      const [one, other] = [await shape(), await shape()]
      due(/^[0-9a-f]{32}$/.test(one.traceId), `trace_id is ${one.traceId}`)
      due(one.traceId !== other.traceId, `two errors have the same trace_id ${one.traceId}`)
      due(one.requestId !== other.requestId, `two errors have the same request_id ${one.requestId}`)
      return `${one.traceId}, ${other.traceId}`
    },
  },
  {
    id: 'errors.socket-path',
    group: 'errors',
    title: 'A socket at a wrong path is 404 in JSON that names the right one',
    weight: 'advisory',
    causes: [
      {
        when: /opened/,
        cause: 'Every path takes sockets, so a wrong address is found by nobody.',
        fix: 'Let the proxy pass the upgrade to Netra with the path as it was asked.',
      },
      ...CAUSES,
    ],
    async run(context) {
      const { url } = context
      const path = '/ws/there-is-no-such-path'
      const result = await upgrade(context, { url: `${url.replace(/^http/, 'ws')}${path}` })
      due('refused' in result, `a socket opened at ${path}`)
      const { refused, text } = result
      due(refused === 404, `the upgrade was answered ${refused}, not 404: ${text.slice(0, 200)}`)
      const json = () => parsed(text)
      const { message } = errorShape({ status: refused, headers: new Headers(), json })
      due(message.includes('/ws'), `it does not say where the socket is: ${message}`)
      return message
    },
  },
]

function parsed(text: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as Record<string, unknown>) }
  } catch {
    due(false, `no JSON object but ${text.slice(0, 200)}`)
    return {}
  }
}
