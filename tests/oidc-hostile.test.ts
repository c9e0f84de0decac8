import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import {
  macSigned,
  startHostileProvider,
  strangersKey,
  unsigned,
  type HostileProvider,
  type Tricks,
} from './support/hostile-provider.ts'
import { HttpBrowser } from './support/http-browser.ts'
import { request } from './support/http.ts'
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

let count = 0
beforeEach(() => {
  const sub = `victim-${++count}`
  provider.tricks = {}
  provider.person = { sub, email: `${sub}@example.com`, email_verified: true, name: sub }
})

const start = () => `${netra.url}/auth/login?provider=oidc`
const isBack = (url: URL) => url.pathname.startsWith('/auth/callback/')

/** The whole way; where it ends, and whether anybody is signed in then. */
async function signIn(browser = new HttpBrowser()) {
  const { url } = await browser.go(start(), {
    until: (to) => to.origin === netra.url && !to.pathname.startsWith('/auth/'),
  })
  return { path: url.pathname, error: url.searchParams.get('error'), url, ...(await who(browser)) }
}

async function who(browser: HttpBrowser) {
  const cookie = browser.cookieFor(new URL(netra.url).host)
  const { status, body } = await request(`${netra.url}/auth/me`, { headers: { cookie } })
  return { status, email: body['email'] }
}

const refusedWith = (error: string) => ({ path: '/sign-in', error, status: 403 })

test('an honest answer of the same provider signs in, or the tests below show nothing', async () => {
  expect(await signIn()).toMatchObject({ path: '/', error: null, status: 200 })
  const form = provider.tokenRequests.at(-1)!
  expect(form.get('code_verifier')).toMatch(/^[\w-]{43,128}$/)
})

const without =
  (name: string) =>
  (claims: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name))

const FORGERIES: Record<string, Tricks> = {
  'a wrong nonce': { idToken: (claims) => ({ ...claims, nonce: 'of another sign-in' }) },
  'no nonce': { idToken: without('nonce') },
  'a wrong audience': { idToken: (claims) => ({ ...claims, aud: 'another client' }) },
  'a second audience without azp': {
    idToken: (claims) => ({ ...claims, aud: ['netra', 'another client'] }),
  },
  'a foreign azp': { idToken: (claims) => ({ ...claims, azp: 'another client' }) },
  'a wrong issuer': { idToken: (claims) => ({ ...claims, iss: 'https://accounts.google.com' }) },
  'an end long ago': { idToken: (claims) => ({ ...claims, exp: 1_700_000_000 }) },
  'no end': { idToken: without('exp') },
  'no signature (alg none)': { sign: unsigned },
  'the public key as an HS256 secret': {
    sign: (claims) => macSigned(claims, provider.publicKeyPem),
  },
  'the client secret as an HS256 secret': {
    sign: (claims) => macSigned(claims, provider.env['NETRA_OIDC_CLIENT_SECRET']!),
  },
  "a stranger's key": { sign: (claims) => provider.signed(claims, {}, strangersKey()) },
  'an unknown kid': { sign: (claims) => provider.signed(claims, { kid: 'two' }) },
  'a payload changed after signing': {
    sign(claims) {
      const [head, , signature] = provider.signed(claims).split('.')
      const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url')
      return `${head}.${forged}.${signature}`
    },
  },
  'the subject as a number': {
    payload: (claims) => JSON.stringify({ ...claims, sub: 0 }).replace('"sub":0', `"sub":${BIG}`),
  },
  'an empty subject': { idToken: (claims) => ({ ...claims, sub: '' }) },
  'userinfo of somebody else': { userInfo: (claims) => ({ ...claims, sub: 'somebody-else' }) },
  'userinfo without a subject': { userInfo: without('sub') },
  'the iss of another provider (mix-up)': {
    answer: (query) => query.set('iss', 'https://accounts.google.com'),
  },
  'no iss, though announced (mix-up)': { answer: (query) => query.delete('iss') },
  'a redirect at the token endpoint': {
    token(_request, response) {
      response.writeHead(307, { location: `${provider.issuer}/elsewhere` }).end()
      return true
    },
  },
}
const BIG = '123456789012345678901'

describe('nobody is signed in by', () => {
  test.each(Object.entries(FORGERIES))('%s (S15)', async (_name, tricks) => {
    provider.tricks = tricks
    const refused = await signIn()
    expect(refused).toMatchObject(refusedWith('provider_error'))
    const traceId = refused.url.searchParams.get('trace_id')!
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    await expect.poll(() => netra.log()).toContain(traceId)
    provider.tricks = {}
    expect(await signIn()).toMatchObject({ path: '/', status: 200 })
  })

  test.each([[false], [undefined], ['true'], [1], [null]])(
    'an address whose email_verified is %j',
    async (verified) => {
      provider.person = { ...provider.person, email_verified: verified }
      expect(await signIn()).toMatchObject(refusedWith('email_not_verified'))
    },
  )

  test('an address of userinfo with the proof of the id_token', async () => {
    provider.tricks = {
      userInfo: (claims) => ({ ...without('email_verified')(claims), email: 'root@example.com' }),
    }
    expect(await signIn()).toMatchObject(refusedWith('email_not_verified'))
  })
})

