import type { Account } from '../accounts.ts'
import type { Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { cookiesOf, signInAsBrowser } from '../probe/browser.ts'
import { due, shown, textIn } from '../probe/due.ts'
import { errorShape } from '../probe/error-shape.ts'
import { rawRequest } from '../probe/raw-request.ts'
import { welcomed } from '../probe/socket.ts'

const LOG = {
  cause: 'The account service does not do as it is due.',
  fix: 'Find the trace id of the answer in the server’s log; `netra doctor` looks at the account store.',
}
const AUTH_AWAY = {
  when: /50\d|no answer|ECONN/,
  cause: 'The auth service or its store is away.',
  fix: 'Look at /health; start `netra auth` where it runs alone, and check AUTH_SERVICE_URL.',
}
const CODES_MOVE = {
  cause:
    'Sessions live on after they were ended: nodes do not hear of it, or something keeps answers.',
  fix: 'See that every node reaches the auth service’s feed, and that no proxy keeps answers of /auth and /api.',
}

/** A login session of its own, so that ending it ends nothing else. */
const ownSession = async (context: CheckContext): Promise<Account> =>
  context.accounts.signIn(await context.account(), context.http)

const refresh = (context: CheckContext, refreshToken: string, expect: number | number[] = 200) =>
  context.http.ask('/auth/refresh', { body: { refresh_token: refreshToken }, expect })

const logOut = (context: CheckContext, { token }: Account) =>
  context.http.ask('/auth/logout', { method: 'POST', token })

export const accountChecks: readonly Check[] = [
  {
    id: 'accounts.come-in',
    group: 'accounts',
    title: 'An account can be made, or the given one comes in',
    weight: 'blocking',
    smoke: true,
    causes: [
      {
        when: /nobody may register/,
        cause: 'Registration is closed, or asks for an address that receives mail.',
        fix: 'Give an administrator’s account (--email, NETRA_VALIDATE_PASSWORD): it makes accounts for this run and removes them.',
      },
      {
        when: /\/auth\/login answered 401/,
        cause: 'The given e-mail or password is wrong, or the account has a second factor.',
        fix: 'Give an account without a second factor, and its password in NETRA_VALIDATE_PASSWORD.',
      },
      AUTH_AWAY,
      LOG,
    ],
    async run(context) {
      const { email, isOurs } = await context.account()
      return `${email}, ${isOurs ? 'made for this run' : 'as given'}`
    },
  },
  {
    id: 'accounts.login',
    group: 'accounts',
    title: 'Signing in gives tokens of the right person',
    weight: 'blocking',
    smoke: true,
    needs: ['accounts.come-in'],
    causes: [AUTH_AWAY, LOG],
    async run(context) {
      const { email, password, userId } = await context.account()
      const body = (await context.http.ask('/auth/login', { body: { email, password } })).json()
      textIn(body, 'access_token', 'the answer')
      textIn(body, 'refresh_token', 'the answer')
      due(body['token_type'] === 'Bearer', `token_type is ${shown(body['token_type'])}`)
      const { expires_in } = body
      due(typeof expires_in === 'number' && expires_in > 0, `expires_in is ${shown(expires_in)}`)
      const { id } = { ...(body['user'] as { id?: unknown } | undefined) }
      due(id === userId, `the tokens are of ${shown(id)}, not of ${userId}`)
      return `user ${userId}, tokens for ${expires_in} s`
    },
  },
  {
    id: 'accounts.me',
    group: 'accounts',
    title: 'A token says who somebody is',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [AUTH_AWAY, LOG],
    async run(context) {
      const { email, userId, token } = await context.account()
      const me = (await context.http.ask('/auth/me', { token })).json()
      due(me['id'] === userId, `/auth/me is ${shown(me['id'])}, not ${userId}`)
      const isSame = String(me['email']).toLowerCase() === email.toLowerCase()
      due(isSame, `/auth/me has the address ${shown(me['email'])}, not ${email}`)
      return `${userId}, ${email}`
    },
  },
  {
    id: 'accounts.two-people',
    group: 'accounts',
    title: 'Two people are two people',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [
      {
        when: /--users/,
        cause: 'The run was given too few accounts.',
        fix: 'Leave --users at 2 or more.',
      },
      {
        when: /nobody may register/,
        cause: 'One account was given, and nobody may register.',
        fix: 'Give an administrator’s account instead, or a second one (--email twice).',
      },
      LOG,
    ],
    async run(context) {
      const ids = new Set<string>()
      for (const index of [0, 1]) {
        const { token } = await context.account(index)
        ids.add(shown((await context.http.ask('/auth/me', { token })).json()['id']))
      }
      due(ids.size === 2, `both are ${[...ids].join()}`)
      return [...ids].join(' and ')
    },
  },
  {
    id: 'accounts.wrong-password',
    group: 'accounts',
    title: 'A wrong password is 401, and says nothing of whether the account is there',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [
      {
        when: /answered 200/,
        cause: 'A wrong password lets people in.',
        fix: 'Take the server off the network at once, and look at what answers /auth/login.',
      },
      LOG,
    ],
    async run(context) {
      const { email } = await context.account()
      const tried = async (address: string) => {
        const body = { email: address, password: 'certainly-not-this-one' }
        return errorShape(await context.http.ask('/auth/login', { body, expect: 401 }))
      }
      const known = await tried(email)
      const unknown = await tried(`nobody-${email}`)
      due(
        known.code === unknown.code && known.message === unknown.message,
        `"${known.message}" for an account that is there, "${unknown.message}" for none`,
      )
      return known.message
    },
  },
  {
    id: 'accounts.refresh',
    group: 'accounts',
    title: 'A refresh token gives a new pair that works',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [AUTH_AWAY, LOG],
    async run(context) {
      const { refreshToken, userId } = await ownSession(context)
      const body = (await refresh(context, refreshToken)).json()
      const token = textIn(body, 'access_token', 'the answer')
      const next = textIn(body, 'refresh_token', 'the answer')
      due(next !== refreshToken, 'the refresh token is the old one: it is not rotated')
      const me = (await context.http.ask('/auth/me', { token })).json()
      due(me['id'] === userId, `the new token is of ${shown(me['id'])}`)
      await refresh(context, next)
      return 'rotated twice'
    },
  },
  {
    id: 'accounts.refresh-reuse',
    group: 'accounts',
    title: 'A refresh token that was used before ends the session',
    weight: 'blocking',
    background: true,
    timeoutMs: 30_000,
    needs: ['accounts.come-in'],
    applies: ({ pace }) =>
      pace.refreshGraceMs === 0 ? 'the pace leaves no time for it' : undefined,
    causes: [
      {
        cause: 'A stolen refresh token goes on working beside the owner’s.',
        fix: 'Update Netra; if the auth service runs several times, let them share one store.',
      },
    ],
    async run(context) {
      const { refreshToken } = await ownSession(context)
      const fresh = (await refresh(context, refreshToken)).json()
      const graceMs = context.pace.refreshGraceMs ?? 11_000
      await new Promise((resolve) => setTimeout(resolve, graceMs))
      await refresh(context, refreshToken, 401)
      const token = textIn(fresh, 'access_token', 'the answer')
      await context.http.ask('/auth/me', { token, expect: 401 })
      return `shown again after ${graceMs} ms: refused, and the session has ended`
    },
  },
  {
    id: 'accounts.logout-token',
    group: 'accounts',
    title: 'Signing out ends the access token at once',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [CODES_MOVE],
    async run(context) {
      const session = await ownSession(context)
      await context.http.ask('/api/threads?limit=1', { token: session.token })
      await logOut(context, session)
      // Of two nodes the other one hears of it within a second.
      const ended = performance.now()
      for (;;) {
        const { status } = await context.http.ask('/api/threads?limit=1', {
          token: session.token,
          expect: [200, 401],
        })
        const passed = Math.round(performance.now() - ended)
        if (status === 401) return `refused after ${passed} ms`
        due(passed < 2_000, 'the token still works 2 s after signing out')
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
  },
  {
    id: 'accounts.logout-refresh',
    group: 'accounts',
    title: 'Signing out ends the refresh token',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [CODES_MOVE],
    async run(context) {
      const session = await ownSession(context)
      await logOut(context, session)
      await refresh(context, session.refreshToken, 401)
      return 'refused'
    },
  },
  {
    id: 'accounts.logout-sockets',
    group: 'accounts',
    title: 'Signing out closes the sockets of the session with 4503',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [
      {
        when: /welcome|upgrade/,
        cause: 'No socket comes that far.',
        fix: 'See addresses.socket and the group conversation.',
      },
      CODES_MOVE,
    ],
    async run(context) {
      const { ws_url } = await context.config()
      const session = await ownSession(context)
      const { socket } = await welcomed(context, { token: session.token }, { url: ws_url })
      const begun = performance.now()
      await logOut(context, session)
      const { code, reason } = await socket.closed(3_000)
      due(code === 4503, `closed with ${code} ${reason}, not 4503`)
      return `after ${Math.round(performance.now() - begun)} ms`
    },
  },
  {
    id: 'accounts.session-persists',
    group: 'accounts',
    title: 'A session is the same over two connections, at once and one after the other',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [
      {
        cause:
          'Nodes do not share their sessions, and the balancer sends each connection to another.',
        fix: 'Let all nodes use one auth service and one store (DATABASE_URL, AUTH_SERVICE_URL).',
      },
    ],
    async run(context) {
      const { ws_url } = await context.config()
      const session = await ownSession(context)
      const open = () => welcomed(context, { token: session.token }, { url: ws_url })
      const first = await open()
      const second = await open()
      first.socket.close()
      await first.socket.closed(context.pace.answerMs)
      const third = await open()
      for (const { welcome } of [first, second, third]) {
        const is = welcome['user_id']
        due(is === session.userId, `a socket is ${shown(is)}, not ${session.userId}`)
      }
      for (const { socket } of [second, third]) socket.close()
      // Each on a connection of its own.
      for (let n = 0; n < 2; n++) {
        const headers = { authorization: `Bearer ${session.token}` }
        await rawRequest(context, `${context.authUrl}/auth/me`, { headers })
      }
      await logOut(context, session)
      return 'three sockets, two requests, one person'
    },
  },
  {
    id: 'accounts.browser',
    group: 'accounts',
    title: 'A browser signs in by its cookie and opens a socket by ticket',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [
      {
        when: /no cookie/,
        cause: 'The cookie is lost on its way.',
        fix: 'Let the proxy pass Set-Cookie on as it is; do not rewrite it.',
      },
      {
        when: /403/,
        cause: 'Netra does not know the address of its own page.',
        fix: 'Set NETRA_PUBLIC_URL to the address that people use; let the proxy pass Host and Origin on.',
      },
      LOG,
    ],
    async run(context) {
      const { ws_url } = await context.config()
      const { cookie, origin, userId } = await signInAsBrowser(context)
      const headers = { cookie, origin, 'content-type': 'application/json' }
      const me = await rawRequest(context, `${context.authUrl}/auth/me`, { headers: { cookie } })
      due(me.text.includes(userId), 'the cookie is of somebody else')
      if (new URL(context.authUrl).origin === new URL(context.url).origin) {
        const answer = await rawRequest(context, `${context.url}/api/ws-ticket`, {
          method: 'POST',
          headers,
          body: '{}',
        })
        const { ticket } = JSON.parse(answer.text) as { ticket: string }
        context.secret(ticket)
        const { socket, welcome } = await welcomed(
          context,
          { ticket },
          { url: ws_url, headers: { cookie, origin } },
        )
        due(welcome['user_id'] === userId, `the socket is ${shown(welcome['user_id'])}`)
        socket.close()
      }
      const out = await rawRequest(context, `${context.authUrl}/auth/logout`, {
        method: 'POST',
        headers,
        body: '{}',
      })
      due(cookiesOf(out.headers) === '', 'signing out leaves the cookie')
      return 'cookie, ticket, socket, and out again'
    },
  },
  {
    id: 'accounts.signing-key',
    group: 'accounts',
    title: 'Access tokens are signed with a key that is published',
    weight: 'blocking',
    needs: ['accounts.come-in'],
    causes: [
      {
        cause: 'Tokens are signed with a key that nodes cannot look up, or with none.',
        fix: 'Let /.well-known/jwks.json be passed on to what signs (Netra or `netra auth`), uncached.',
      },
    ],
    async run(context) {
      const { token } = await context.account()
      const [head = ''] = token.split('.')
      const { alg, kid } = decoded(head)
      due(alg === 'RS256', `alg is ${shown(alg)}`)
      const { keys } = (await context.http.ask(`${context.authUrl}/.well-known/jwks.json`)).json()
      const known = Array.isArray(keys) ? (keys as { kid?: unknown; d?: unknown }[]) : []
      due(
        known.some((key) => key.kid === kid),
        `the key ${shown(kid)} is not among those published: ${shown(known.map((key) => key.kid))}`,
      )
      due(!known.some(({ d }) => d !== undefined), 'a private key is published')
      return `RS256 by ${shown(kid)}`
    },
  },
]

function decoded(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}
