import { answering, changing, changingJson, json, matches } from '../alterations.ts'
import type { Alteration } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

const withHeader = (name: string, change: (value: string) => string | undefined): Alteration =>
  changing(/./, ({ headers }) => {
    const changed = change(String(headers[name] ?? ''))
    if (changed === undefined) delete headers[name]
    else headers[name] = changed
  })

const isStranger = ({ headers }: { headers: { authorization?: string; cookie?: string } }) =>
  headers.authorization === undefined && headers.cookie === undefined

/** Threads that were made, and what was said when they were. */
function noting(made: Map<string, string>): Alteration {
  return changing('POST /api/threads', (answered) => {
    if (answered.status !== 201) return
    const { id } = JSON.parse(answered.body) as { id: string }
    made.set(id, answered.body)
  })
}

/** Whoever asks for a thread that is another's learns that it is there. */
function telling(method: string): Alteration {
  const made = new Map<string, string>()
  const { response } = noting(made)
  return {
    async response(asked, answered, ask) {
      await response?.(asked, answered, ask)
      const id = /^\/api\/threads\/([^/?]+)/.exec(asked.path)?.[1] ?? ''
      if (asked.method !== method || answered.status !== 404 || !made.has(id)) return
      answered.body = answered.body.replaceAll(/There is no[^"]*/g, 'This thread is not yours.')
      answered.body = answered.body.replace('{', '{"owned":true,')
    },
  }
}

export const brokenSecurity: readonly BrokenServer[] = [
  {
    name: 'lets scripts in its page run',
    breaks: 'security.content-policy',
    alter: () =>
      withHeader('content-security-policy', (policy) =>
        policy.replace(/(default-src|script-src)/g, "$1 'unsafe-inline'"),
      ),
  },
  {
    name: 'lets itself be shown in a frame',
    breaks: 'security.frames',
    alter: () =>
      withHeader('content-security-policy', (policy) =>
        policy.replace(/frame-ancestors[^;]*/, 'frame-ancestors *'),
      ),
  },
  {
    name: 'lets browsers guess types',
    breaks: 'security.nosniff',
    alter: () => withHeader('x-content-type-options', () => undefined),
  },
  {
    name: 'tells other sites where people came from',
    breaks: 'security.referrer',
    alter: () => withHeader('referrer-policy', () => 'unsafe-url'),
  },
  {
    name: 'says which version of nginx it is',
    breaks: 'security.software-name',
    alter: () => withHeader('server', () => 'nginx/1.22.1'),
  },
  {
    name: 'lets caches keep what is somebody’s',
    breaks: 'security.not-kept',
    alter: () => withHeader('cache-control', () => 'public, max-age=60'),
  },
  {
    name: 'shows its cookie to scripts',
    breaks: 'security.cookie',
    alter: () =>
      changing(/./, ({ headers }) => {
        const cookies = headers['set-cookie']
        if (Array.isArray(cookies)) {
          headers['set-cookie'] = cookies.map((line) => line.replace(/; *HttpOnly/i, ''))
        }
      }),
  },
  {
    name: 'opens sockets for pages of anybody',
    breaks: 'security.origin-of-sockets',
    alter: () => ({
      request({ headers }) {
        if (headers.upgrade) delete headers.origin
      },
    }),
  },
  {
    name: 'believes every page to be its own',
    breaks: 'security.origin-of-changes',
    alter: () => ({
      request({ headers, method }) {
        if (method !== 'POST' || headers.cookie === undefined) return
        headers.origin = `http://${headers.host}`
        delete headers['sec-fetch-site']
      },
    }),
  },
  {
    name: 'lets pages of every site read its answers',
    breaks: 'security.cross-origin',
    alter: () => withHeader('access-control-allow-origin', () => '*'),
  },
  {
    name: 'answers to every name',
    breaks: 'security.host',
    alter: () => ({ request: ({ headers }) => void delete headers.host }),
  },
  {
    name: 'lets strangers read',
    breaks: 'security.closed-to-read',
    alter: () =>
      answering('/api/models', (asked) =>
        isStranger(asked) ? json(200, { default: 'a/b', models: [] }) : undefined,
      ),
  },
  {
    name: 'lets strangers in to change things',
    breaks: 'security.closed-to-change',
    alter: () =>
      answering('POST /auth/api-keys', (asked) =>
        isStranger(asked) ? json(422, { error: true }) : undefined,
      ),
  },
  {
    name: 'takes everybody for an administrator',
    breaks: 'security.administration',
    alter: () =>
      answering('GET /auth/admin/users', (asked) =>
        isStranger(asked) ? undefined : json(200, { users: [] }),
      ),
  },
  {
    name: 'has a proxy in front that signs people in by itself',
    breaks: 'security.no-credential',
    alter: () =>
      answering('/api/account/export', (asked) =>
        isStranger(asked) ? { status: 302, headers: { location: '/login' } } : undefined,
      ),
  },
  {
    name: 'looks at no signature',
    breaks: 'security.forged-token',
    alter: () => {
      const claims = new Map<string, string>()
      return {
        request({ headers }) {
          const [, claim = ''] = (headers.authorization ?? '').split('.')
          const good = claims.get(claim)
          if (good !== undefined) headers.authorization = good
        },
        ...changingJson(/^POST \/auth\/(?:register|login)$/, ({ access_token: token }) => {
          claims.set(String(token).split('.')[1] ?? '', `Bearer ${String(token)}`)
        }),
      }
    },
  },
  {
    name: 'takes tokens in addresses',
    breaks: 'security.token-in-address',
    alter: () => ({
      request({ path, headers }) {
        const token = /[?&]access_token=([^&]+)/.exec(path)?.[1]
        if (token !== undefined) headers.authorization = `Bearer ${token}`
      },
    }),
  },
  {
    name: 'keeps sockets of people whom it does not know',
    breaks: 'security.stranger-socket',
    alter: () => ({ socket: () => ({ close: (code) => (code === 4501 ? 'never' : code) }) }),
  },
  {
    name: 'takes callers through its proxy for its own machine',
    breaks: 'security.metrics',
    alter: () => ({ request: ({ headers }) => void delete headers['x-forwarded-for'] }),
  },
  {
    name: 'is taken for production and is not',
    breaks: 'security.diagnostics',
    options: { environment: 'production' },
    alter: () => ({}),
  },
  {
    name: 'lets anybody try it without an account',
    breaks: 'security.no-way-round',
    alter: () => changingJson('/api/config', (body) => ({ ...body, demo: true })),
  },
  {
    name: 'tells that a thread is somebody else’s',
    breaks: 'security.foreign-read',
    alter: () => telling('GET'),
  },
  {
    name: 'tells who changes it that a thread is somebody else’s',
    breaks: 'security.foreign-change',
    alter: () => telling('PUT'),
  },
  {
    name: 'finds what is somebody else’s',
    breaks: 'security.foreign-list',
    alter: () => {
      const made = new Map<string, string>()
      const { response } = noting(made)
      return {
        async response(asked, answered, ask) {
          await response?.(asked, answered, ask)
          if (!matches(asked, 'GET /api/threads') || !asked.path.includes('q=')) return
          const found = JSON.parse(answered.body) as unknown[]
          const others = [...made.values()].map((body): unknown => JSON.parse(body))
          answered.body = JSON.stringify([...found, ...others])
        },
      }
    },
  },
]

/** Reached by https. */
export const brokenSecureSecurity: readonly BrokenServer[] = [
  {
    name: 'does not ask to be reached by https only',
    breaks: 'security.transport',
    alter: () => withHeader('strict-transport-security', () => undefined),
  },
]
