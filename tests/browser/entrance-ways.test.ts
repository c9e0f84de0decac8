import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { composer, heading, newcomer } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess

beforeAll(async () => {
  netra = await startNetra({
    env: { NETRA_DEMO: '1', GOOGLE_CLIENT_ID: 'an-id', GOOGLE_CLIENT_SECRET: 'a-secret' },
  })
})

afterAll(() => netra[Symbol.asyncDispose]())

const REFUSED = { expected: [/status of 4\d\d/] }

test('a demonstration says so, and lets anybody in with an account that ends', async ({
  visit,
}) => {
  const page = await visit(netra.url, { path: '/sign-in', ...REFUSED })
  const banner = page.getByRole('complementary', { name: 'About this Netra' })
  await banner.getByText('This is a demonstration').waitFor()
  await page.getByRole('button', { name: 'Try the demo' }).click()
  await composer(page).waitFor()
  const words = banner.getByText(/^This is a demonstration account\. It ends on .*20\d\d/)
  await words.waitFor()
  await page.goto(`${netra.url}/settings/account`)
  await words.waitFor()
  await page.getByText('Member', { exact: true }).waitFor()
  expect(await page.getByText('Administration').count()).toBe(0)
  await page.getByText(/^A guest account\. It ends on .*20\d\d/).waitFor()
  for (const name of ['Password', 'Other ways to sign in']) {
    expect(await heading(page, name).count()).toBe(0)
  }
  expect(await page.content()).not.toContain('netra.invalid')
  await page.goto(`${netra.url}/settings/security`)
  await heading(page, 'Sessions and devices').waitFor()
  expect(await heading(page, 'Two-factor sign-in').count()).toBe(0)
})

test('each provider has a link that leads back to where the person wanted to be', async ({
  visit,
}) => {
  const page = await visit(netra.url, { path: '/t/some-conversation', ...REFUSED })
  const link = page.getByRole('link', { name: 'Continue with Google' })
  await link.waitFor()
  const address = new URL((await link.getAttribute('href')) ?? '', netra.url)
  expect(address.origin + address.pathname).toBe(`${netra.url}/auth/login`)
  expect(Object.fromEntries(address.searchParams)).toEqual({
    provider: 'google',
    return_to: '/t/some-conversation',
  })
})

test('in the settings a provider can be linked, and its refusal is told there', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url, {
    path: '/settings/account?error=already_linked&trace_id=abc',
  })
  await page.getByRole('button', { name: 'Link Google' }).waitFor()
  await page.getByText('belongs to another account here already').waitFor()
  expect(new URL(page.url()).search).toBe('')
})

test('a server that is away is asked again by itself, by every page', async ({ visit }) => {
  const away = { expected: [/status of (503|40[13])/] }
  const page = await visit(netra.url, { path: null, ...away })
  let refusals = 0
  await page.route('**/api/config', async (route) => {
    refusals += 1
    if (refusals % 3 === 0) return route.fallback()
    return route.fulfill({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { error: true, error_code: 'SERVICE_UNAVAILABLE', message: 'away' },
    })
  })
  await page.goto(`${netra.url}/sign-in`)
  await page.getByText('Signing in is not possible right now').waitFor()
  await page.getByRole('link', { name: 'Continue with Google' }).waitFor()
  expect(await page.getByText('Signing in is not possible right now').count()).toBe(0)

  const { page: inside } = await newcomer(visit, netra.url, { path: null, ...away })
  let asked = 0
  await inside.route('**/auth/me', async (route) => {
    asked += 1
    if (asked > 3) return route.fallback()
    return route.fulfill({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { error: true, error_code: 'SERVICE_UNAVAILABLE', message: 'It is away.' },
    })
  })
  await inside.goto(netra.url)
  await inside.getByRole('status').getByText('It is away. It is tried again by itself.').waitFor()
  await heading(inside, 'Netra cannot be opened now').waitFor()
  await composer(inside).waitFor()
})

test('a page that waits long for an answer says what it waits for', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url, { path: null })
  const held: (() => Promise<void>)[] = []
  await page.route('**/auth/me', (route) => void held.push(() => route.fallback()))
  await page.goto(netra.url)
  await page.getByText('Netra is being asked who you are').waitFor()
  expect(held).not.toHaveLength(0)
  await Promise.all(held.map((release) => release()))
  await page.unroute('**/auth/me')
  await composer(page).waitFor()
})
