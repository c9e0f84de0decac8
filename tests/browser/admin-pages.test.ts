import { readFile } from 'node:fs/promises'

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { request } from '../support/http.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD, register, type Person } from '../support/people.ts'
import { composer, heading, newcomer, soon } from '../support/screen.ts'
import { setUp, tryLogin } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_REGISTRATION: 'open' } })
  admin = await setUp(netra)
})

afterAll(() => netra[Symbol.asyncDispose]())

const REFUSED = { expected: [/status of 4\d\d/] }
const PAGES = ['users', 'invitations', 'registration', 'retention', 'audit-log']

/** The choice of one action about a user, up to the confirmation. */
async function choose(page: Page, email: string, action: string): Promise<void> {
  await page.getByLabel('Find a user').fill(email)
  await page.getByRole('button', { name: `Actions for ${email}` }).click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

const confirm = (page: Page, action: string): Promise<void> =>
  page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click()

const shownLink = (page: Page): Promise<string> =>
  page.getByRole('group', { name: 'The new link' }).locator('code').innerText()

/** The link as it stands, at the address of this test's server. */
const pathOf = (link: string): string => {
  const { pathname, hash } = new URL(link)
  return `${pathname}${hash}`
}

test('a user who is disabled is told so in the open page, and goes on there once enabled (S11)', async ({
  visit,
}) => {
  const { page: theirs, person } = await newcomer(visit, netra.url, REFUSED)
  await composer(theirs).fill('half a thought')
  const page = await visit(netra.url, { as: admin, path: '/settings/users' })
  await page.getByText('They cannot read other people’s chats or files.').waitFor()
  await choose(page, person.email, 'Disable')
  await confirm(page, 'Disable')
  const dialog = theirs.getByRole('dialog', { name: 'Your account is disabled' })
  await dialog.waitFor()
  const [veil, paper] = await dialog.evaluate((element) => [
    getComputedStyle(element, '::backdrop').backgroundColor,
    getComputedStyle(element).backgroundColor,
  ])
  expect(veil).toBe(paper)
  await dialog.getByLabel('Password').fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await dialog.getByRole('alert').waitFor()

  const row = page.getByRole('listitem', { name: person.email })
  await row.getByText('disabled', { exact: true }).waitFor()
  await choose(page, person.email, 'Enable')
  await confirm(page, 'Enable')
  await row.getByText('disabled', { exact: true }).waitFor({ state: 'detached' })
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await composer(theirs).inputValue()).toBe('half a thought')
})

test('a link of the administrator sets a password once, and leaves the address at once', async ({
  visit,
}) => {
  const person = await register(netra.url)
  const page = await visit(netra.url, { as: admin, path: '/settings/users' })
  await choose(page, person.email, 'Link to set a password')
  await confirm(page, 'Make the link')
  const link = await shownLink(page)
  expect(link).toContain('/reset-password#token=')
  await page.reload()
  await heading(page, 'Create a user').waitFor()
  expect(await page.content()).not.toContain(link)

  const theirs = await visit(netra.url, { path: pathOf(link), ...REFUSED })
  await expect.poll(() => theirs.url(), soon).toBe(`${netra.url}/reset-password`)
  await theirs.getByLabel('New password').fill('a wholly different sentence')
  await theirs.getByRole('button', { name: 'Set the password' }).click()
  await theirs.getByRole('link', { name: 'Sign in with the new password' }).click()
  await theirs.getByLabel('Email').fill(person.email)
  await theirs.getByLabel('Password').fill('a wholly different sentence')
  await theirs.getByRole('button', { name: 'Sign in', exact: true }).click()
  await composer(theirs).waitFor()

  const again = await visit(netra.url, { path: pathOf(link), ...REFUSED })
  await again.getByLabel('New password').fill('one more sentence of mine')
  await again.getByRole('button', { name: 'Set the password' }).click()
  await again.getByRole('alert').waitFor()
})

test('somebody who is locked out gets in again once an administrator unlocks the account', async ({
  visit,
}) => {
  const { email } = await register(netra.url)
  for (let tries = 0; tries < 10; tries += 1) await tryLogin(netra.url, email, 'a wrong password')
  expect((await tryLogin(netra.url, email)).status).toBe(429)
  const page = await visit(netra.url, { as: admin, path: '/settings/users' })
  await choose(page, email, 'Unlock sign-in')
  await confirm(page, 'Unlock')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect((await tryLogin(netra.url, email)).status).toBe(200)
})

test('an administrator makes a user, changes the role and deletes the account', async ({
  visit,
}) => {
  const page = await visit(netra.url, { as: admin, path: '/settings/users' })
  const email = 'made.by.an.administrator@example.com'
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Name', { exact: true }).fill('Made Person')
  await page.getByRole('button', { name: 'Create user' }).click()
  const link = await shownLink(page)
  const theirs = await visit(netra.url, { path: pathOf(link), ...REFUSED })
  await theirs.getByLabel('New password').fill(PASSWORD)
  await theirs.getByRole('button', { name: 'Set the password' }).click()
  await theirs.getByText('Your password is set.').waitFor()

  await choose(page, email, 'Make an administrator')
  await confirm(page, 'Make an administrator')
  const row = page.getByRole('listitem', { name: email })
  await row.getByText('administrator', { exact: true }).waitFor()
  await choose(page, email, 'Delete')
  await confirm(page, 'Delete for good')
  await row.waitFor({ state: 'detached' })
  await page.getByText(/^0 users/).waitFor()
  expect((await tryLogin(netra.url, email)).status).toBe(401)
})

