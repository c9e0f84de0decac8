import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { OAUTH_FAILURES } from '../packages/server/src/auth/oauth/oauth-failure.ts'
import { wordsForError } from '../packages/web/src/screens/entrance/sign-in-errors.ts'
import { HttpBrowser } from './support/http-browser.ts'
import { request } from './support/http.ts'
import { startNetra } from './support/netra-process.ts'
import { CLIENT, PUBLIC_CLIENT_ID, startOidcProvider } from './support/oidc-provider.ts'
import { OidcWorld } from './support/oidc-world.ts'
import { register } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

let world: OidcWorld

beforeAll(async () => {
  world = await OidcWorld.open()
}, 60_000)

afterAll(() => world[Symbol.asyncDispose]())

/** Twenty-one digits: more than a number can hold. */
const LONG = '123456789012345678901'

interface AccountRow {
  accountId: string
  kind: string
}

describe('a person of the provider', () => {
  test('signs in, and is the same person the next time', async () => {
    const sub = world.known()
    const first = await world.signIn(sub)
    expect(first.url.href).toBe(`${world.netra.url}/`)
    const { body } = await world.me(first.browser)
    expect(body).toMatchObject({
      email: `${sub}@example.com`,
      name: `Person ${sub}`,
      role: 'user',
      email_verified: true,
      has_password: false,
      providers: [{ id: 'oidc', name: 'Example ID' }],
    })
    const second = await world.signIn(sub)
    expect((await world.me(second.browser)).body).toMatchObject({ id: body['id'] })
  })

  test('keeps every digit of a subject, from 15 to 21 of them', async () => {
    const subjects = ['100000000000001', '1000000000000000003', LONG]
    // As numbers these two would be one person.
    const neighbour = '123456789012345678902'
    const ids = new Set<unknown>()
    for (const sub of [...subjects, neighbour]) {
      const { browser } = await world.signIn(world.known(sub))
      ids.add((await world.me(browser)).body['id'])
    }
    expect(ids.size).toBe(4)
    const rows = world.inStore<AccountRow>(
      'SELECT accountId, typeof(accountId) AS kind FROM account WHERE providerId = ?',
      `oidc ${world.provider.issuer}`,
    )
    for (const accountId of [...subjects, neighbour]) {
      expect(rows).toContainEqual({ accountId, kind: 'text' })
    }
  })

  test('comes back to the page that asked, and from another name of this machine', async () => {
    const sub = world.known()
    const { url } = await world.signIn(sub, { query: '&return_to=/t/abc%3Fx=1' })
    expect(url.href).toBe(`${world.netra.url}/t/abc?x=1`)
    const browser = new HttpBrowser()
    const other = world.netra.url.replace('localhost', '127.0.0.1')
    const form = await browser.go(`${other}/auth/login?provider=oidc`)
    expect((await world.through(form, sub, browser)).href).toBe(`${world.netra.url}/`)
    expect((await world.me(browser)).status).toBe(200)
  })

  test('signs in for the first time in five tabs at once, and is one person', async () => {
    const sub = world.known()
    const browsers = Array.from({ length: 5 }, () => new HttpBrowser())
    const callbacks = await Promise.all(
      browsers.map(async (browser) => {
        const form = await browser.go(`${world.netra.url}/auth/login?provider=oidc`)
        const { url } = await browser.go(form.url.href, {
          form: { subject: sub },
          until: (to) => to.pathname.startsWith('/auth/callback/'),
        })
        return { browser, address: url.href }
      }),
    )
    const ids = await Promise.all(
      callbacks.map(async ({ browser, address }) => {
        await browser.go(address, { until: (to) => world.isPage(to) })
        return (await world.me(browser)).body['id']
      }),
    )
    expect(ids[0]).toBeDefined()
    expect(new Set(ids).size).toBe(1)
  })

  test('who changes their mind is told so and signed in nowhere', async () => {
    const { browser, error } = await world.signIn('')
    expect(error).toBe('access_denied')
    expect((await world.me(browser)).status).toBe(403)
  })

  test('a disabled account stays closed', async () => {
    const sub = world.known()
    await world.signIn(sub)
    world.inStore('UPDATE user SET banned = 1 WHERE email = ?', `${sub}@example.com`)
    const { browser, error } = await world.signIn(sub)
    expect(error).toBe('account_disabled')
    expect((await world.me(browser)).status).toBe(403)
  })

  test('cannot be signed in by a code that somebody caught: PKCE is asked for (S32)', async () => {
    const sub = world.known()
    const browser = new HttpBrowser()
    const start = await browser.go(`${world.netra.url}/auth/login?provider=oidc`, {
      until: (url) => url.origin === world.provider.issuer,
    })
    expect(start.url.searchParams.get('code_challenge_method')).toBe('S256')
    expect(start.url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    const form = await browser.go(start.url.href)
    const { url } = await browser.go(form.url.href, {
      form: { subject: sub },
      until: (to) => to.pathname.startsWith('/auth/callback/'),
    })
    const code = url.searchParams.get('code')!
    const caught = await fetch(`${world.provider.issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}`,
      },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: `${world.netra.url}/auth/callback/oidc`,
      }),
    })
    expect(await caught.json()).toMatchObject({ error: 'invalid_grant' })
    // In a sign-in of the thief's own it is of no use either.
    const thief = new HttpBrowser()
    const own = await thief.go(`${world.netra.url}/auth/login?provider=oidc`, {
      until: (to) => to.origin === world.provider.issuer,
    })
    const injected = new URL(url.href)
    injected.searchParams.set('state', own.url.searchParams.get('state')!)
    const landed = await thief.go(injected.href, { until: (to) => world.isPage(to) })
    expect(landed.url.searchParams.get('error')).toBe('provider_error')
    expect((await world.me(thief)).status).toBe(403)
  })
})

