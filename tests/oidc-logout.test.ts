import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  macSigned,
  startHostileProvider,
  strangersKey,
  unsigned,
  type HostileProvider,
} from './support/hostile-provider.ts'
import { HttpBrowser } from './support/http-browser.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'

let provider: HostileProvider
let netra: NetraProcess

beforeAll(async () => {
  provider = await startHostileProvider()
  netra = await startNetra({ env: provider.env })
}, 60_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const isBack = (url: URL) => url.pathname.startsWith('/auth/callback/')

const who = (browser: HttpBrowser) => browser.ask(`${netra.url}/auth/me`)

const HOUR = 3600
const now = () => Math.floor(Date.now() / 1000)
const send = (token: string) =>
  fetch(`${netra.url}/auth/backchannel-logout/oidc`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }),
  })

let count = 0

async function signedIn(sub = `person-${++count}`) {
  provider.person = { sub, email: `${sub}@example.com`, email_verified: true }
  const browser = new HttpBrowser()
  const start = await browser.go(`${netra.url}/auth/login?provider=oidc`, { until: isBack })
  const code = start.url.searchParams.get('code')!
  await browser.go(start.url.href, { until: (to) => to.pathname === '/' })
  expect(await who(browser)).toMatchObject({ status: 200 })
  return { sub, sid: `sid of ${code}`, status: async () => (await who(browser)).status }
}

test('a logout token of one session ends exactly that one (S11)', async () => {
  const [one, two] = [await signedIn('two-devices'), await signedIn('two-devices')]
  const answer = await send(provider.signed(provider.logoutClaims({ sub: one.sub, sid: one.sid })))
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toContain('no-store')
  expect([await one.status(), await two.status()]).toEqual([401, 200])
})

test('a logout token of a subject ends all of that subject, and nobody else’s', async () => {
  const other = await signedIn('bystander')
  const [one, two] = [await signedIn('leaver'), await signedIn('leaver')]
  const token = provider.signed(provider.logoutClaims({ sub: 'leaver' }), { typ: 'logout+jwt' })
  expect((await send(token)).status).toBe(200)
  const statuses = [await one.status(), await two.status(), await other.status()]
  expect(statuses).toEqual([401, 401, 200])
})

test('a logout token is good for once', async () => {
  const one = await signedIn()
  const token = provider.signed(provider.logoutClaims({ sub: one.sub }))
  expect((await send(token)).status).toBe(200)
  const again = await signedIn(one.sub)
  expect((await send(token)).status).toBe(400)
  expect(await again.status()).toBe(200)
})

test('a logout token that comes while somebody signs in leaves no session behind', async () => {
  const browser = new HttpBrowser()
  const start = await browser.go(`${netra.url}/auth/login?provider=oidc`, { until: isBack })
  const sid = `sid of ${start.url.searchParams.get('code')}`
  expect((await send(provider.signed(provider.logoutClaims({ sid })))).status).toBe(200)
  await browser.go(start.url.href, { until: (to) => to.pathname === '/sign-in' })
  expect(await who(browser)).toMatchObject({ status: 403 })
})

const BAD: Record<string, (sub: string) => string> = {
  'with a nonce': (sub) => provider.signed(provider.logoutClaims({ sub, nonce: 'x' })),
  'without the event': (sub) => provider.signed(provider.logoutClaims({ sub, events: {} })),
  'without events': (sub) => provider.signed(provider.logoutClaims({ sub, events: undefined })),
  'without a jti': (sub) => provider.signed(provider.logoutClaims({ sub, jti: undefined })),
  'without an iat': (sub) => provider.signed(provider.logoutClaims({ sub, iat: undefined })),
  'made an hour ago': (sub) => provider.signed(provider.logoutClaims({ sub, iat: now() - HOUR })),
  'from the future': (sub) => provider.signed(provider.logoutClaims({ sub, iat: now() + HOUR })),
  'whose time is over': (sub) => provider.signed(provider.logoutClaims({ sub, exp: now() - HOUR })),
  'for another client': (sub) => provider.signed(provider.logoutClaims({ sub, aud: 'x' })),
  'of another issuer': (sub) =>
    provider.signed(provider.logoutClaims({ sub, iss: 'https://accounts.google.com' })),
  'about nobody': () => provider.signed(provider.logoutClaims()),
  'about a number': () => provider.signed(provider.logoutClaims({ sub: 7 })),
  'that is an id_token': (sub) =>
    provider.signed(provider.logoutClaims({ sub }), { typ: 'id_token+jwt' }),
  "by a stranger's key": (sub) =>
    provider.signed(provider.logoutClaims({ sub }), {}, strangersKey()),
  'without a signature': (sub) => unsigned(provider.logoutClaims({ sub })),
  'signed with the public key as a secret': (sub) =>
    macSigned(provider.logoutClaims({ sub }), provider.publicKeyPem),
  'that is no token': () => 'x.y.z',
}
test.each(Object.entries(BAD))('a logout token %s ends nothing (S15)', async (_name, make) => {
  const one = await signedIn()
  const answer = await send(make(one.sub))
  expect(answer.status).toBe(400)
  expect(await one.status()).toBe(200)
})

test('a logout token is asked for: an empty form is told so', async () => {
  const empty = await fetch(`${netra.url}/auth/backchannel-logout/oidc`, {
    method: 'POST',
    body: new URLSearchParams(),
  })
  expect(empty.status).toBe(400)
  const elsewhere = `${netra.url}/auth/backchannel-logout/google`
  const token = provider.signed(provider.logoutClaims({ sub: 'x' }))
  const body = new URLSearchParams({ logout_token: token })
  expect((await fetch(elsewhere, { method: 'POST', body })).status).toBe(404)
})
