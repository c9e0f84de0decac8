import { createPrivateKey, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'

import { healthy, startAuthProcess, startNode, temporaryFolder } from './support/auth-process.ts'
import { startFaultProxy, type FaultProxy } from './support/fault-proxy.ts'
import { request } from './support/http.ts'
import type { NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello } from './support/raw-socket.ts'

const HANDSHAKES = 1_000
const PEOPLE = 71
const MAX_MS = 10_000
const STORM = { timeout: 300_000 }

let service: NetraProcess
let proxy: FaultProxy
let people: Person[]
let gone: Person[]
let expired: string

beforeAll(async () => {
  service = await startAuthProcess({ env: { NETRA_LOG_LEVEL: 'warn' } })
  proxy = await startFaultProxy(service.url)
  people = []
  for (let count = 0; count < PEOPLE; count += 1) people.push(await register(service.url))
  gone = [await register(service.url), await register(service.url)]
  for (const { headers } of gone) {
    await request(`${service.url}/auth/logout`, { method: 'POST', headers })
  }
  expired = await expiredTokenOf(people[0]!)
}, 120_000)

afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]()
  await service?.[Symbol.asyncDispose]()
})

/** Signed by the service's own key, and over for an hour. */
async function expiredTokenOf({ token }: Person): Promise<string> {
  const file = await readFile(join(service.folder, 'keys', 'token-keys.json'), 'utf8')
  const [key] = JSON.parse(file) as { privateKey: string }[]
  const [head = '', body = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
  const past = Math.floor(Date.now() / 1000) - 3_600
  const old = { ...claims, iat: past - 900, exp: past }
  const text = `${head}.${Buffer.from(JSON.stringify(old)).toString('base64url')}`
  const signature = sign('RSA-SHA256', Buffer.from(text), createPrivateKey(key?.privateKey ?? ''))
  return `${text}.${signature.toString('base64url')}`
}

type Kind = 'valid' | 'forged' | 'expired' | 'revoked'
interface End {
  kind: Kind
  /** `welcome`, or how it was refused: a close code, an HTTP status, or that nobody listened. */
  end: string
  ms: number
  /** Whom it was welcomed as, and who it was. */
  as: unknown
  who: string
}

function tokenOf(index: number): { kind: Kind; token: string; who: string } {
  const person = people[index % PEOPLE]!
  const kind = (['forged', 'expired', 'revoked'] as const)[index % 10]
  if (kind === 'forged') {
    const token = `${person.token.slice(0, -8)}AAAAAAAA`
    return { kind, token, who: person.userId }
  }
  if (kind === 'expired') return { kind, token: expired, who: person.userId }
  const left = gone[index % gone.length]!
  if (kind === 'revoked') return { kind, token: left.token, who: left.userId }
  return { kind: 'valid', token: person.token, who: person.userId }
}

/** One handshake, from the first byte to its one end. */
function handshake(url: string, index: number): Promise<End> {
  const { kind, token, who } = tokenOf(index)
  const begun = performance.now()
  return new Promise((resolve) => {
    // Each from an address of its own: what one address may do is not what this is about.
    const address = `10.${index % 7}.${Math.floor(index / 250)}.${(index % 250) + 1}`
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, ['netra.v1'], {
      headers: { 'x-forwarded-for': address },
    })
    const done = (end: string, as?: unknown): void => {
      resolve({ kind, end, ms: performance.now() - begun, as, who })
      socket.terminate()
    }
    const giveUp = setTimeout(() => done('hangs'), 3 * MAX_MS)
    socket.on('open', () => socket.send(JSON.stringify(hello(token))))
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { type: string; user_id?: string }
      if (frame.type === 'welcome') done('welcome', frame.user_id)
    })
    socket.on('close', (code) => {
      clearTimeout(giveUp)
      done(`closed ${code}`)
    })
    socket.on('unexpected-response', (_request, { statusCode }) => done(`http ${statusCode}`))
    socket.on('error', (error) => done('code' in error ? String(error.code) : error.message))
  })
}