test('the only administrator cannot go, and is told what to do first', async ({ visit }) => {
  const page = await visit(netra.url, { as: admin, path: '/settings/account', ...REFUSED })
  await page.getByRole('button', { name: 'Delete my account' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete your account' })
  await dialog.getByLabel('Your email address, to be sure').fill(admin.email)
  await dialog.getByLabel('Your password').fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await dialog.getByRole('alert').waitFor()
  expect(await dialog.getByRole('alert').innerText()).toContain('Make somebody else one first')
})

test('registration is closed, by invitation or open as an administrator says', async ({
  visit,
}) => {
  const page = await visit(netra.url, { as: admin, path: '/settings/registration' })
  const option = (name: string) => page.getByRole('radio', { name: new RegExp(`^${name}`) })
  const settle = async (policy: string) => {
    await option(policy).check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved, and in force.').waitFor()
    await page.reload()
    await expect.poll(() => option(policy).isChecked(), soon).toBe(true)
  }
  await expect.poll(() => option('As the server is configured').isChecked(), soon).toBe(true)
  await settle('Closed')
  const visitor = await visit(netra.url, { path: '/register', ...REFUSED })
  await visitor.getByText('Nobody can register here').waitFor()
  await page.goto(`${netra.url}/settings/invitations`)
  await page.getByText('invitations count only when it is open again').waitFor()
  await page.getByRole('button', { name: 'Create link' }).click()
  const link = await shownLink(page)
  const early = await visit(netra.url, { path: pathOf(link), ...REFUSED })
  await early.getByText('Registration is closed now').waitFor()
  expect(await early.getByRole('textbox').count()).toBe(0)
  await page.getByRole('link', { name: 'Change it under Registration' }).click()
  await settle('By invitation')
  await visitor.reload()
  await visitor.getByText('An account here needs an invitation').waitFor()

  await page.goto(`${netra.url}/settings/invitations`)
  await page.getByRole('button', { name: 'Create link' }).waitFor()
  expect(await page.getByText('Registration is closed').count()).toBe(0)
  const invited = await visit(netra.url, { path: pathOf(link), ...REFUSED })
  await expect.poll(() => invited.url(), soon).toBe(`${netra.url}/register`)
  await invited.getByLabel('Name').fill('Invited')
  await invited.getByLabel('Email').fill('invited@elsewhere.test')
  await invited.getByLabel('Password').fill(PASSWORD)
  await invited.getByRole('button', { name: 'Create account' }).click()
  await composer(invited).waitFor()

  await page.goto(`${netra.url}/settings/registration`)
  await settle('As the server is configured')
  await visitor.reload()
  await visitor.getByRole('button', { name: 'Create account' }).waitFor()
})

test('what is older than so many days is erased only after a confirmation', async ({ visit }) => {
  const page = await visit(netra.url, { as: admin, path: '/settings/retention' })
  const days = async () =>
    (await request(`${netra.url}/api/admin/retention`, { headers: admin.headers })).body['days']
  await page.getByRole('radio', { name: 'Erase what is old' }).check()
  await page.getByLabel('After how many days').fill('90')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  expect(await days()).toBe(null)
  await page.getByRole('button', { name: 'Save' }).click()
  await confirm(page, 'Erase them')
  await page.getByText('Saved, and in force.').waitFor()
  expect(await days()).toBe(90)
})

test('the audit log tells who did what, about one person alone, and as a file', async ({
  visit,
}) => {
  const person = await register(netra.url)
  const bystander = await register(netra.url)
  const page = await visit(netra.url, { as: admin, path: '/settings/users' })
  await choose(page, person.email, 'Disable')
  await confirm(page, 'Disable')
  await page.getByRole('listitem').getByText('disabled', { exact: true }).waitFor()
  await choose(page, person.email, 'Show in the audit log')
  const rows = page.getByRole('table', { name: 'Audit log' }).getByRole('row')
  const entry = rows.filter({ has: page.getByText('Account disabled', { exact: true }) })
  await expect.poll(() => entry.innerText(), soon).toContain(admin.email)
  expect(await entry.innerText()).toContain(person.email)
  expect(await rows.filter({ hasText: bystander.email }).count()).toBe(0)
  await page.getByLabel('About').selectOption('Everybody')
  await rows.filter({ hasText: bystander.email }).first().waitFor()

  await tryLogin(netra.url, bystander.email, 'not the password')
  await page.getByLabel('What', { exact: true }).selectOption('Signing in and out')
  await entry.first().waitFor({ state: 'detached' })
  const refusal = rows.filter({ hasText: 'Sign-in refused' }).first()
  expect((await refusal.innerText()).match(/refused/g)).toHaveLength(1)

  const saving = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSV of the whole log' }).click()
  expect(await readFile(await (await saving).path(), 'utf8')).toContain('user.disabled')
})

test('a member finds no administration, also at its address', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url, { path: '/settings/account' })
  await page.getByRole('navigation', { name: 'Settings' }).waitFor()
  expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(0)
  for (const path of PAGES) {
    await page.goto(`${netra.url}/settings/${path}`)
    await page.getByText(/administrator/i).waitFor()
    expect(await page.getByRole('main').getByRole('button').count()).toBe(0)
  }
})
