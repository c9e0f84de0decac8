import type { Cause, Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { signInAsBrowser } from '../../probe/browser.ts'
import { due } from '../../probe/due.ts'

const TAKEN_AWAY: Cause = {
  cause: 'The proxy takes the header away or replaces it, or the page is served by something else.',
  fix: 'Let the proxy pass headers on as they are (nginx: no `proxy_hide_header`, no `add_header` of the same name).',
}
const HALF_A_YEAR = 15_552_000

/** The web app's page and an answer of the API: both must carry it. */
async function eachHeader(
  { http }: CheckContext,
  name: string,
  isRight: (value: string) => boolean,
): Promise<string> {
  const seen: string[] = []
  for (const path of ['/', '/api/config']) {
    const { headers } = await http.ask(path)
    const value = headers.get(name) ?? ''
    due(isRight(value), `${path} has ${value === '' ? `no ${name}` : `${name}: ${value}`}`)
    seen.push(value)
  }
  return [...new Set(seen)].join(' and ')
}

/** Directives by their names. */
const policyOf = (value: string): Map<string, string> =>
  new Map(
    value.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(/\s+/)
      return [name.toLowerCase(), sources.join(' ')]
    }),
  )

export const headerChecks: readonly Check[] = [
  {
    id: 'security.content-policy',
    group: 'security',
    title: 'The content security policy lets no foreign and no inline script run',
    weight: 'blocking',
    causes: [TAKEN_AWAY],
    run: (context) =>
      eachHeader(context, 'content-security-policy', (value) => {
        const policy = policyOf(value)
        const scripts = policy.get('script-src') ?? policy.get('default-src')
        return scripts !== undefined && !/unsafe-|\*|\bhttps?:(?:\s|$)|\bdata:/.test(scripts)
      }),
  },
  {
    id: 'security.frames',
    group: 'security',
    title: 'No other page can show Netra in a frame',
    weight: 'blocking',
    causes: [TAKEN_AWAY],
    async run(context) {
      for (const path of ['/', '/api/config']) {
        const { headers } = await context.http.ask(path)
        const policy = policyOf(headers.get('content-security-policy') ?? '')
        const ancestors = policy.get('frame-ancestors')
        const old = headers.get('x-frame-options') ?? ''
        const isRight =
          ancestors === undefined
            ? /^(?:deny|sameorigin)$/i.test(old)
            : !/\*|https?:/.test(ancestors)
        due(isRight, `${path} has frame-ancestors ${ancestors}, X-Frame-Options ${old || 'none'}`)
      }
      return 'frame-ancestors'
    },
  },
  {
    id: 'security.nosniff',
    group: 'security',
    title: 'Browsers are told to guess no types',
    weight: 'advisory',
    causes: [TAKEN_AWAY],
    run: (context) =>
      eachHeader(context, 'x-content-type-options', (value) => value.toLowerCase() === 'nosniff'),
  },
  {
    id: 'security.referrer',
    group: 'security',
    title: 'Other sites are not told where somebody came from',
    weight: 'advisory',
    causes: [TAKEN_AWAY],
    run: (context) =>
      eachHeader(context, 'referrer-policy', (value) =>
        /^(?:no-referrer|same-origin|strict-origin(?:-when-cross-origin)?)$/.test(value),
      ),
  },
  {
    id: 'security.transport',
    group: 'security',
    title: 'Browsers are told to come by https only (HSTS)',
    weight: { development: 'advisory', staging: 'advisory' },
    applies: ({ url }) => (url.protocol === 'https:' ? undefined : 'the address is not https'),
    causes: [
      {
        cause: 'Netra does not know that people come by https.',
        fix: 'Set NETRA_PUBLIC_URL to the https address.',
      },
    ],
    run: (context) =>
      eachHeader(context, 'strict-transport-security', (value) => {
        const seconds = Number(/max-age=(\d+)/.exec(value)?.[1] ?? 0)
        return seconds >= HALF_A_YEAR
      }),
  },
  {
    id: 'security.software-name',
    group: 'security',
    title: 'No header tells which version of what answers',
    weight: 'advisory',
    causes: [
      {
        cause: 'The proxy names itself and its version.',
        fix: 'nginx: `server_tokens off;`.',
      },
    ],
    async run({ http }) {
      const { headers } = await http.ask('/api/config')
      const server = headers.get('server') ?? ''
      const powered = headers.get('x-powered-by')
      due(!/\d/.test(server), `Server: ${server}`)
      due(powered === null, `X-Powered-By: ${powered}`)
      return server === '' ? 'none' : server
    },
  },
  {
    id: 'security.not-kept',
    group: 'security',
    title: 'No cache may keep what belongs to somebody',
    weight: 'blocking',
    causes: [
      {
        cause: 'The proxy gives answers of the API a life of their own.',
        fix: 'Take `proxy_cache` and `expires` away from everything but /assets.',
      },
    ],
    async run(context) {
      const { token } = await context.account()
      for (const path of ['/auth/me', '/api/threads?limit=1']) {
        const { headers } = await context.http.ask(path, { token })
        const control = headers.get('cache-control') ?? ''
        const isRight = /\b(?:no-store|private)\b/.test(control)
        due(isRight, `${path} has Cache-Control: ${control || 'none'}`)
      }
      return 'no-store'
    },
  },
  {
    id: 'security.cookie',
    group: 'security',
    title: 'The session cookie is kept from scripts, other sites and plain http',
    weight: 'blocking',
    causes: [
      {
        when: /Secure|__Host-/,
        cause: 'Netra does not know that people come by https.',
        fix: 'Set NETRA_PUBLIC_URL to the https address.',
      },
      {
        cause: 'The proxy rewrites cookies.',
        fix: 'Take `proxy_cookie_flags` and `proxy_cookie_path` away.',
      },
    ],
    async run(context) {
      const { setCookies } = await signInAsBrowser(context)
      const line = setCookies.find((one) => one.includes('netra_session')) ?? ''
      const [name = ''] = line.split('=')
      const attributes = line.split(';').slice(1).join(';')
      due(/\bHttpOnly\b/i.test(attributes), `${name} is not HttpOnly:${attributes}`)
      due(/\bSameSite=(?:Lax|Strict)\b/i.test(attributes), `${name} lacks SameSite:${attributes}`)
      due(!/\bDomain=/i.test(attributes), `${name} is of a whole domain:${attributes}`)
      if (context.authUrl.startsWith('https:')) {
        due(/\bSecure\b/i.test(attributes), `${name} is not Secure:${attributes}`)
        due(name.startsWith('__Host-'), `${name} has no __Host- before its name`)
      }
      return `${name};${attributes}`
    },
  },
]
