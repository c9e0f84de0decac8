import { connect } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createAddresses } from '../packages/server/src/gateway/addresses.ts'
import { createBase } from '../packages/server/src/gateway/http/base.ts'
import { createMetrics } from '../packages/server/src/platform/metrics.ts'
import { EVERYTHING, startObserved, type ObservedServer } from './isolation/observed-server.ts'
import { LogLines } from './support/log-lines.ts'
import { register, type Person } from './support/people.ts'

let netra: ObservedServer
let person: Person

beforeAll(async () => {
  netra = await startObserved({ env: EVERYTHING })
  person = await register(netra.url)
})
afterAll(() => netra[Symbol.asyncDispose]())

const CODES: Record<number, string[]> = {
  401: ['AUTH_FAILED', 'TWO_FACTOR_REQUIRED'],
  403: ['AUTH_UNAUTHORIZED', 'EMAIL_NOT_VERIFIED'],
  404: ['DB_RECORD_NOT_FOUND', 'NOT_FOUND'],
  405: ['METHOD_NOT_ALLOWED'],
  413: ['VALIDATION_ERROR'],
  415: ['VALIDATION_ERROR'],
  422: ['VALIDATION_ERROR'],
  429: ['RATE_LIMITED'],
  503: ['SERVICE_UNAVAILABLE'],
}

/** What the answer lacks of a proper error (classic-api.md "Errors"); nothing when it is one. */
async function faultsOf(response: Response): Promise<string[]> {
  const text = await response.text()
  const body = parsed(text)
  if (body === undefined) return [`no JSON: ${text.slice(0, 100)}`]
  const isStack = /\\n +at |node_modules|\.[tj]s:\d+/.test(text)
  return [...faultsOfBody(body), ...faultsOfHead(response, body), ...(isStack ? ['a stack'] : [])]
}

function faultsOfBody(body: Record<string, unknown>): string[] {
  const texts = ['error_code', 'message', 'user_message', 'timestamp', 'request_id']
  return [
    ...(body['error'] === true ? [] : ['error']),
    ...texts.filter((name) => typeof body[name] !== 'string' || body[name] === ''),
    ...(/^(?!0{32})[0-9a-f]{32}$/.test(String(body['trace_id'])) ? [] : ['trace_id']),
    ...(Number.isNaN(Date.parse(String(body['timestamp']))) ? ['timestamp'] : []),
  ]
}

