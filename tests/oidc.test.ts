import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { HttpBrowser, type Landed } from './support/http-browser.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { CLIENT, startOidcProvider, type OidcProvider } from './support/oidc-provider.ts'
import { PASSWORD, register } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

let provider: OidcProvider
let netra: NetraProcess

beforeAll(async () => {
  provider = await startOidcProvider()
  netra = await startNetra({ env: provider.env })
  provider.serve(netra.url)
}, 60_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

/** Twenty-one digits: more than a number can hold. */
const LONG = '123456789012345678901'

let count = 0
const nameless = (): string => `subject-${++count}`

function known(sub: string, more: object = {}): string {
  const email = `${sub}@example.com`
  provider.accounts.set(sub, { sub, email, email_verified: true, name: `Person ${sub}`, ...more })
  return sub
}

const isPage = (url: URL) => url.origin === netra.url && !url.pathname.startsWith('/auth/')

/** Through the provider's form, up to where Netra sends the browser in the end. */
async function through(form: Landed, sub: string, browser: HttpBrowser): Promise<URL> {
  expect(form.body).toContain('Example ID')
  const landed = await browser.go(form.url.href, {
    form: sub === '' ? { cancel: '1' } : { subject: sub },
    until: isPage,
  })
  return landed.url
}

async function signIn(
  sub: string,
  { browser = new HttpBrowser(), query = '' } = {},
): Promise<{ browser: HttpBrowser; url: URL; error: string | null }> {
  const url = await through(
    await browser.go(`${netra.url}/auth/login?provider=oidc${query}`),
    sub,
    browser,
  )
  return { browser, url, error: url.searchParams.get('error') }
}

const me = (browser: HttpBrowser) => browser.ask(`${netra.url}/auth/me`)

interface AccountRow {
  accountId: string
  kind: string
}

/** What the store of accounts says; the process that serves has it open too. */
function inStore<Row>(sql: string, ...values: string[]): Row[] {
  const store = new DatabaseSync(join(netra.folder, 'auth.db'), { timeout: 5_000 })
  try {
    return store.prepare(sql).all(...values) as Row[]
  } finally {
    store.close()
  }
}

async function withPassword(email: string, { confirmed }: { confirmed: boolean }) {
  const browser = new HttpBrowser()
  const body = { email, password: PASSWORD }
  expect((await browser.ask(`${netra.url}/auth/register`, { body })).status).toBe(201)
  if (confirmed) inStore('UPDATE user SET emailVerified = 1 WHERE email = ?', email)
  return browser
}

async function linkTo(browser: HttpBrowser, sub: string): Promise<URL> {
  const asked = await browser.ask<{ url: string }>(`${netra.url}/auth/providers/oidc/link`, {
    body: { return_to: '/settings/account' },
  })
  expect(asked.status).toBe(200)
  return through(await browser.go(asked.body.url), sub, browser)
}

describe('a person of the provider', () => {
  test('signs in, and is the same person the next time', async () => {
    const sub = known(nameless())
    const first = await signIn(sub)
    expect(first.url.href).toBe(`${netra.url}/`)
    const { body } = await me(first.browser)
    expect(body).toMatchObject({
      email: `${sub}@example.com`,
      name: `Person ${sub}`,
      role: 'user',
      email_verified: true,
      has_password: false,
      providers: [{ id: 'oidc', name: 'Example ID' }],
    })
    const second = await signIn(sub)
    expect((await me(second.browser)).body).toMatchObject({ id: body['id'] })
  })

  test('keeps every digit of a subject, from 15 to 21 of them', async () => {
    const subjects = ['100000000000001', '1000000000000000003', LONG]
    // As numbers these two would be one person.
    const neighbour = '123456789012345678902'
    const ids = new Set<unknown>()
    for (const sub of [...subjects, neighbour]) {
      const { browser } = await signIn(known(sub))
      ids.add((await me(browser)).body['id'])
    }
    expect(ids.size).toBe(4)
    const rows = inStore<AccountRow>(
      'SELECT accountId, typeof(accountId) AS kind FROM account WHERE providerId = ?',
      `oidc ${provider.issuer}`,
    )
    for (const accountId of [...subjects, neighbour]) {
      expect(rows).toContainEqual({ accountId, kind: 'text' })
    }
  })

  test('comes back to the page that asked, and from another name of this machine', async () => {
    const sub = known(nameless())
    const { url } = await signIn(sub, { query: '&return_to=/t/abc%3Fx=1' })
    expect(url.href).toBe(`${netra.url}/t/abc?x=1`)
    const browser = new HttpBrowser()
    const other = netra.url.replace('localhost', '127.0.0.1')
    const form = await browser.go(`${other}/auth/login?provider=oidc`)
    expect((await through(form, sub, browser)).href).toBe(`${netra.url}/`)
    expect((await me(browser)).status).toBe(200)
  })

  test('who changes their mind is told so and signed in nowhere', async () => {
    const { browser, error } = await signIn('')
    expect(error).toBe('access_denied')
    expect((await me(browser)).status).toBe(403)
  })

  test('a disabled account stays closed', async () => {
    const sub = known(nameless())
    await signIn(sub)
    inStore('UPDATE user SET banned = 1 WHERE email = ?', `${sub}@example.com`)
    const { browser, error } = await signIn(sub)
    expect(error).toBe('account_disabled')
    expect((await me(browser)).status).toBe(403)
  })

  test('cannot be signed in by a code that somebody caught: PKCE is asked for (S32)', async () => {
    const sub = known(nameless())
    const browser = new HttpBrowser()
    const start = await browser.go(`${netra.url}/auth/login?provider=oidc`, {
      until: (url) => url.origin === provider.issuer,
    })
    expect(start.url.searchParams.get('code_challenge_method')).toBe('S256')
    expect(start.url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    const form = await browser.go(start.url.href)
    const { url } = await browser.go(form.url.href, {
      form: { subject: sub },
      until: (to) => to.pathname.startsWith('/auth/callback/'),
    })
    const code = url.searchParams.get('code')!
    const caught = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}`,
      },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: `${netra.url}/auth/callback/oidc`,
      }),
    })
    expect(await caught.json()).toMatchObject({ error: 'invalid_grant' })
    // In a sign-in of the thief's own it is of no use either.
    const thief = new HttpBrowser()
    const own = await thief.go(`${netra.url}/auth/login?provider=oidc`, {
      until: (to) => to.origin === provider.issuer,
    })
    const injected = new URL(url.href)
    injected.searchParams.set('state', own.url.searchParams.get('state')!)
    const landed = await thief.go(injected.href, { until: isPage })
    expect(landed.url.searchParams.get('error')).toBe('provider_error')
    expect((await me(thief)).status).toBe(403)
  })
})

describe('an account with a password', () => {
  test('is not taken over by an address that was never confirmed here', async () => {
    const sub = known(nameless())
    const owner = await withPassword(`${sub}@example.com`, { confirmed: false })
    const { browser, error, url } = await signIn(sub)
    expect([url.pathname, error]).toEqual(['/sign-in', 'account_exists'])
    expect((await me(browser)).status).toBe(403)
    expect((await me(owner)).body).toMatchObject({ providers: [] })
  })

  test.each([[false], [undefined], ['true']])(
    'is not taken over by an address that the provider calls %j',
    async (email_verified) => {
      const sub = known(nameless(), { email_verified })
      await withPassword(`${sub}@example.com`, { confirmed: true })
      const { browser, error } = await signIn(sub)
      expect(error).toBe('email_not_verified')
      expect((await me(browser)).status).toBe(403)
    },
  )

  test('is linked when both sides have confirmed the address', async () => {
    const sub = known(nameless(), { email: 'Both.Sides@Example.com' })
    const owner = await withPassword('both.sides@example.com', { confirmed: true })
    const { browser } = await signIn(sub)
    const { body } = await me(browser)
    expect(body).toMatchObject({ has_password: true, providers: [{ id: 'oidc' }] })
    expect((await me(owner)).body['id']).toBe(body['id'])
  })

  test('with a second factor is not opened by an address', async () => {
    const sub = known(nameless())
    const owner = await withPassword(`${sub}@example.com`, { confirmed: true })
    const { body } = await me(owner)
    inStore(
      'INSERT INTO two_factor (user_id, secret, enabled_at) VALUES (?, ?, 1)',
      String(body['id']),
      'x',
    )
    expect((await signIn(sub)).error).toBe('account_exists')
  })

  test('is linked by its owner in the settings, whatever the addresses, and unlinked', async () => {
    const sub = known(nameless(), { email_verified: false })
    const owner = await withPassword(`owner-of-${sub}@example.com`, { confirmed: false })
    expect((await linkTo(owner, sub)).pathname).toBe('/settings/account')
    const { body } = await me(owner)
    expect(body).toMatchObject({ providers: [{ id: 'oidc', name: 'Example ID' }] })
    const { browser } = await signIn(sub)
    expect((await me(browser)).body).toMatchObject({ id: body['id'] })

    const path = `${netra.url}/auth/providers/oidc`
    expect((await owner.ask(path, { method: 'DELETE' })).status).toBe(204)
    expect((await owner.ask(path, { method: 'DELETE' })).status).toBe(404)
    // What was begun through it ends with it.
    expect((await me(browser)).status).toBe(401)
    expect((await me(owner)).body).toMatchObject({ providers: [] })
    expect((await signIn(sub)).error).toBe('email_not_verified')
  })

  test('cannot be linked to what is somebody else’s, nor by a page of another site', async () => {
    const sub = known(nameless())
    await signIn(sub)
    const owner = await withPassword(`not-${sub}@example.com`, { confirmed: true })
    const url = await linkTo(owner, sub)
    expect([url.pathname, url.searchParams.get('error')]).toEqual([
      '/settings/account',
      'already_linked',
    ])
    const cookie = owner.cookieFor(new URL(netra.url).host)
    const forged = await request(`${netra.url}/auth/providers/oidc/link`, {
      headers: { cookie, 'sec-fetch-site': 'cross-site' },
      body: {},
    })
    expect(forged.status).toBe(403)
  })

  test('is not linked after its owner has signed out', async () => {
    const sub = known(nameless())
    const owner = await withPassword(`gone-${sub}@example.com`, { confirmed: true })
    const asked = await owner.ask<{ url: string }>(`${netra.url}/auth/providers/oidc/link`, {
      body: {},
    })
    await owner.ask(`${netra.url}/auth/logout`, { body: {} })
    const url = await through(await owner.go(asked.body.url), sub, owner)
    expect(url.searchParams.get('error')).toBe('state_invalid')
  })
})

test('the last way in cannot be unlinked', async () => {
  const { browser } = await signIn(known(nameless()))
  const path = `${netra.url}/auth/providers/oidc`
  const refused = await browser.ask(path, { method: 'DELETE' })
  expect([refused.status, refused.body['error_code']]).toEqual([409, 'LAST_WAY_IN'])
  expect((await me(browser)).status).toBe(200)
})

test('what is configured is told, without a secret', async () => {
  const { body } = await request(`${netra.url}/oauth/providers`)
  expect(body).toEqual({
    providers: [
      {
        id: 'oidc',
        name: 'Example ID',
        login_url: `${netra.url}/auth/login?provider=oidc`,
        redirect_uri: `${netra.url}/auth/callback/oidc`,
      },
    ],
  })
  const config = await request<{ auth: unknown }>(`${netra.url}/api/config`)
  expect(config.body.auth).toMatchObject({ providers: [{ id: 'oidc', name: 'Example ID' }] })
  const none = await request(`${netra.url}/auth/login?provider=google`)
  expect(none.status).toBe(404)
})

test('what happened is in the audit log, without an address of anybody', async () => {
  const { browser } = await signIn(known(nameless()))
  const { body } = await me(browser)
  const rows = inStore<{ action: string; details: string }>(
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
    const page = await browser.go(`${provider.issuer}/session/end`)
    const xsrf = /name="xsrf" value="(\w+)"/.exec(page.body)?.[1] ?? ''
    expect(xsrf).not.toBe('')
    await browser.go(`${provider.issuer}/session/end/confirm`, { form: { xsrf, logout: 'yes' } })
  }

  async function connected(browser: HttpBrowser) {
    const { body } = await browser.ask(`${netra.url}/auth/token`, { body: {} })
    const socket = await openSocket(netra.url)
    socket.send(hello(String(body['access_token'])))
    await socket.next((frame) => frame.type === 'welcome')
    return socket
  }

  test('closes the sockets of that sign-in within a second, and no others (S11)', async () => {
    const sub = known(nameless())
    const [here, elsewhere] = [await signIn(sub), await signIn(sub)]
    using socket = await connected(here.browser)
    using other = await connected(elsewhere.browser)
    const begun = performance.now()
    await signOutThere(here.browser)
    expect((await socket.closed).code).toBe(4503)
    expect(performance.now() - begun).toBeLessThan(1_000)
    expect(provider.logoutsTold).toContainEqual({ accountId: sub, ok: true })
    expect((await me(here.browser)).status).toBe(401)
    expect((await me(elsewhere.browser)).status).toBe(200)
    await signOutThere(elsewhere.browser)
    expect((await other.closed).code).toBe(4503)
  })

  test('leaves sign-ins by password alone', async () => {
    const sub = known(nameless())
    const owner = await withPassword(`${sub}@example.com`, { confirmed: true })
    const { browser } = await signIn(sub)
    await signOutThere(browser)
    await expect.poll(async () => (await me(browser)).status).toBe(401)
    expect((await me(owner)).status).toBe(200)
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

describe('who has no account yet', () => {
  const admin = async (own: NetraProcess): Promise<HttpBrowser> => {
    const browser = new HttpBrowser()
    const body = { token: own.setupToken, email: 'root@example.com', password: PASSWORD }
    expect((await browser.ask(`${own.url}/auth/setup`, { body })).status).toBe(201)
    return browser
  }

  test('needs an invitation where registering does, and brings it along', async () => {
    await using own = await startNetra({
      env: { ...provider.env, NETRA_REGISTRATION: 'invitation' },
    })
    provider.serve(own.url)
    try {
      const root = await admin(own)
      const visit = async (sub: string, query = '') => {
        const browser = new HttpBrowser()
        const form = await browser.go(`${own.url}/auth/login?provider=oidc${query}`)
        const { url } = await browser.go(form.url.href, {
          form: { subject: sub },
          until: (to) => to.origin === own.url && !to.pathname.startsWith('/auth/'),
        })
        return url.searchParams.get('error')
      }
      const [ada, bob] = [known(nameless()), known(nameless())]
      expect(await visit(ada)).toBe('registration_refused')
      const made = await root.ask<{ url: string }>(`${own.url}/auth/admin/invitations`, {
        body: {},
      })
      const token = made.body.url.split('#invitation=')[1]
      expect(await visit(ada, `&invitation=${token}`)).toBeNull()
      expect(await visit(ada)).toBeNull()
      expect(await visit(bob, `&invitation=${token}`)).toBe('registration_refused')
    } finally {
      provider.serve(netra.url)
    }
  })

  test.each([
    ['domain', 'example.com', null],
    ['domain', 'other.example', 'registration_refused'],
    ['closed', '', 'registration_refused'],
  ])('with the policy %s (%s) ends with %j', async (policy, domain, error) => {
    await using own = await startNetra({
      env: {
        ...provider.env,
        NETRA_REGISTRATION: policy,
        ...(domain !== '' && { NETRA_REGISTRATION_DOMAINS: domain }),
      },
    })
    provider.serve(own.url)
    try {
      const browser = new HttpBrowser()
      const form = await browser.go(`${own.url}/auth/login?provider=oidc`)
      const { url } = await browser.go(form.url.href, {
        form: { subject: known(nameless()) },
        until: (to) => to.origin === own.url && !to.pathname.startsWith('/auth/'),
      })
      expect(url.searchParams.get('error')).toBe(error)
    } finally {
      provider.serve(netra.url)
    }
  })
})

test('no code, token or secret of a sign-in is in the log (S9)', () => {
  const log = netra.log()
  expect(log).toContain('a provider and Netra did not come together')
  for (const secret of [CLIENT.secret, 'code=', 'eyJ', 'state=']) expect(log).not.toContain(secret)
})