test('a numeric subject is refused by name, never rounded', async () => {
  provider.tricks = FORGERIES['the subject as a number']!
  const { url } = await signIn()
  const line = netra
    .log()
    .split('\n')
    .find((text) => text.includes(url.searchParams.get('trace_id')!))
  expect(line).toMatch(/sub/)
})

describe('an answer counts', () => {
  const callback = async (browser: HttpBrowser) =>
    (await browser.go(start(), { until: isBack })).url.href
  const landing = (url: URL) => url.origin === netra.url && !url.pathname.startsWith('/auth/')
  const bring = async (browser: HttpBrowser, address: string) => {
    const { url } = await browser.go(address, { until: landing })
    return { path: url.pathname, error: url.searchParams.get('error'), ...(await who(browser)) }
  }

  test('once: the same state again is refused, and the code is not shown again (S32)', async () => {
    const browser = new HttpBrowser()
    const address = await callback(browser)
    expect(await bring(browser, address)).toMatchObject({ path: '/', status: 200 })
    const asked = provider.tokenRequests.length
    const { url } = await browser.go(address, { until: landing })
    expect(url.searchParams.get('error')).toBe('state_invalid')
    expect(provider.tokenRequests).toHaveLength(asked)
  })

  test('once, also when it comes ten times at the same moment', async () => {
    const browser = new HttpBrowser()
    const address = await callback(browser)
    const cookie = browser.cookieFor(new URL(netra.url).host)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        fetch(address, { redirect: 'manual', headers: { cookie, accept: 'text/html' } }),
      ),
    )
    const begun = answers.filter((answer) =>
      answer.headers.getSetCookie().some((line) => line.startsWith('netra_session=')),
    )
    expect(begun).toHaveLength(1)
  })

  test('in the browser that began alone (login CSRF)', async () => {
    const attacker = new HttpBrowser()
    const address = await callback(attacker)
    const victim = new HttpBrowser()
    expect(await bring(victim, address)).toMatchObject(refusedWith('state_invalid'))
    // Somebody else has seen the state, so it is spent for everybody.
    expect(await bring(attacker, address)).toMatchObject(refusedWith('state_invalid'))
  })

  test('in another browser not even with a sign-in of its own under way', async () => {
    const address = await callback(new HttpBrowser())
    const victim = new HttpBrowser()
    await callback(victim)
    expect(await bring(victim, address)).toMatchObject(refusedWith('state_invalid'))
  })

  test('in two tabs of one browser', async () => {
    const browser = new HttpBrowser()
    const [one, two] = [await callback(browser), await callback(browser)]
    expect(await bring(browser, one)).toMatchObject({ path: '/', status: 200 })
    expect(await bring(browser, two)).toMatchObject({ path: '/', status: 200 })
  })

  test.each(['', '?state=', '?code=x', '?state=made-up&code=x', '?error=access_denied'])(
    'only with a state of ours: "%s"',
    async (query) => {
      const browser = new HttpBrowser()
      const address = `${netra.url}/auth/callback/oidc${query}`
      expect(await bring(browser, address)).toMatchObject(refusedWith('state_invalid'))
    },
  )

  test("at the provider's own address, or the one that names none", async () => {
    const browser = new HttpBrowser()
    const moved = (await callback(browser)).replace('/callback/oidc', '/callback/google')
    expect(await bring(browser, moved)).toMatchObject(refusedWith('state_invalid'))
    const classic = (await callback(browser)).replace('/callback/oidc', '/callback')
    expect(await bring(browser, classic)).toMatchObject({ path: '/', status: 200 })
  })
})

