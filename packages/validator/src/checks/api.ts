import { randomUUID } from 'node:crypto'

import { getJson } from '../request.ts'
import type { Check } from '../runner.ts'

export const apiChecks: readonly Check[] = [
  {
    group: 'api',
    name: '/api/config names the socket address',
    remedy: 'Check NETRA_PUBLIC_URL and that the proxy passes the Host header on.',
    async run(target) {
      const body = await getJson(`${target.url}/api/config`, 200)
      const address = body['ws_url']
      if (typeof address !== 'string' || !/^wss?:/.test(address))
        throw new Error(`ws_url is ${String(address)}`)
      target.socketUrl = address
      return address
    },
  },
  {
    group: 'api',
    name: 'an account signs in',
    remedy: 'Give one with --email and --password where registration is by invitation.',
    async run(target) {
      const { account } = target
      const body = account
        ? await getJson(`${target.url}/auth/login`, 200, { body: account })
        : await getJson(`${target.url}/auth/register`, 201, {
            body: { email: `validate-${randomUUID()}@netra.invalid`, password: randomUUID() },
          })
      if (typeof body['access_token'] !== 'string')
        throw new Error('the answer has no access_token')
      target.token = body['access_token']
      const me = await getJson(`${target.url}/auth/me`, 200, { token: target.token })
      target.userId = String(me['id'])
      return account ? 'login' : 'a new account'
    },
  },
  {
    group: 'api',
    name: 'without a credential nothing is shown',
    remedy: 'A proxy may add credentials to requests that have none.',
    async run({ url }) {
      const body = await getJson(`${url}/api/threads`, 403)
      if (typeof body['user_message'] !== 'string') throw new Error('the error has no user_message')
      return '403 with a reason'
    },
  },
  {
    group: 'api',
    name: 'agents are listed',
    remedy: 'Look at the log of the server.',
    async run({ url, token }) {
      const body = await getJson(`${url}/api/agents`, 200, { token })
      const agents = body['agents']
      if (!Array.isArray(agents) || agents.length === 0) throw new Error('there is no agent')
      return `${agents.length} agents`
    },
  },
]
