import { createPrivateKey, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { AuthClient } from '../packages/server/src/auth-client/auth-client.ts'
import {
  administrator,
  AuthFixture,
  bearerOf,
  cookieOf,
  joined,
} from '../packages/server/src/auth/auth-fixture.ts'
import type { Auth } from '../packages/server/src/auth/auth.ts'
import { AuthDatabase } from '../packages/server/src/auth/store/auth-database.ts'
import { openAuthGateway, type AuthGateway } from '../packages/server/src/gateway/auth-gateway.ts'
import type { Authentication, Identity } from '../packages/server/src/identity/identity.ts'
import { systemClock } from '../packages/server/src/platform/clock.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { createMetrics, type Metrics } from '../packages/server/src/platform/metrics.ts'
import { SERVICE_SECRET, until } from './support/auth-process.ts'
import { startFaultProxy, type FaultProxy } from './support/fault-proxy.ts'
import { MovingClock } from './support/moving-clock.ts'

let fixture: AuthFixture
let auth: Auth
let gateway: AuthGateway
let proxy: FaultProxy
let clock: MovingClock
let client: AuthClient
let metrics: Metrics
let ended: [string, string][]

const startClient = (secret = SERVICE_SECRET): AuthClient => {
  metrics = createMetrics()
  const made = new AuthClient({
    url: proxy.url,
    serviceId: 'netra-backend',
    serviceSecret: secret,
    clock,
    logger: silentLogger,
    metrics,
  })
  made.onSessionEnded((sessionId, why) => ended.push([sessionId, why]))
  return made
}

const isWell = async (): Promise<boolean> => {
  try {
    await client.check()
    return true
  } catch {
    return false
  }
}

beforeEach(async () => {
  ended = []
  fixture = await AuthFixture.create()
  auth = await fixture.open({ clock: systemClock })
  auth.services.accept('netra-backend', SERVICE_SECRET)
  gateway = await openAuthGateway(
    {
      auth,
      clock: systemClock,
      logger: silentLogger,
      version: '0',
      revision: '0',
      publicUrl: undefined,
      webUrl: undefined,
      authUrl: undefined,
      allowedOrigins: [],
      trustedProxies: [],
      https: false,
      allMetrics: createMetrics(),
      metricsToken: undefined,
      requestsPerMinute: 600,
    },
    { host: '127.0.0.1', port: 0 },
  )
  proxy = await startFaultProxy(gateway.url)
  clock = new MovingClock()
  client = startClient()
  // Its keys are asked for at the start, and again when the feed has begun: that is not counted below.
  await until(async () => (await isWell()) && (await asked()) === 2)
})

afterEach(async () => {
  client[Symbol.dispose]()
  await proxy[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await fixture[Symbol.asyncDispose]()
})

const asked = async (): Promise<number> => {
  const text = await metrics.text()
  return Number(/netra_auth_client_calls_total\{end="answered"\} (\d+)/.exec(text)?.[1] ?? 0)
}

const identityFrom = (answer: Authentication): Identity => {
  if (!answer.ok) throw new Error(answer.why)
  return answer.identity
}

const byToken = (signedIn: Awaited<ReturnType<typeof joined>>) =>
  client.authenticate({ authorization: bearerOf(signedIn) })

test('a session is asked for once, however many wait for it, and then remembered', async () => {
  const ada = await joined(auth, 'ada')
  const before = await asked()
  const answers = await Promise.all(Array.from({ length: 50 }, () => byToken(ada)))
  expect(answers.every(({ ok }) => ok)).toBe(true)
  expect(await asked()).toBe(before + 1)
  const identity = identityFrom(await byToken(ada))
  expect(client.sessionState(identity)).not.toBeInstanceOf(Promise)
  expect(await asked()).toBe(before + 1)
  clock.advance(301_000)
  // The feed has spoken since: only the answer's age makes it ask again.
  await until(async () => (await byToken(ada)).ok)
  expect(await asked()).toBeGreaterThan(before + 1)
})

test('many sessions at once are one question', async () => {
  const people = await Promise.all(
    Array.from({ length: 8 }, (_, index) => joined(auth, `person${index}`)),
  )
  const before = await asked()
  await Promise.all(people.map((one) => byToken(one)))
  expect(await asked()).toBe(before + 1)
})

/** Signed rightly by the service's own key, whatever it says: a service that errs, or was robbed. */
async function signedBy(folder: string, claims: object): Promise<string> {
  const [key] = JSON.parse(await readFile(join(folder, 'keys', 'token-keys.json'), 'utf8')) as {
    kid: string
    privateKey: string
  }[]
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'RS256', kid: key?.kid, typ: 'JWT' })}.${part(claims)}`
  const signature = sign('RSA-SHA256', Buffer.from(text), createPrivateKey(key?.privateKey ?? ''))
  return `Bearer ${text}.${signature.toString('base64url')}`
}

test('no answer about one user serves another, whatever ids a token pairs (S22)', async () => {
  const ada = await joined(auth, 'ada')
  const eve = await joined(auth, 'eve')
  const now = Math.floor(Date.now() / 1000)
  const claims = (sub: string, sid: string) => ({
    sub,
    sid,
    email: 'eve@example.com',
    permissions: ['admin'],
    iat: now,
    exp: now + 600,
    iss: 'netra-auth-service',
    aud: 'netra',
    jti: 'j',
    type: 'access',
  })
  const { userId, sessionId } = ada.identity
  const hostile: [string, string][] = [
    [eve.identity.userId, sessionId],
    [`${userId}","${sessionId}`, ''],
    [`["${userId}"`, `"${sessionId}"]`],
    [`${userId}\u0000${sessionId}`, sessionId],
    [userId.slice(0, -1), userId.slice(-1) + sessionId],
    [userId, eve.identity.sessionId],
  ]
  const tokens = await Promise.all(
    hostile.map(([sub, sid]) => signedBy(fixture.folder, claims(sub, sid))),
  )
  for (let round = 0; round < 3; round += 1) {
    // First before anything is known, then beside the rightful one in the same turn, then after it.
    const [good, ...bad] = await Promise.all([
      round === 0 ? undefined : byToken(ada),
      ...tokens.map((authorization) => client.authenticate({ authorization })),
    ])
    if (good) expect(identityFrom(good)).toMatchObject({ userId, sessionId, role: 'user' })
    expect(bad.map((answer) => answer?.ok)).toEqual(hostile.map(() => false))
  }
  expect(identityFrom(await byToken(eve)).userId).toBe(eve.identity.userId)
})

test('a change drops what it touches and nothing else, and ends what it must', async () => {
  const root = await administrator(auth)
  const [ada, bob] = [await joined(auth, 'ada'), await joined(auth, 'bob')]
  const second = await auth.login({ email: 'ada@example.com', ...here })
  for (const one of [ada, bob, second]) await byToken(one)
  client.watch(() => [second.identity, bob.identity])
  const isKnown = (one: typeof ada) => !(client.sessionState(one.identity) instanceof Promise)
  expect([ada, second, bob].map(isKnown)).toEqual([true, true, true])
  auth.logout(ada.identity, here)
  await until(() => ended.length > 0)
  expect(ended).toEqual([[ada.identity.sessionId, 'revoked']])
  expect([second, bob].map(isKnown)).toEqual([true, true])
  expect(await byToken(ada)).toEqual({ ok: false, why: 'revoked' })
  // A role changes behind everybody's back: it is heard of, and only the one is asked for again.
  const database = new AuthDatabase(fixture.folder)
  database.run("UPDATE user SET role = 'admin' WHERE id = ?", bob.identity.userId)
  await until(async () => identityFrom(await byToken(bob)).role === 'admin')
  expect(isKnown(second)).toBe(true)
  // So is disabling, although it deletes no session.
  database.run('UPDATE user SET banned = 1 WHERE id = ?', ada.identity.userId)
  database.close()
  await until(() =>
    ended.some(([id, why]) => id === second.identity.sessionId && why === 'disabled'),
  )
  expect(ended.map(([id]) => id)).not.toContain(bob.identity.sessionId)
  expect(root.identity.role).toBe('admin')
})

const here = { password: 'correct horse battery', address: '127.0.0.1', fromLoopback: true }

test('in a black hole known sessions go on for 60 s, then each is refused and its socket sent away (S12, S40)', async () => {
  const ada = await joined(auth, 'ada')
  const identity = identityFrom(await byToken(ada))
  client.watch(() => [identity])
  proxy.swallow()
  clock.advance(45_000)
  expect(await byToken(ada)).toMatchObject({ ok: true })
  expect(ended).toEqual([])
  clock.advance(16_000)
  const state = client.sessionState(identity)
  expect(state).toBeInstanceOf(Promise)
  clock.advance(9_000)
  expect(await state).toEqual({ live: false, why: 'unavailable' })
  await until(() => {
    clock.advance(1_000)
    return ended.length > 0
  })
  expect(ended[0]).toEqual([identity.sessionId, 'unavailable'])
  const answer = byToken(ada)
  clock.advance(9_000)
  expect(await answer).toEqual({ ok: false, why: 'unavailable' })
  await proxy.pass()
  await until(async () => {
    clock.advance(1_000)
    return (await byToken(ada)).ok
  }, 60_000)
})

test('where nobody listens nothing is revoked: known sessions go on until they end', async () => {
  const ada = await joined(auth, 'ada')
  const bob = await joined(auth, 'bob')
  const identity = identityFrom(await byToken(ada))
  await client.authenticate({ cookie: cookieOf(ada) })
  client.watch(() => [identity])
  await proxy.refuse()
  await until(async () => !(await isWell()))
  for (let second = 0; second < 400; second += 1) {
    clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(await byToken(ada)).toMatchObject({ ok: true })
  expect(ended).toEqual([])
  expect(await byToken(bob)).toEqual({ ok: false, why: 'unavailable' })
  await expect(client.issueTicket(bob.identity)).rejects.toThrow('does not answer')
  // A browser that is known opens a new socket too: by a ticket of this node, once, with its cookie.
  const stolen = await client.issueTicket(identity)
  expect(await client.redeemTicket(stolen.ticket, cookieOf(bob))).toMatchObject({ ok: false })
  expect(await client.redeemTicket(stolen.ticket, cookieOf(ada))).toMatchObject({ ok: false })
  const { ticket } = await client.issueTicket(identity)
  expect(identityFrom(await client.redeemTicket(ticket, cookieOf(ada)))).toMatchObject({
    userId: identity.userId,
    sessionId: identity.sessionId,
  })
  expect(await client.redeemTicket(ticket, cookieOf(ada))).toEqual({
    ok: false,
    why: 'unavailable',
  })
  const late = await client.issueTicket(identity)
  clock.advance(31_000)
  expect(await client.redeemTicket(late.ticket, cookieOf(ada))).toMatchObject({ ok: false })
  // Its token's end is its own.
  clock.advance(15 * 60_000)
  expect(await byToken(ada)).toEqual({ ok: false, why: 'expired' })
})

test('a refusal after silence proves nothing: what was in doubt stays so', async () => {
  const ada = await joined(auth, 'ada')
  const identity = identityFrom(await byToken(ada))
  client.watch(() => [identity])
  proxy.swallow()
  clock.advance(50_000)
  await proxy.refuse()
  // For minutes nobody listens: that neither adds to the doubt nor takes any of it away.
  for (let second = 0; second < 200; second += 1) {
    clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(ended).toEqual([])
  await proxy.reopen()
  const begun = clock.monotonic()
  await until(() => {
    clock.advance(1_000)
    return ended.length > 0
  })
  // Silent again for less than the minute that a doubt from nothing would need.
  expect(clock.monotonic() - begun).toBeLessThan(40_000)
  expect(ended[0]).toEqual([identity.sessionId, 'unavailable'])
  const answer = byToken(ada)
  clock.advance(9_000)
  expect(await answer).toEqual({ ok: false, why: 'unavailable' })
})

test('when the feed cannot go on from a position all is forgotten and what is open asked for', async () => {
  const [ada, bob] = [await joined(auth, 'ada'), await joined(auth, 'bob')]
  for (const one of [ada, bob]) await byToken(one)
  // Heard by the feed alone, since bob is remembered: its position is not the first any more.
  const database = new AuthDatabase(fixture.folder)
  database.run("UPDATE user SET name = 'Bob' WHERE id = ?", bob.identity.userId)
  await until(async () => identityFrom(await byToken(bob)).name === 'Bob')
  // What was to be confirmed after the feed's beginning has been.
  clock.advance(1_000)
  client.watch(() => [ada.identity, bob.identity])
  proxy.swallow()
  proxy.cut()
  // Revoked unheard, and then the store is one from before.
  database.run('DELETE FROM session WHERE id = ?', ada.identity.sessionId)
  database.run('DELETE FROM auth_change')
  database.run("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'auth_change'")
  database.close()
  await proxy.pass()
  await until(() => {
    clock.advance(500)
    return ended.length > 0
  })
  expect(ended).toEqual([[ada.identity.sessionId, 'revoked']])
  expect(await metrics.text()).toMatch(/netra_auth_feed_changes_total\{kind="reset"\} 2/)
  expect(await byToken(ada)).toMatchObject({ ok: false })
  expect(await byToken(bob)).toMatchObject({ ok: true })
})

test('an answer that the feed has overtaken is not believed', async () => {
  const ada = await joined(auth, 'ada')
  const cookie = cookieOf(ada)
  await client.authenticate({ cookie })
  clock.advance(301_000)
  // The answer is on its way, held back, when the session ends; the feed is as slow, but ahead.
  proxy.delayMs = 700
  const answers = [byToken(ada), client.authenticate({ cookie })]
  await new Promise((resolve) => setTimeout(resolve, 300))
  auth.logout(ada.identity, here)
  await Promise.all(answers)
  await until(() => ended.length > 0)
  proxy.delayMs = 0
  expect(await byToken(ada)).toEqual({ ok: false, why: 'revoked' })
  expect(await client.authenticate({ cookie })).toEqual({ ok: false, why: 'revoked' })
})

test('three failures open the circuit, which refuses at once, shows itself and closes again', async () => {
  const people = await Promise.all(['ada', 'bob'].map((name) => joined(auth, name)))
  await proxy.refuse()
  expect(await byToken(people[0]!)).toEqual({ ok: false, why: 'unavailable' })
  expect(client.details()).toMatchObject({ circuit_breaker: { state: 'OPEN' } })
  expect(await metrics.text()).toMatch(/netra_auth_client_breaker_state 2/)
  const begun = performance.now()
  expect(await byToken(people[1]!)).toEqual({ ok: false, why: 'unavailable' })
  expect(performance.now() - begun).toBeLessThan(100)
  await expect(client.check()).rejects.toThrow(/auth service/)
  await proxy.pass()
  await until(async () => (await byToken(people[1]!)).ok)
  await until(isWell)
  expect(client.details()).toMatchObject({ circuit_breaker: { state: 'CLOSED' } })
  expect(await metrics.text()).toMatch(/netra_auth_client_breaker_state 0/)
})

test('an API key and a cookie are asked for once, and refused as soon as they are revoked', async () => {
  const ada = await joined(auth, 'ada')
  const cookie = cookieOf(ada)
  const before = await asked()
  for (let round = 0; round < 3; round += 1) {
    expect(identityFrom(await client.authenticate({ cookie }))).toMatchObject({ kind: 'session' })
  }
  expect(await asked()).toBe(before + 1)
  const nobody = { cookie: 'netra_session=made.up' }
  for (let round = 0; round < 3; round += 1) {
    expect(await client.authenticate(nobody)).toEqual({ ok: false, why: 'invalid' })
  }
  expect(await asked()).toBe(before + 2)
  for (const authorization of ['Bearer garbage', 'Bearer a.b.c', 'Basic x', 'Bearer']) {
    expect(await client.authenticate({ authorization })).toEqual({ ok: false, why: 'invalid' })
  }
  expect(await asked()).toBe(before + 2)
})

test('a node with a wrong secret learns nothing and lets nobody in', async () => {
  const ada = await joined(auth, 'ada')
  client[Symbol.dispose]()
  client = startClient('another-secret-of-at-least-32-characters')
  expect(await byToken(ada)).toEqual({ ok: false, why: 'unavailable' })
  expect(await client.authenticate({ cookie: cookieOf(ada) })).toMatchObject({ ok: false })
})
