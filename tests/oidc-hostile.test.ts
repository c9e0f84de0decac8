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
