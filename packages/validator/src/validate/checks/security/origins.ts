import { randomUUID } from 'node:crypto'

import type { Cause, Check } from '../../check.ts'
import { signInAsBrowser } from '../../probe/browser.ts'
import { due, shown } from '../../probe/due.ts'
import { rawRequest } from '../../probe/raw-request.ts'
import { upgrade } from '../../probe/socket.ts'

/** No page of anybody's. */
const FOREIGN = 'https://foreign.netra.invalid'

const ORIGIN_LOST: Cause = {
  cause: 'Pages of other sites are let in: Origin is lost on its way, or too many are allowed.',
  fix: 'Let the proxy pass Origin on, and see what NETRA_ALLOWED_ORIGINS names.',
}

export const originChecks: readonly Check[] = [
  {
    id: 'security.origin-of-sockets',
    group: 'security',
    title: 'A page of another site opens no socket',
    weight: 'blocking',
    causes: [ORIGIN_LOST],
    async run(context) {
      const { ws_url } = await context.config()
      for (const origin of [FOREIGN, 'null']) {
        const result = await upgrade(context, { url: ws_url, headers: { origin } })
        due('refused' in result, `a socket opened for a page of ${origin}`)
        due(result.refused === 403, `the upgrade was answered ${result.refused}, not 403`)
      }
      return '403'
    },
  },
  {
    id: 'security.origin-of-changes',
    group: 'security',
    title: 'A page of another site changes nothing with somebody’s cookie',
    weight: 'blocking',
    causes: [ORIGIN_LOST],
    async run(context) {
      const { cookie } = await signInAsBrowser(context)
      const { authUrl } = context
      const type = { 'content-type': 'application/json' }
      // As a form of another site would, and as a browser too old to say where it comes from.
      for (const headers of [
        { cookie, origin: FOREIGN, ...type },
        { cookie, 'sec-fetch-site': 'cross-site', ...type },
        { cookie, ...type },
      ]) {
        await rawRequest(context, `${authUrl}/auth/logout`, {
          method: 'POST',
          headers,
          body: '{}',
          expect: [403],
        })
      }
      // The session lives: nothing has ended it.
      await rawRequest(context, `${authUrl}/auth/me`, { headers: { cookie } })
      return 'refused three ways'
    },
  },
  {
    id: 'security.cross-origin',
    group: 'security',
    title: 'Pages of other sites cannot read answers (CORS)',
    weight: 'blocking',
    causes: [
      {
        cause: 'The proxy adds Access-Control-Allow-Origin by itself.',
        fix: 'Take it away: Netra names the origins that may, by NETRA_ALLOWED_ORIGINS.',
      },
    ],
    async run(context) {
      const asked = { 'access-control-request-method': 'POST' }
      for (const [method, more] of [
        ['GET', {}],
        ['OPTIONS', asked],
      ] as const) {
        const { headers } = await rawRequest(context, `${context.url}/api/config`, {
          method,
          headers: { origin: FOREIGN, ...more },
          expect: [200, 204, 403, 404, 405],
        })
        const allowed = headers['access-control-allow-origin']
        due(allowed === undefined, `${method} lets ${shown(allowed)} read it`)
      }
      return 'no Access-Control-Allow-Origin'
    },
  },
  {
    id: 'security.host',
    group: 'security',
    title: 'Another name than its own is refused',
    weight: 'blocking',
    causes: [
      {
        cause: 'The proxy answers to every name and hides from Netra which one was asked.',
        fix: 'Let it pass Host on, and answer to other names with an error (a default server of its own).',
      },
    ],
    async run(context) {
      const { status, text } = await rawRequest(context, `${context.url}/api/config`, {
        headers: { host: `${randomUUID()}.netra.invalid` },
        // Some proxies answer names that are not theirs with 200 and nothing.
        expect: [200, 301, 302, 307, 308, 400, 403, 404, 421],
      })
      due(!text.includes('"ws_url"'), 'its configuration is told to another name')
      return String(status)
    },
  },
]