test('a client without a secret is known by PKCE alone', async () => {
  await using own = await OidcWorld.open({
    NETRA_OIDC_CLIENT_ID: PUBLIC_CLIENT_ID,
    NETRA_OIDC_CLIENT_SECRET: '',
  })
  const { browser } = await own.signIn(own.known())
  expect((await own.me(browser)).status).toBe(200)
})

test('what is configured is told, without a secret', async () => {
  const { body } = await request(`${world.netra.url}/oauth/providers`)
  expect(body).toEqual({
    providers: [
      {
        id: 'oidc',
        name: 'Example ID',
        login_url: `${world.netra.url}/auth/login?provider=oidc`,
        redirect_uri: `${world.netra.url}/auth/callback/oidc`,
      },
    ],
  })
  const config = await request<{ auth: unknown }>(`${world.netra.url}/api/config`)
  expect(config.body.auth).toMatchObject({ providers: [{ id: 'oidc', name: 'Example ID' }] })
  const none = await request(`${world.netra.url}/auth/login?provider=google`)
  expect(none.status).toBe(404)
})

test('what happened is in the audit log, without an address of anybody', async () => {
  const { browser } = await world.signIn(world.known())
  const { body } = await world.me(browser)
  const rows = world.inStore<{ action: string; details: string }>(
    'SELECT action, details FROM audit_entry WHERE user_id = ? ORDER BY position',
    String(body['id']),
  )
  expect(rows.map(({ action }) => action)).toEqual(['user.created', 'session.began'])
  expect(rows[1]?.details).toContain('"provider":"oidc"')
  expect(JSON.stringify(rows)).not.toContain('@')
})

describe('signing out at the provider', () => {
  /** On its own page, as a person does. */
  async function signOutThere(browser: HttpBrowser): Promise<void> {
    const page = await browser.go(`${world.provider.issuer}/session/end`)
    const xsrf = /name="xsrf" value="(\w+)"/.exec(page.body)?.[1] ?? ''
    expect(xsrf).not.toBe('')
    await browser.go(`${world.provider.issuer}/session/end/confirm`, {
      form: { xsrf, logout: 'yes' },
    })
  }

  async function connected(browser: HttpBrowser) {
    const { body } = await browser.ask(`${world.netra.url}/auth/token`, { body: {} })
    const socket = await openSocket(world.netra.url)
    socket.send(hello(String(body['access_token'])))
    await socket.next((frame) => frame.type === 'welcome')
    return socket
  }

  test('closes the sockets of that sign-in within a second, and no others (S11)', async () => {
    const sub = world.known()
    const [here, elsewhere] = [await world.signIn(sub), await world.signIn(sub)]
    using socket = await connected(here.browser)
    using other = await connected(elsewhere.browser)
    const begun = performance.now()
    await signOutThere(here.browser)
    expect((await socket.closed).code).toBe(4503)
    expect(performance.now() - begun).toBeLessThan(1_000)
    expect(world.provider.logoutsTold).toContainEqual({ accountId: sub, ok: true })
    expect((await world.me(here.browser)).status).toBe(401)
    expect((await world.me(elsewhere.browser)).status).toBe(200)
    await signOutThere(elsewhere.browser)
    expect((await other.closed).code).toBe(4503)
  })

  test('leaves sign-ins by password alone', async () => {
    const sub = world.known()
    const owner = await world.withPassword(`${sub}@example.com`, { confirmed: true })
    const { browser } = await world.signIn(sub)
    await signOutThere(browser)
    await expect.poll(async () => (await world.me(browser)).status).toBe(401)
    expect((await world.me(owner)).status).toBe(200)
  })
})

test('a provider that is away breaks no start; it is asked again with the next person', async () => {
  await using late = await startOidcProvider()
  await using own = await startNetra({ env: late.env })
  expect(late.asked.size).toBe(0)
  await register(own.url)
  const start = `${own.url}/auth/login?provider=oidc`
  const program = await request(start)
  expect([program.status, program.body['error_code']]).toEqual([503, 'SERVICE_UNAVAILABLE'])
  expect(program.headers.get('retry-after')).toBe('5')
  const page = await new HttpBrowser().go(start, { until: (url) => url.pathname === '/sign-in' })
  expect(page.url.searchParams.get('error')).toBe('provider_unavailable')
  late.serve(own.url)
  expect((await new HttpBrowser().go(start)).body).toContain('Example ID')
  const discovery = '/.well-known/openid-configuration'
  const asked = late.asked.get(discovery)
  await Promise.all(Array.from({ length: 5 }, () => new HttpBrowser().go(start)))
  expect(late.asked.get(discovery)).toBe(asked)
})

test('no code, token or secret of a sign-in is in the log (S9)', () => {
  const log = world.netra.log()
  expect(log).toContain('a provider and Netra did not come together')
  for (const secret of [CLIENT.secret, 'code=', 'eyJ', 'state=']) expect(log).not.toContain(secret)
})

test('the web app has words of its own for every way to fail', () => {
  const unknown = wordsForError('a code that nobody knows')
  const wordless = Object.keys(OAUTH_FAILURES).filter((code) => wordsForError(code) === unknown)
  expect(wordless).toEqual([])
})
