import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { HttpBrowser, type Landed } from './support/http-browser.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { startOidcProvider, type OidcProvider } from './support/oidc-provider.ts'

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

function known(sub: string, more: object = {}): string {
  provider.accounts.set(sub, {
    sub,
    email: `${sub}@example.com`,
    email_verified: true,
    name: `Person ${sub}`,
    ...more,
  })
  return sub
}

/** Through the provider's form, up to where Netra sends the browser in the end. */
async function signIn(
  sub: string,
  { browser = new HttpBrowser(), query = '' } = {},
): Promise<Landed & { browser: HttpBrowser }> {
  const form = await browser.go(`${netra.url}/auth/login?provider=oidc${query}`)
  expect(form.body).toContain('Example ID')
  const landed = await browser.go(form.url.href, {
    form: { subject: sub },
    until: (url) => url.origin === netra.url && !url.pathname.startsWith('/auth/'),
  })
  return { ...landed, browser }
}

const me = async (browser: HttpBrowser) => {
  const cookie = browser.cookieFor(new URL(netra.url).host)
  return request(`${netra.url}/auth/me`, { headers: { cookie } })
}

describe('a person of the provider', () => {
  test('signs in, and is the same person the next time', async () => {
    const first = await signIn(known(LONG))
    expect(first.url.href).toBe(`${netra.url}/`)
    const { body } = await me(first.browser)
    expect(body).toMatchObject({ email: `${LONG}@example.com`, name: `Person ${LONG}` })
    const second = await signIn(LONG)
    expect((await me(second.browser)).body).toMatchObject({ id: body['id'] })
  })
})
