import { chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { EXECUTABLE, FLAGS, inBrowser, PATIENCE_MS, type InBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { startOidcProvider, type OidcProvider } from '../support/oidc-provider.ts'
import { PASSWORD } from '../support/people.ts'
import { ask, composer, ended, heading, newcomer } from '../support/screen.ts'
import { openSite } from '../support/site.ts'

const test = base.extend<InBrowser>(inBrowser)

/** Of the provider all tokens live for 60 s, and so do Netra's here. */
const TOKEN_SECONDS = 60
const METRICS_TOKEN = 'a token for the numbers'
const LONG_SUBJECT = '123456789012345678901'

let provider: OidcProvider
let netra: NetraProcess

beforeAll(async () => {
  provider = await startOidcProvider()
  netra = await startNetra({
    env: { ...provider.env, NETRA_ACCESS_TOKEN_SECONDS: String(TOKEN_SECONDS) },
  })
  provider.serve(netra.url)
  provider.accounts.set(LONG_SUBJECT, {
    sub: LONG_SUBJECT,
    email: 'grace@example.com',
    email_verified: true,
    name: 'Grace Hopper',
  })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

/** Whoever is not signed in is told so, and the provider has pages of its own. */
const expected = () => [/status of 40[13]/, new RegExp(`^request to ${provider.issuer}/`)]

async function signInThere(page: Page, subject = LONG_SUBJECT): Promise<void> {
  await heading(page, 'Example ID').waitFor()
  await page.getByLabel('Subject').fill(subject)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function signOutThere(page: Page): Promise<void> {
  await page.goto(`${provider.issuer}/session/end`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
}

const providerLink = (page: Page) => page.getByRole('link', { name: 'Continue with Example ID' })

test('from the sign-in page through the provider into a conversation, and out again', async ({
  visit,
}) => {
  const page = await visit(netra.url, { expected: expected() })
  await providerLink(page).click()
  await signInThere(page)
  await composer(page).waitFor()
  expect(page.url()).toBe(`${netra.url}/`)
  await ended(await ask(page, 'What is 6 * 7?'))

  // The provider says that the person is gone; this page hears of it by itself.
  const elsewhere = await page.context().newPage()
  await signOutThere(elsewhere)
  await elsewhere.close()
  await page
    .getByText(/session (has )?ended|sign in again/i)
    .first()
    .waitFor()
})

test('who changes their mind at the provider is told so where they sign in', async ({ visit }) => {
  const page = await visit(netra.url, { path: '/t/some-conversation', expected: expected() })
  await providerLink(page).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await heading(page, 'Sign in to Netra').waitFor()
  await page.getByRole('alert').waitFor()
  expect(new URL(page.url()).pathname).toBe('/sign-in')
})

/** In the settings of whoever is signed in: links the provider, sees it, and takes it away again. */
async function linkAndUnlink(page: Page, subject: string): Promise<void> {
  await page.getByRole('button', { name: 'Link Example ID' }).click()
  await signInThere(page, subject)
  await page.getByRole('button', { name: 'Unlink Example ID' }).click()
  await page.getByRole('button', { name: 'Link Example ID' }).waitFor()
}

test('the settings link a provider to an account with a password, and unlink it', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url, {
    path: '/settings/account',
    expected: expected(),
  })
  await page.getByRole('button', { name: 'Link Example ID' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('alert').first().waitFor()
  expect(new URL(page.url()).pathname).toBe('/settings/account')
  provider.accounts.set('linked-later', { sub: 'linked-later' })
  await linkAndUnlink(page, 'linked-later')
  expect(page.url()).toBe(`${netra.url}/settings/account`)
})

test(
  'the web app, the node and the auth service at three hosts: one socket lives past three tokens',
  {
    timeout: 240_000,
  },
  async () => {
    const [APP, API, AUTH] = ['app.netra.test', 'api.netra.test', 'auth.netra.test']
    const tokenSeconds = 10
    await using site = await openSite([APP, API, AUTH])
    const [port, webPort, authPort] = [await freePort(), await freePort(), await freePort()]
    const env = {
      NETRA_PUBLIC_URL: site.url(API),
      NETRA_WEB_URL: site.url(APP),
      NETRA_AUTH_PUBLIC_URL: site.url(AUTH),
      NETRA_SERVICE_SECRET: 'a-secret-of-a-node-of-32-characters-or-more',
      NETRA_ACCESS_TOKEN_SECONDS: String(tokenSeconds),
      NETRA_REGISTRATION: 'open',
      NETRA_METRICS_TOKEN: METRICS_TOKEN,
    }
    await using auth = await startNetra({
      port: authPort,
      env: { ...env, ...provider.env },
      command: 'auth',
    })
    await using node = await startNetra({
      port,
      env: { ...env, AUTH_SERVICE_URL: `http://127.0.0.1:${authPort}` },
    })
    await using web = await startNetra({ port: webPort, env, command: 'web' })
    site.routes.set(APP, { port: webPort })
    site.routes.set(API, { port })
    site.routes.set(AUTH, { port: authPort })
    provider.serve(site.url(AUTH), { reachedAt: `http://localhost:${authPort}` })
    const rules = [APP, API, AUTH].map((host) => `MAP ${host} 127.0.0.1`).join(',')
    const browser = await chromium.launch({
      executablePath: EXECUTABLE,
      args: [...FLAGS, `--host-resolver-rules=${rules}`],
    })
    try {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce' })
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      await page.goto(`${site.url(APP)}/register`)
      await page.getByLabel('Email').fill('ada@example.com')
      await page.getByLabel('Password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Create account' }).click()
      await composer(page).waitFor()
      await page.goto(`${site.url(APP)}/settings/account`)
      await linkAndUnlink(page, LONG_SUBJECT)
      await signOutThere(page)
      await context.clearCookies()

      await page.goto(site.url(APP))
      await providerLink(page).click()
      await signInThere(page)
      await composer(page).waitFor()
      expect(page.url()).toBe(`${site.url(APP)}/`)
      await ended(await ask(page, 'What is 2 + 2?'))
      const opened = await welcomes(port)
      const begun = Date.now()
      while (Date.now() - begun < (3 * tokenSeconds + 3) * 1000) {
        await ended(await ask(page, 'What is 6 * 7?'))
        await page.waitForTimeout(3_000)
      }
      expect(await welcomes(port)).toBe(opened)
      expect(node.log()).not.toContain('4006')
      for (const { log } of [auth, node, web]) expect(log()).not.toMatch(/eyJ|code=/)
      await page.goto(`${site.url(APP)}/settings/account`)
      await page.getByText('your only way to sign in').waitFor()
      await page.goto(site.url(APP))

      const elsewhere = await context.newPage()
      await signOutThere(elsewhere)
      await page.bringToFront()
      await page
        .getByText(/session (has )?ended|sign in again/i)
        .first()
        .waitFor()
    } finally {
      await browser.close()
      provider.serve(netra.url)
    }
  },
)

/** How many sockets of the node have ever been welcomed. */
async function welcomes(port: number): Promise<number> {
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` }
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text()
  const count = /^netra_handshakes_total\{end="welcome"\} (\d+)$/m.exec(text)?.[1]
  expect(count).toBeDefined()
  return Number(count)
}