function faultsOfHead({ status, headers }: Response, body: Record<string, unknown>): string[] {
  const type = headers.get('content-type') ?? ''
  const codes = CODES[status]
  const isLater = status === 429 || status === 503
  const checks: Record<string, boolean> = {
    'content-type': type.startsWith('application/json'),
    'x-request-id': headers.get('x-request-id') === body['request_id'],
    [String(body['error_code'])]: !codes || codes.includes(String(body['error_code'])),
    'www-authenticate':
      status !== 401 || headers.get('www-authenticate')?.includes('Bearer') === true,
    'retry-after': !isLater || /^[1-9]\d*$/.test(headers.get('retry-after') ?? ''),
  }
  return Object.keys(checks).filter((name) => !checks[name])
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

const filled = (url: string): string => url.replaceAll(/:\w+/g, 'none')

/** Methods and paths of the router itself, so that a new route is tried as well. */
const routes = (): { method: string; path: string }[] =>
  netra.routes
    .map((line) => line.split(' ') as [string, string])
    .filter(([method, url]) => !url.includes('*') && !['OPTIONS', 'HEAD'].includes(method))
    .map(([method, url]) => ({ method, path: filled(url) }))

const isWriting = (method: string): boolean => ['POST', 'PUT', 'PATCH'].includes(method)

/** Those answer the very errors of their own protocols: the socket's once it is known who asks, JSON-RPC. */
const OWN_ERRORS = new Set(['/api/commands', '/mcp'])

async function sweep(
  options: (route: { method: string; path: string }) => RequestInit | undefined,
  judge: (status: number, route: { method: string; path: string }) => string | undefined = () =>
    undefined,
): Promise<string[]> {
  const faults: string[] = []
  for (const route of routes()) {
    const init = options(route)
    if (!init) continue
    const response = await fetch(`${netra.url}${route.path}`, {
      method: route.method,
      redirect: 'manual',
      signal: AbortSignal.timeout(20_000),
      ...init,
    })
    const name = `${route.method} ${route.path} → ${response.status}`
    const wrong = judge(response.status, route)
    if (wrong) faults.push(`${name}: ${wrong}`)
    if (response.status >= 500) faults.push(`${name}: a failure of ours`)
    if (response.status >= 400 && !OWN_ERRORS.has(route.path)) {
      faults.push(...(await faultsOf(response)).map((fault) => `${name}: ${fault}`))
    } else await response.body?.cancel()
  }
  return faults
}

/** What anybody may ask; every other route wants to know who asks. */
const PUBLIC =
  /^\/(health|ws\/health|ws\/config|metrics$|\.well-known\/|oauth\/providers|api\/(config|health|discovery|mcp\/oauth\/(callback|client\.json))|auth\/(config|callback|login|register|setup|refresh|demo|two-factor$|password\/(forgot|reset)|email\/|e2e\/|service-token|backchannel-logout|logout\/))/

test('the router has routes to sweep', () => {
  expect(routes().length).toBeGreaterThan(60)
})

test('without a credential every route answers 403 in the classic form, or is public', async () => {
  const faults = await sweep(
    ({ method }) => (isWriting(method) ? json({}) : {}),
    (status, { path }) =>
      // MCP asks for 401 where a client is to sign in.
      PUBLIC.test(path) || status === (path === '/mcp' ? 401 : 403)
        ? undefined
        : 'let a stranger in',
  )
  expect(faults).toEqual([])
}, 120_000)

test('a credential that does not hold is answered 401 with a challenge', async () => {
  const authorization = 'Bearer not.a.token'
  const faults = await sweep(
    ({ method }) =>
      isWriting(method) ? json({}, { authorization }) : { headers: { authorization } },
    (status, { path }) => (PUBLIC.test(path) || status === 401 ? undefined : 'not refused'),
  )
  expect(faults).toEqual([])
}, 120_000)

test.each([
  ['that is no JSON', { body: '{"a":', type: 'application/json' }],
  ['that is empty', { body: '', type: 'application/json' }],
  ['of another type', { body: '<a/>', type: 'application/xml' }],
  ['that is a list', { body: '[1]', type: 'application/json' }],
  ['with a prototype', { body: '{"__proto__":{"a":1}}', type: 'application/json' }],
])(
  'a body %s is refused in the classic form by every route',
  async (_what, { body, type }) => {
    const headers = { ...person.headers, 'content-type': type }
    const faults = await sweep(({ method }) => (isWriting(method) ? { body, headers } : undefined))
    expect(faults).toEqual([])
  },
  120_000,
)

test('a body that is too large is 413', async () => {
  const response = await fetch(`${netra.url}/api/threads`, {
    method: 'POST',
    ...json({ title: 'x'.repeat(1_100_000) }, person.headers),
  })
  expect(response.status).toBe(413)
  expect(await faultsOf(response)).toEqual([])
})

test('what is missing in a body is told field by field with 422', async () => {
  const response = await fetch(`${netra.url}/api/agents/execute`, {
    method: 'POST',
    ...json({ type: 'data' }, person.headers),
  })
  expect(response.status).toBe(422)
  const body = (await response.clone().json()) as { details: { field: string }[] }
  expect(body.details[0]?.field).toBe('message')
  expect(await faultsOf(response)).toEqual([])
})

test('a path without such a method is 405 with Allow, an unknown one 404', async () => {
  const wrong = await fetch(`${netra.url}/api/threads/none`, { method: 'POST', ...json({}) })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'DELETE, GET, HEAD, PUT'])
  expect(await faultsOf(wrong)).toEqual([])
  const unknown = await fetch(`${netra.url}/api/nothing`)
  expect(unknown.status).toBe(404)
  expect(await faultsOf(unknown)).toEqual([])
  const options = await fetch(`${netra.url}/api/threads`, { method: 'OPTIONS' })
  expect(options.status).toBeLessThan(500)
})

