import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { request } from '../support/http.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD, register } from '../support/people.ts'
import { composer, heading, newcomer } from '../support/screen.ts'
import { tryLogin } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess

beforeAll(async () => {
  netra = await startNetra()
})

afterAll(() => netra[Symbol.asyncDispose]())

/** Answers that this test itself brings about, which the browser writes to its console. */
const REFUSED = { expected: [/status of 4\d\d/] }

async function fillSignIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

const alertOf = (page: Page) => page.getByRole('alert').innerText()

test('while the auth service is away the sign-in waits, says so, and goes on by itself', async ({
  visit,
}) => {
  const person = await register(netra.url)
  const page = await visit(netra.url, { path: '/sign-in', expected: [/status of 50?[03]|40[13]/] })
  let refusals = 0
  await page.route('**/auth/login', async (route) => {
    if (refusals >= 2) return route.fallback()
    refusals += 1
    return route.fulfill({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { error: true, error_code: 'SERVICE_UNAVAILABLE', message: 'away' },
    })
  })
  await fillSignIn(page, person.email)
  await page.getByRole('alert').waitFor()
  expect(await alertOf(page)).toContain('Signing in is not possible right now')
  await composer(page).waitFor()
  expect(refusals).toBe(2)
})

test('after too many attempts the page counts down, and sends nothing before', async ({
  visit,
}) => {
  const person = await register(netra.url)
  const page = await visit(netra.url, { path: '/sign-in', expected: [/status of 4\d\d/] })
  let asked = 0
  await page.route('**/auth/login', async (route) => {
    asked += 1
    if (asked > 1) return route.fallback()
    return route.fulfill({
      status: 429,
      headers: { 'retry-after': '3' },
      json: { error: true, error_code: 'RATE_LIMITED', message: 'Too many failed attempts.' },
    })
  })
  await fillSignIn(page, person.email)
  await page.getByRole('alert').waitFor()
  expect(await alertOf(page)).toMatch(/Too many failed attempts\. [123] s left\./)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  expect(asked).toBe(1)
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await composer(page).waitFor()
})

test('who is locked out by Netra itself is told for how many minutes', async ({ visit }) => {
  const person = await register(netra.url)
  const page = await visit(netra.url, { path: '/sign-in', ...REFUSED })
  for (let failures = 0; failures < 10; failures += 1) {
    await tryLogin(netra.url, person.email, 'not the password')
  }
  await fillSignIn(page, person.email)
  await page.getByRole('alert').waitFor()
  expect(await alertOf(page)).toMatch(/Too many failed attempts\. .*\b1\d minutes left\./)
})

test('whose session ended shows nothing to the next person, who may sign in as somebody else', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url, REFUSED)
  await composer(page).fill('a secret thought')
  await request(`${netra.url}/auth/logout`, {
    method: 'POST',
    headers: person.headers,
    body: { everywhere: true },
  })
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  await dialog.waitFor()
  const veil = await dialog.evaluate((element) => {
    return getComputedStyle(element, '::backdrop').backdropFilter
  })
  expect(veil).toContain('blur')
  await dialog.getByRole('button', { name: 'Sign in as somebody else' }).click()
  await heading(page, 'Sign in to Netra').waitFor()
  const other = await register(netra.url)
  await fillSignIn(page, other.email)
  await composer(page).waitFor()
  expect(await composer(page).inputValue()).toBe('')
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('secret thought')
})

test('a forgotten password without email leads to the administrator', async ({ visit }) => {
  const page = await visit(netra.url, { path: '/sign-in', ...REFUSED })
  await page.getByRole('link', { name: 'Forgot the password?' }).click()
  await heading(page, 'Forgot the password?').waitFor()
  await page.getByText('Ask your administrator for a link').waitFor()
  expect(await page.getByRole('textbox').count()).toBe(0)
})

test('what a provider refused is told in words, once', async ({ visit }) => {
  const page = await visit(netra.url, {
    path: '/sign-in?error=account_exists&trace_id=abc',
    ...REFUSED,
  })
  await page.getByRole('alert').waitFor()
  expect(await alertOf(page)).toContain('There is an account with this email address already')
  expect(page.url()).toBe(`${netra.url}/sign-in`)
})
