import { randomUUID } from 'node:crypto'

import type { Accounts } from '../accounts.ts'
import type { Cause, Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { due, shown, textIn } from '../probe/due.ts'
import { errorShape } from '../probe/error-shape.ts'
import { openSocket, welcomed } from '../probe/socket.ts'

const TURNED_OFF: Cause = {
  cause: 'The limits are turned off, or set so high that they protect nothing.',
  fix: 'Leave NETRA_REQUESTS_PER_MINUTE unset, or set it to what people need (docs/limits.md).',
}
/** Beyond it a limit is none. */
const MOST_REQUESTS = 3_000
/** Asked at a time: one after the other would take minutes from far away. */
const AT_ONCE = 20

/** What is asked for is not there, and is counted nevertheless: against this account alone. */
const COUNTED = `/api/threads/${randomUUID()}/export`

interface Flood {
  sent: number
  refusal: { status: number; headers: Headers; json(): Record<string, unknown> } | undefined
}

const floods = new WeakMap<Accounts, Promise<Flood>>()

/** Meets the smallest limit of one account, once a run. */
function floodOnce(context: CheckContext): Promise<Flood> {
  const known = floods.get(context.accounts)
  if (known) return known
  const flood = floodBy(context)
  floods.set(context.accounts, flood)
  flood.catch(() => floods.delete(context.accounts))
  return flood
}

async function floodBy(context: CheckContext): Promise<Flood> {
  const { token } = await context.account(context.users - 1)
  let refusal: Flood['refusal']
  let sent = 0
  while (refusal === undefined && sent < MOST_REQUESTS) {
    sent += AT_ONCE
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        context.http.ask(COUNTED, { token, expect: [404, 429] }),
      ),
    )
    refusal = answers.find(({ status }) => status === 429)
  }
  return { sent, refusal }
}