/** So many handshakes, begun evenly over the time. */
const storm = (url: string, overMs: number, count = HANDSHAKES): Promise<End[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await wait((overMs * index) / count)
      return handshake(url, index)
    }),
  )

const tally = (ends: End[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { kind, end } of ends) counts[`${kind}: ${end}`] = (counts[`${kind}: ${end}`] ?? 0) + 1
  return counts
}

/** Of those, whatever hangs, is let in wrongly or as somebody else, or ends for no clear reason. */
function wrong(ends: End[], { whileAway }: { whileAway: readonly string[] }): string[] {
  return ends.flatMap(({ kind, end, ms, as, who }) => {
    const isClear =
      end === 'welcome'
        ? kind === 'valid' && as === who
        : CLEAR[kind].includes(end) || whileAway.includes(end)
    return isClear && ms < MAX_MS ? [] : [`${kind}: ${end} after ${Math.round(ms)} ms`]
  })
}
const CLEAR: Record<Kind, string[]> = {
  valid: [],
  forged: ['closed 4501'],
  expired: ['closed 4006'],
  revoked: ['closed 4503'],
}

/** What a node says while it cannot ask, and that it is not there yet. */
const CANNOT_TELL = ['closed 4009']
const NOT_THERE = ['ECONNREFUSED', 'ECONNRESET', 'http 503']

/** Once all is there, every valid one is welcome: with no other end, whatever was before. */
const wrongWhenWell = async (node: NetraProcess): Promise<string[]> =>
  wrong(await storm(node.url, 2_000, 300), { whileAway: [] })

const startBehindProxy = (port = 0): Promise<NetraProcess> =>
  startNode(proxy.url, {
    port,
    env: { NETRA_TRUSTED_PROXIES: '127.0.0.1,::1', NETRA_LOG_LEVEL: 'error' },
  })

const successRatio = async (node: NetraProcess): Promise<number> => {
  const { body } = await request<string>(`${node.url}/metrics`)
  return Number(/^netra_handshake_success_ratio (\S+)/m.exec(body)?.[1])
}

test('1,000 handshakes against a node that is just starting each end clearly', STORM, async () => {
  await using folder = await temporaryFolder()
  const probe = await startNode(proxy.url, { folder: folder.path })
  const port = Number(new URL(probe.url).port)
  await probe.kill('SIGKILL')
  const starting = startBehindProxy(port)
  const ends = await storm(probe.url, 5_000)
  await using node = await starting
  expect(wrong(ends, { whileAway: [...CANNOT_TELL, ...NOT_THERE] })).toEqual([])
  await healthy(node.url)
  expect(await wrongWhenWell(node)).toEqual([])
})

test(
  '1,000 handshakes while the auth service answers after 2 s are all judged rightly',
  STORM,
  async () => {
    await using node = await startBehindProxy()
    await healthy(node.url)
    proxy.delayMs = 2_000
    try {
      const ends = await storm(node.url, 3_000)
      expect(wrong(ends, { whileAway: [] })).toEqual([])
      expect(await successRatio(node)).toBe(1)
    } finally {
      proxy.delayMs = 0
    }
  },
)

test('1,000 handshakes while the auth service comes and goes each end clearly', STORM, async () => {
  await using node = await startBehindProxy()
  const over = new AbortController()
  const flapping = (async () => {
    for (let round = 0; !over.signal.aborted; round += 1) {
      if (round % 2 === 0) await proxy.refuse()
      else proxy.swallow()
      // One hole is so long that whoever waits in it must be told before their time is over.
      await wait(round === 1 ? 6_000 : 500 + 200 * (round % 3))
      await proxy.pass()
      await wait(900 + 200 * (round % 4))
    }
  })()
  const ends = await storm(node.url, 8_000)
  over.abort()
  await flapping
  expect(wrong(ends, { whileAway: CANNOT_TELL })).toEqual([])
  // It is there half of the time: whom it has vouched for once is let in also while it is away.
  expect(tally(ends)['valid: welcome'] ?? 0).toBeGreaterThan(0)
  await healthy(node.url)
  expect(await wrongWhenWell(node)).toEqual([])
})
