import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { composer, heading, soon } from '../support/screen.ts'
import { setUp } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let mail: MailServer
let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  mail = await startMailServer()
  netra = await startNetra({ env: { SMTP_URL: mail.url, NETRA_MAIL_FROM: 'netra@example.com' } })
  admin = await setUp(netra)
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await mail[Symbol.asyncDispose]()
})

const REFUSED = { expected: [/status of 4\d\d/] }

const pathOf = (link: string): string => {
  const { pathname, hash } = new URL(link)
  return `${pathname}${hash}`
}

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('an address of a permitted domain registers once its owner has opened the link', async ({
  visit,
}) => {
  const page = await visit(netra.url, { as: admin, path: '/settings/registration' })
  await page.getByRole('radio', { name: 'By domain' }).check()
  await page.getByRole('textbox', { name: 'Domains' }).fill('example.org, @Example.NET')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved, and in force.').waitFor()

  const email = 'new.person@example.net'
  const visitor = await visit(netra.url, { path: '/register', ...REFUSED })
  await visitor.getByText('only some domains may register').waitFor()
  const register = async (address: string) => {
    await visitor.getByLabel('Email').fill(address)
    await visitor.getByLabel('Password').fill(PASSWORD)
    await visitor.getByRole('button', { name: 'Create account' }).click()
  }
  await register('new.person@elsewhere.test')
  await visitor.getByRole('alert').waitFor()
  await register(email)
  await heading(visitor, 'Check your email').waitFor()
  expect(await visitor.getByRole('button', { name: /^Send it again/ }).isDisabled()).toBe(true)

  // Whoever signs in before is led to the same page.
  const early = await visit(netra.url, { path: '/sign-in', ...REFUSED })
  await signIn(early, email)
  await heading(early, 'Check your email').waitFor()

  const { link } = await mail.mailTo(email)
  await visitor.goto(`${netra.url}${pathOf(link)}`)
  await visitor.getByText('Your address is confirmed.').waitFor()
  expect(visitor.url()).toBe(`${netra.url}/verify-email`)
  await visitor.getByRole('link', { name: 'Sign in' }).click()
  await signIn(visitor, email)
  await composer(visitor).waitFor()

  const again = await visit(netra.url, { path: pathOf(link), ...REFUSED })
  await again.getByRole('alert').waitFor()
})

test('a forgotten password is set anew by the link of an email, once', async ({ visit }) => {
  const page = await visit(netra.url, { path: '/sign-in', ...REFUSED })
  await page.getByRole('link', { name: 'Forgot the password?' }).click()
  await heading(page, 'Forgot the password?').waitFor()
  await page.getByLabel('Email').fill(admin.email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText('If there is an account').waitFor()
  const { link } = await mail.mailTo(admin.email)
  await page.goto(`${netra.url}${pathOf(link)}`)
  await expect.poll(() => page.url(), soon).toBe(`${netra.url}/reset-password`)
  await page.getByLabel('New password').fill('a wholly different sentence')
  await page.getByRole('button', { name: 'Set the password' }).click()
  await page.getByText('Your password is set.').waitFor()
  await page.getByRole('link', { name: 'Sign in with the new password' }).click()
  await signIn(page, admin.email, 'a wholly different sentence')
  await composer(page).waitFor()
})