export const limitChecks: readonly Check[] = [
  {
    id: 'limits.told',
    group: 'limits',
    title: 'Answers say how much is left',
    weight: 'advisory',
    causes: [
      {
        cause: 'The proxy takes the headers RateLimit and X-RateLimit-* away, or limits are off.',
        fix: 'Let the proxy pass headers on; see docs/limits.md.',
      },
    ],
    async run(context) {
      const { token } = await context.account()
      const { headers } = await context.http.ask('/api/threads?limit=1', { token })
      const [policy, left, limit] = ['ratelimit-policy', 'ratelimit', 'x-ratelimit-limit'].map(
        (name) => {
          const value = headers.get(name)
          due(value !== null, `no header ${name}`)
          return value
        },
      )
      due(Number(limit) > 0, `x-ratelimit-limit is ${limit}`)
      return `${policy}; ${left}`
    },
  },
  {
    id: 'limits.refuses',
    group: 'limits',
    title: 'Who asks too often gets 429 with Retry-After, in the shape of every error',
    weight: 'blocking',
    timeoutMs: 60_000,
    causes: [
      {
        when: /lacks|no JSON/,
        cause: 'The proxy limits by itself, with a page of its own, before Netra does.',
        fix: 'Give the proxy’s limits more room than Netra’s (docs/limits.md), or take them away.',
      },
      TURNED_OFF,
    ],
    async run(context) {
      const { sent, refusal } = await floodOnce(context)
      due(refusal !== undefined, `${sent} requests within seconds, and none was refused`)
      const after = Number(refusal.headers.get('retry-after'))
      due(Number.isInteger(after) && after > 0, `Retry-After is ${shown(after)}`)
      errorShape(refusal, 'RATE_LIMITED')
      return `refused within ${sent} requests, come back after ${after} s`
    },
  },
  {
    id: 'limits.locks-nobody-out',
    group: 'limits',
    title: 'Who was refused can still sign in and do everything else',
    weight: 'blocking',
    timeoutMs: 60_000,
    causes: [
      {
        cause: 'One limit covers everything, or a firewall bans who meets it.',
        fix: 'Exempt Netra’s own 429 from rules that ban addresses (fail2ban, WAF).',
      },
    ],
    async run(context) {
      await floodOnce(context)
      const account = await context.account(context.users - 1)
      const again = await context.accounts.signIn(account, context.http)
      await context.http.ask('/auth/me', { token: again.token })
      await context.http.ask('/api/threads?limit=1', { token: again.token })
      const other = await context.account(0)
      await context.http.ask('/auth/me', { token: other.token })
      return 'signed in, and others are untouched'
    },
  },
  {
    id: 'limits.sign-in',
    group: 'limits',
    title: 'Signing in is counted',
    weight: { development: 'advisory' },
    causes: [TURNED_OFF],
    async run({ http }) {
      // Not a guess at anybody's password: those count against accounts and networks.
      const { headers } = await http.ask('/auth/refresh', {
        body: { refresh_token: randomUUID() },
        expect: 401,
      })
      const limit = Number(headers.get('x-ratelimit-limit') ?? Number.NaN)
      due(limit > 0, `the answer of /auth/refresh tells no limit: ${shown(limit)}`)
      due(limit <= 12_000, `${limit} attempts a minute are no limit`)
      return `${limit} a minute`
    },
  },
  {
    id: 'limits.large-body',
    group: 'limits',
    title: 'A body of several megabytes is refused, and the server goes on',
    weight: 'blocking',
    causes: [
      {
        cause: 'There is no limit to a body, so anybody can fill the memory.',
        fix: 'Let the proxy have one too (nginx: `client_max_body_size`), and update Netra.',
      },
    ],
    async run(context) {
      const { http } = context
      const body = { email: 'x'.repeat(3_000_000), password: 'x' }
      const { status } = await http.ask('/auth/login', { body, expect: [413] })
      await http.ask('/health/live')
      return String(status)
    },
  },
  {
    id: 'limits.uploads-pass',
    group: 'limits',
    title: 'A file of 2 MB can be uploaded',
    weight: 'blocking',
    causes: [
      {
        when: /413/,
        cause: 'The proxy refuses what is larger than its own limit (nginx: 1 MB).',
        fix: 'nginx: `client_max_body_size 0;`, Netra has limits of its own.',
      },
      {
        cause: 'Uploads do not come through whole.',
        fix: 'Look at the time-outs and buffers of the proxy, and at the disk of the server.',
      },
    ],
    async run(context) {
      const { http } = context
      const { token } = await context.account()
      const bytes = 2 * 1024 * 1024
      const form = new FormData()
      const row = 'validate,12345\n'
      const text = row.repeat(Math.ceil(bytes / row.length)).slice(0, bytes)
      form.append('file', new Blob([text], { type: 'text/csv' }), 'validate.csv')
      const made = (await http.ask('/api/files', { token, body: form, expect: 201 })).json()
      const id = textIn(made, 'file_id', 'the file')
      try {
        due(made['bytes'] === bytes, `it has ${shown(made['bytes'])} bytes, not ${bytes}`)
      } finally {
        await http.ask(`/api/files/${encodeURIComponent(id)}`, {
          method: 'DELETE',
          token,
          expect: [200, 204],
        })
      }
      return `${bytes} bytes there, and removed`
    },
  },
  {
    id: 'limits.large-frame',
    group: 'limits',
    title: 'A frame beyond the limit is refused',
    weight: 'blocking',
    causes: [
      {
        cause: 'There is no limit to a frame, so anybody can fill the memory.',
        fix: 'Update Netra; let nothing between change its limits.',
      },
    ],
    async run(context) {
      const { ws_url, limits } = await context.config()
      const { token } = await context.account()
      const { max_frame_bytes: most } = { ...(limits as { max_frame_bytes?: unknown }) }
      due(typeof most === 'number' && most > 0, `max_frame_bytes is ${shown(most)}`)
      const { socket } = await welcomed(context, { token }, { url: ws_url })
      socket.send({ type: 'ping', nonce: 'x'.repeat(most + 1_000) })
      const { code } = await socket.closed(context.pace.answerMs)
      due(code === 1009 || code === 4500, `closed with ${code}, not 1009 or 4500`)
      return `${most} bytes; closed with ${code} beyond`
    },
  },
  {
    id: 'limits.silent-socket',
    group: 'limits',
    title: 'A socket that does not say who it is is closed',
    weight: 'advisory',
    background: true,
    timeoutMs: 30_000,
    applies: ({ pace }) => (pace.silentMs === 0 ? 'the pace leaves no time for it' : undefined),
    causes: [
      {
        cause: 'Strangers can hold sockets open for as long as they like.',
        fix: 'Update Netra; a proxy that answers the upgrade by itself must pass the close on.',
      },
    ],
    async run(context) {
      const { ws_url } = await context.config()
      const socket = await openSocket(context, { url: ws_url })
      const begun = performance.now()
      const { code } = await socket.closed(context.pace.silentMs ?? 13_000)
      due(code === 4011, `closed with ${code}, not 4011`)
      return `after ${Math.round(performance.now() - begun)} ms with ${code}`
    },
  },
]
