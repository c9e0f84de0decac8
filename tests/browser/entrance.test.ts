import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD, register } from '../support/people.ts'
import { answers, ask, composer, ended, heading, newcomer, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess

beforeAll(async () => {
  netra = await startNetra()
})

afterAll(() => netra[Symbol.asyncDispose]())

/** Whoever is not signed in is told so, which the browser writes to its console. */
const REFUSED = { expected: [/status of 40[13]/] }

async function fillSignIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function fillAccount(page: Page, name: string, email: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
}

const pathOf = (page: Page): string => new URL(page.url()).pathname

test('the set-up link makes the administrator, once', async ({ visit }) => {
  const link = `/setup#token=${netra.setupToken}`
  const page = await visit(netra.url, { path: link, ...REFUSED })
  await fillAccount(page, 'Ada', 'ada@example.com')
  await page.getByRole('button', { name: 'Create the administrator' }).click()
  await composer(page).waitFor()
  expect(page.url()).toBe(`${netra.url}/`)
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByText('Administrator', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Invitations' }).waitFor()

  const second = await visit(netra.url, { path: link, expected: [/status of 4\d\d/] })
  await fillAccount(second, 'Eve', 'eve@example.com')
  await second.getByRole('button', { name: 'Create the administrator' }).click()
  const alert = second.getByRole('alert')
  await alert.waitFor()
  expect(await alert.innerText()).toMatch(/There is an administrator already\. Sign in/)
})

test('a person registers, signs out and signs in again', async ({ visit }) => {
  const page = await visit(netra.url, REFUSED)
  await heading(page, 'Sign in to Netra').waitFor()
  await page.getByRole('link', { name: 'Create an account' }).click()
  await fillAccount(page, 'Grace', 'grace@example.com')
  await page.getByRole('button', { name: 'Create account' }).click()
  await composer(page).waitFor()

  await page.getByRole('link', { name: 'Grace Settings' }).click()
  await page.getByText('Member', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await heading(page, 'Sign in to Netra').waitFor()
  await page.goto(netra.url)
  await heading(page, 'Sign in to Netra').waitFor()

  await fillSignIn(page, 'grace@example.com')
  await composer(page).waitFor()
  expect(pathOf(page)).toBe('/')
})

test('signing in leads to the conversation that was asked for', async ({ visit }) => {
  const { page, person } = await newcomer(visit, netra.url)
  await ended(await ask(page, 'What is 6 * 7?'))
  await expect.poll(() => pathOf(page), soon).toMatch(/^\/t\/./)
  const path = pathOf(page)

  const other = await visit(netra.url, { path, ...REFUSED })
  await heading(other, 'Sign in to Netra').waitFor()
  await fillSignIn(other, person.email)
  await answers(other).getByText('42').waitFor()
  expect(pathOf(other)).toBe(path)
})

test('a wrong password is told, and the right one then works', async ({ visit }) => {
  const person = await register(netra.url)
  const page = await visit(netra.url, { path: '/sign-in', ...REFUSED })
  await fillSignIn(page, person.email, 'not the password')
  const alert = page.getByRole('alert')
  await alert.waitFor()
  expect(await alert.innerText()).toMatch(/password/i)
  expect(pathOf(page)).toBe('/sign-in')
  await fillSignIn(page, person.email)
  await composer(page).waitFor()
})

test('a person who is signed in does not see what is not theirs', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url)
  await ended(await ask(page, 'What is 2 + 2?'))
  await expect.poll(() => pathOf(page), soon).toMatch(/^\/t\/./)
  const { page: other } = await newcomer(visit, netra.url, { path: pathOf(page) })
  await heading(other, 'This conversation is not here').waitFor()
})
