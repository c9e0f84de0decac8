import { answering, changing, changingJson, json } from '../alterations.ts'
import type { BrokenServer } from '../judge.ts'

const bodyOf = (text: string): Record<string, unknown> =>
  text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)

export const brokenAccounts: readonly BrokenServer[] = [
  {
    name: 'lets nobody register',
    breaks: 'accounts.come-in',
    alter: () => answering('/auth/register', () => json(403, { error: true })),
  },
  {
    name: 'does not say what its tokens are',
    breaks: 'accounts.login',
    alter: () => changingJson('/auth/login', (body) => ({ ...body, token_type: undefined })),
  },
  {
    name: 'gives people the address of somebody else',
    breaks: 'accounts.me',
    alter: () =>
      changingJson('GET /auth/me', (body) => ({ ...body, email: 'somebody@example.com' })),
  },
  {
    name: 'takes everybody for the first who came',
    breaks: 'accounts.two-people',
    alter: () => {
      let first: unknown
      return changingJson('GET /auth/me', (body) => ({ ...body, id: (first ??= body['id']) }))
    },
  },
  {
    name: 'tells which addresses have an account',
    breaks: 'accounts.wrong-password',
    alter: () => {
      const known = new Set<unknown>()
      return changing(/^POST \/auth\/(?:register|login)$/, (answered, asked) => {
        const { email } = bodyOf(asked.body)
        if (answered.status === 201) known.add(email)
        if (answered.status !== 401 || known.has(email)) return
        const message = 'There is no such account.'
        const body = { ...bodyOf(answered.body), message, user_message: message }
        answered.body = JSON.stringify(body)
      })
    },
  },
  {
    name: 'never changes a refresh token',
    breaks: 'accounts.refresh',
    alter: () =>
      changingJson('/auth/refresh', (body, asked) => ({
        ...body,
        refresh_token: bodyOf(asked.body)['refresh_token'],
      })),
  },
  {
    name: 'takes a refresh token twice',
    breaks: 'accounts.refresh-reuse',
    pace: { refreshGraceMs: 10_500 },
    alter: () => {
      const kept = new Map<unknown, string>()
      return changing('/auth/refresh', (answered, asked) => {
        const { refresh_token: token } = bodyOf(asked.body)
        const before = kept.get(token)
        if (answered.status === 200) kept.set(token, answered.body)
        else if (before !== undefined) Object.assign(answered, { status: 200, body: before })
      })
    },
  },
  {
    name: 'takes tokens of a session that was ended',
    breaks: 'accounts.logout-token',
    alter: () =>
      changing('GET /api/threads', (answered) => {
        if (answered.status === 401) Object.assign(answered, json(200, []))
      }),
  },
  {
    name: 'renews a session that was ended',
    breaks: 'accounts.logout-refresh',
    alter: () =>
      changing('/auth/refresh', (answered) => {
        const tokens = { access_token: 'a', refresh_token: 'r', token_type: 'Bearer' }
        if (answered.status === 401) Object.assign(answered, json(200, tokens))
      }),
  },
  {
    name: 'keeps sockets of a session that was ended',
    breaks: 'accounts.logout-sockets',
    alter: () => ({ socket: () => ({ close: (code) => (code === 4503 ? 'never' : code) }) }),
  },
  {
    name: 'sends every third connection to a node that knows no sessions',
    breaks: 'accounts.session-persists',
    alter: () => {
      const seen = new Map<string, number>()
      return {
        socket: () => {
          let isLost = false
          return {
            up(message) {
              if (message.type === 'hello') {
                const token = String(message['token'])
                seen.set(token, (seen.get(token) ?? 0) + 1)
                isLost = seen.get(token) === 3
              }
              return [message]
            },
            down(message, { end }) {
              if (!isLost || message.type !== 'welcome') return [message]
              end(4501)
              return []
            },
          }
        },
      }
    },
  },
  {
    name: 'has a proxy in front that drops cookies',
    breaks: 'accounts.browser',
    alter: () => changing(/./, (answered) => void delete answered.headers['set-cookie']),
  },
  {
    name: 'publishes no key',
    breaks: 'accounts.signing-key',
    alter: () => changingJson(/jwks\.json$/, () => ({ keys: [] })),
  },
]