describe('return_to', () => {
  test.each([
    ['/t/abc?x=1#part', '/t/abc?x=1#part'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['\\\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/.//evil.example', '/'],
    ['/x/..//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['evil.example', '/'],
    ['/@evil.example', '/@evil.example'],
  ])('%j leads to %j of this site', async (asked, path) => {
    const browser = new HttpBrowser()
    const { url } = await browser.go(`${start()}&return_to=${encodeURIComponent(asked)}`, {
      until: (to) => to.origin !== provider.issuer && !to.pathname.startsWith('/auth/'),
    })
    expect(url.href).toBe(`${netra.url}${path}`)
  })
})

describe('a logout token', () => {
  const HOUR = 3600
  const now = () => Math.floor(Date.now() / 1000)
  const send = (token: string) =>
    fetch(`${netra.url}/auth/backchannel-logout/oidc`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    })

  async function signedIn(sub = String(provider.person['sub'])) {
    provider.person = { sub, email: `${sub}@example.com`, email_verified: true }
    const browser = new HttpBrowser()
    const start = await browser.go(`${netra.url}/auth/login?provider=oidc`, { until: isBack })
    const code = start.url.searchParams.get('code')!
    await browser.go(start.url.href, { until: (to) => to.pathname === '/' })
    expect(await who(browser)).toMatchObject({ status: 200 })
    return { sub, sid: `sid of ${code}`, status: async () => (await who(browser)).status }
  }

  test('of one session ends exactly that one (S11)', async () => {
    const [one, two] = [await signedIn(), await signedIn()]
    const answer = await send(
      provider.signed(provider.logoutClaims({ sub: one.sub, sid: one.sid })),
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toContain('no-store')
    expect([await one.status(), await two.status()]).toEqual([401, 200])
  })

  test('of a subject ends all of that subject, and nobody else’s', async () => {
    const other = await signedIn('bystander')
    const [one, two] = [await signedIn('leaver'), await signedIn('leaver')]
    const token = provider.signed(provider.logoutClaims({ sub: 'leaver' }), { typ: 'logout+jwt' })
    expect((await send(token)).status).toBe(200)
    const statuses = [await one.status(), await two.status(), await other.status()]
    expect(statuses).toEqual([401, 401, 200])
  })

  test('is good for once', async () => {
    const one = await signedIn()
    const token = provider.signed(provider.logoutClaims({ sub: one.sub }))
    expect((await send(token)).status).toBe(200)
    const again = await signedIn(one.sub)
    expect((await send(token)).status).toBe(400)
    expect(await again.status()).toBe(200)
  })

  test('that comes while somebody signs in leaves no session behind', async () => {
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
    'whose time is over': (sub) =>
      provider.signed(provider.logoutClaims({ sub, exp: now() - HOUR })),
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
  test.each(Object.entries(BAD))('%s ends nothing (S15)', async (_name, make) => {
    const one = await signedIn()
    const answer = await send(make(one.sub))
    expect(answer.status).toBe(400)
    expect(await one.status()).toBe(200)
  })

  test('is asked for: an empty form is told so', async () => {
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
})

describe('a discovery document is not believed when', () => {
  const DOCUMENTS: Record<string, (document: Record<string, unknown>) => Record<string, unknown>> =
    {
      'the token endpoint is plain http elsewhere': (document) => ({
        ...document,
        token_endpoint: 'http://169.254.169.254/token',
      }),
      'userinfo is plain http elsewhere': (document) => ({
        ...document,
        userinfo_endpoint: 'http://192.0.2.1/userinfo',
      }),
      'the keys are in a file': (document) => ({ ...document, jwks_uri: 'file:///etc/passwd' }),
      'the browser is sent to a script': (document) => ({
        ...document,
        authorization_endpoint: 'javascript:alert(1)',
      }),
      'it is of another issuer': (document) => ({
        ...document,
        issuer: 'https://accounts.google.com',
      }),
      'it names no keys': (document) => ({ ...document, jwks_uri: undefined }),
      'it signs with shared secrets alone': (document) => ({
        ...document,
        id_token_signing_alg_values_supported: ['HS256', 'none'],
      }),
    }

  let hostile: HostileProvider
  let own: NetraProcess
  beforeAll(async () => {
    hostile = await startHostileProvider()
    own = await startNetra({ env: hostile.env })
  }, 60_000)
  afterAll(async () => {
    await own[Symbol.asyncDispose]()
    await hostile[Symbol.asyncDispose]()
  })

  test.each(Object.entries(DOCUMENTS))('%s (S34)', async (_name, discovery) => {
    hostile.tricks = { discovery }
    const answer = await request(`${own.url}/auth/login?provider=oidc`)
    expect([answer.status, answer.body['error_code']]).toEqual([502, 'PROVIDER_ERROR'])
  })

  test('until it is mended; no restart is needed', async () => {
    hostile.tricks = {}
    const mended = await fetch(`${own.url}/auth/login?provider=oidc`, { redirect: 'manual' })
    expect(mended.headers.get('location')).toContain(`${hostile.issuer}/authorize`)
  })
})

test('starts and failures are limited by address, and told when to come again (S16)', async () => {
  await using own = await startNetra({ env: provider.env })
  const answers = await Promise.all(
    Array.from({ length: 200 }, () =>
      fetch(`${own.url}/auth/login?provider=oidc`, { redirect: 'manual' }),
    ),
  )
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answers.filter(({ status }) => status === 302).length).toBeGreaterThan(0)
  let limited = 0
  for (let attempt = 0; attempt < 110; attempt++) {
    const { status } = await fetch(`${own.url}/auth/callback/oidc?state=guess-${attempt}&code=x`)
    if (status === 429) limited += 1
    else expect(status).toBe(401)
  }
  expect(limited).toBeGreaterThanOrEqual(10)
})