test('HEAD answers as GET does, without a body', async () => {
  for (const path of ['/api/threads', '/api/threads/none', '/api/nothing', '/auth/me']) {
    const get = await fetch(`${netra.url}${path}`, { headers: person.headers })
    const head = await fetch(`${netra.url}${path}`, { method: 'HEAD', headers: person.headers })
    expect([path, head.status]).toEqual([path, get.status])
    expect(await head.text()).toBe('')
  }
})

test('foreign and absent are one answer, but for the ids of the request', async () => {
  const other = await register(netra.url)
  const made = await fetch(`${netra.url}/api/threads`, {
    method: 'POST',
    ...json({ title: 'mine' }, person.headers),
  })
  const { id } = (await made.json()) as { id: string }
  const ask = async (wanted: string) => {
    const response = await fetch(`${netra.url}/api/threads/${wanted}`, { headers: other.headers })
    const {
      trace_id: _,
      request_id: __,
      timestamp: ___,
      ...body
    } = (await response.json()) as {
      [name: string]: unknown
    }
    return [response.status, body]
  }
  expect(await ask(id)).toEqual(await ask(crypto.randomUUID()))
})

test.each([
  ['an address that cannot be decoded', 'GET /api/threads/%zz HTTP/1.1\r\nHost: HOST\r\n\r\n', 422],
  ['no HTTP', 'what is this\r\n\r\n', 400],
  [
    'a header beyond all measure',
    `GET / HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
    431,
  ],
])('%s is answered in the classic form', async (_what, text, status) => {
  const { host, port, hostname } = new URL(netra.url)
  const answer = await new Promise<string>((resolve) => {
    let heard = ''
    const socket = connect(Number(port), hostname, () => socket.write(text.replace('HOST', host)))
    socket.setTimeout(2_000, () => socket.end())
    socket.on('data', (data) => (heard += data.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(heard))
  })
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect(head.split(' ')[1]).toBe(String(status))
  expect(parsed(body)).toMatchObject({ error: true, error_code: 'VALIDATION_ERROR' })
})

test('a sane request id and trace of the client are kept, others replaced', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${netra.url}/api/nothing`, { headers })
    return (await response.json()) as { request_id: string; trace_id: string }
  }
  const kept = { 'x-request-id': 'my-request.1', traceparent: `00-${trace}-00f067aa0ba902b7-01` }
  expect(await ask(kept)).toMatchObject({ request_id: 'my-request.1', trace_id: trace })
  const bad = await ask({
    'x-request-id': '<script>alert(1)</script>',
    traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  })
  expect(bad.request_id).toMatch(/^[\w-]{36}$/)
  expect(bad.trace_id).not.toBe('0'.repeat(32))
})

describe('what nobody foresaw', () => {
  test('is a 500 without a word of what it was; log and metric have it under the same trace', async () => {
    const log = new LogLines()
    const allMetrics = createMetrics()
    const addresses = createAddresses({ publicUrl: undefined, port: 1, allowedOrigins: [] })
    const { app } = await createBase({
      identities: { authenticate: async () => ({ ok: false, why: 'missing' }) } as never,
      logger: log.logger,
      trustedProxies: [],
      https: false,
      maxUploadBytes: 1,
      addresses: () => ({ ...addresses, hosts: new Set([hostOf()]) }),
      basePath: '',
      isLocal: () => true,
      allMetrics,
    })
    app.get('/bug', async () => {
      throw new Error('PLANTED-SECRET in /opt/app/somewhere.ts:1:1')
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    function hostOf(): string {
      const bound = app.server.address()
      return bound !== null && typeof bound === 'object' ? `127.0.0.1:${bound.port}` : ''
    }
    try {
      const response = await fetch(`http://${hostOf()}/bug?secret=PLANTED-QUERY`)
      expect(response.status).toBe(500)
      const text = await response.clone().text()
      expect(text).not.toContain('PLANTED')
      expect(await faultsOf(response)).toEqual([])
      const traceId = String(parsed(text)?.['trace_id'])
      const line = log.lines.find((one) => one.includes(traceId)) ?? ''
      expect(line).toContain('"msg":"request failed"')
      expect(line).not.toContain('PLANTED-QUERY')
      expect(await allMetrics.text()).toContain('netra_http_failures_total{status="500"} 1')
    } finally {
      await app.close()
    }
  })
})

function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  }
}
