import { readFile } from 'node:fs/promises'

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { totpCode } from '../../packages/server/src/auth/account/totp.ts'
import { inBrowser, type InBrowser } from '../support/browser.ts'
import { request } from '../support/http.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD } from '../support/people.ts'
import { composer, newcomer, soon } from '../support/screen.ts'
import { tryLogin } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess

beforeAll(async () => {
  netra = await startNetra()
})

afterAll(() => netra[Symbol.asyncDispose]())

const NEW_PASSWORD = 'a wholly different sentence'
const STEP_MS = 30_000

/** Answers that this test itself brings about, which the browser writes to its console. */
const REFUSED = { expected: [/status of 4\d\d/] }

async function fillSignIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Everything that the page's browser keeps beyond the page. */
const keptBy = (page: Page): Promise<string> =>
  page.evaluate(() => JSON.stringify([localStorage, sessionStorage, location.href]))

/** Turns it on in the page; gives the secret and the recovery codes that were shown. */
async function turnOnTwoFactor(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto(`${netra.url}/settings/security`)
  await page.getByRole('button', { name: 'Turn on', exact: true }).click()
  const password = page.getByRole('dialog', { name: 'Turn two-factor on' })
  await password.getByLabel('Your password').fill(PASSWORD)
  await password.getByRole('button', { name: 'Continue' }).click()
  const scan = page.getByRole('dialog', { name: 'Scan the code' })
  await scan.getByRole('img', { name: /^QR code/ }).waitFor()
  const secret = (await scan.locator('code').innerText()).replaceAll(' ', '')
  await scan.getByLabel(/^Code/).fill(totpCode(secret, Date.now()))
  await scan.getByRole('button', { name: 'Turn on', exact: true }).click()
  const kept = page.getByRole('dialog', { name: 'Keep your recovery codes' })
  const shown = kept.getByRole('list').getByRole('listitem')
  // All of them are asked for at once, whether or not any is there.
  await shown.first().waitFor()
  const codes = await shown.allInnerTexts()
  return { secret, codes }
}

test('two-factor is set up by scanning a code, and from then on a code is asked for', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url)
  const { secret, codes } = await turnOnTwoFactor(page)
  expect(new Set(codes).size).toBeGreaterThanOrEqual(8)
  const kept = page.getByRole('dialog', { name: 'Keep your recovery codes' })
  await page.keyboard.press('Escape')
  expect(await kept.isVisible()).toBe(true)
  const saving = page.waitForEvent('download')
  await kept.getByRole('button', { name: 'Download' }).click()
  expect(await readFile(await (await saving).path(), 'utf8')).toBe(`${codes.join('\n')}\n`)
  expect(await keptBy(page)).not.toContain(codes[0])
  await kept.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('It is on.').waitFor()
  expect(await page.getByText(codes[0] ?? '').count()).toBe(0)

  const other = await visit(netra.url, REFUSED)
  await fillSignIn(other, person.email)
  const code = other.getByLabel('Code')
  await code.waitFor()
  expect(await code.getAttribute('autocomplete')).toBe('one-time-code')
  await code.fill('000000')
  await other.getByRole('button', { name: 'Continue' }).click()
  await other.getByRole('alert').waitFor()
  await code.fill(totpCode(secret, Date.now() + STEP_MS))
  await other.getByRole('button', { name: 'Continue' }).click()
  await composer(other).waitFor()
})

test('a recovery code lets in once instead of the app', async ({ visit }) => {
  const { page, person } = await newcomer(visit, netra.url)
  const { codes } = await turnOnTwoFactor(page)
  const withRecovery = async (): Promise<Page> => {
    const other = await visit(netra.url, REFUSED)
    await fillSignIn(other, person.email)
    await other.getByRole('button', { name: 'Use a recovery code' }).click()
    await other.getByLabel('Recovery code').fill(codes[3] ?? '')
    await other.getByRole('button', { name: 'Continue' }).click()
    return other
  }
  await composer(await withRecovery()).waitFor()
  const again = await withRecovery()
  await again.getByRole('alert').waitFor()
  expect(await composer(again).count()).toBe(0)
})

test('a changed password signs other browsers out while they are open, and this one not (S11)', async ({
  visit,
}) => {
  const { page: other, person } = await newcomer(visit, netra.url, REFUSED)
  await composer(other).fill('half a thought')
  const page = await visit(netra.url, { as: await signedInAgain(person.email), ...REFUSED })
  await page.goto(`${netra.url}/settings/account`)
  await page.getByLabel('Current password').fill('not the password')
  await page.getByLabel('New password').fill(NEW_PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Current password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Your password is changed.').waitFor()
  expect(await page.getByLabel('New password').inputValue()).toBe('')

  const dialog = other.getByRole('dialog', { name: 'Sign in again' })
  await dialog.waitFor()
  await dialog.getByLabel('Password').fill(NEW_PASSWORD)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await composer(other).inputValue()).toBe('half a thought')
  expect(await page.getByRole('dialog').count()).toBe(0)
})

async function signedInAgain(email: string) {
  const { body, headers } = await tryLogin(netra.url, email)
  const cookie = headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const token = body.access_token
  return { userId: body.user.id, email, token, cookie, headers: {} }
}

test('an API key is shown once, does what it may, and nothing once it is revoked', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url, { path: '/settings/api-keys' })
  await page.getByLabel('Name', { exact: true }).fill('Nightly report')
  await page.getByRole('button', { name: 'Make the key' }).click()
  const shown = page.getByRole('group', { name: 'The new key' })
  const key = await shown.locator('code').innerText()
  expect(key).toMatch(/^netra_/)
  await shown.getByRole('button', { name: 'Copy key' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key)

  const headers = { authorization: `Bearer ${key}` }
  const ask = async (path: string) => (await request(`${netra.url}${path}`, { headers })).status
  expect(await ask('/api/threads')).toBe(200)
  expect(await ask('/auth/me')).toBe(403)

  await page.reload()
  await page.getByText('read conversations, write conversations').waitFor()
  expect(await page.content()).not.toContain(key)
  expect(await keptBy(page)).not.toContain(key)
  await page.getByRole('button', { name: 'Revoke Nightly report' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('There are none.').waitFor()
  expect(await ask('/api/threads')).toBe(401)
})

test('the list of sessions names each device and ends another one at once (S11)', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url)
  const other = await visit(netra.url, REFUSED)
  await fillSignIn(other, person.email)
  await composer(other).waitFor()

  await page.goto(`${netra.url}/settings/security`)
  const devices = page.getByRole('listitem').filter({ hasText: 'signed in' })
  await expect.poll(() => devices.count(), soon).toBe(2)
  expect(await devices.first().innerText()).toContain('this device')
  expect(await devices.nth(1).innerText()).toMatch(/Chrom/)
  await devices
    .nth(1)
    .getByRole('button', { name: /^Sign out / })
    .click()
  await other.getByRole('dialog', { name: 'Sign in again' }).waitFor()
  await expect.poll(() => devices.count(), soon).toBe(1)

  await Promise.all([tryLogin(netra.url, person.email), tryLogin(netra.url, person.email)])
  await page.reload()
  await expect.poll(() => devices.count(), soon).toBe(3)
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await expect.poll(() => devices.count(), soon).toBe(1)
  expect(await page.getByRole('dialog').count()).toBe(0)
})

test('an account is downloaded whole and then deleted, by its address and password only', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url, REFUSED)
  await composer(page).fill('a draft that goes with the account')
  expect(await keptBy(page)).toContain('a draft')
  await page.goto(`${netra.url}/settings/account`)
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download everything' }).click()
  const saved = await saving
  expect(saved.suggestedFilename()).toMatch(/^netra-.*\.zip$/)
  expect((await readFile(await saved.path())).subarray(0, 2).toString()).toBe('PK')

  await page.getByRole('button', { name: 'Delete my account' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete your account' })
  const last = dialog.getByRole('button', { name: 'Delete for good' })
  expect(await last.isDisabled()).toBe(true)
  await dialog.getByLabel('Your email address, to be sure').fill(person.email)
  await dialog.getByLabel('Your password').fill('not the password')
  await last.click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByLabel('Your password').fill(PASSWORD)
  await last.click()
  await page.getByText('Your account is deleted').waitFor()
  expect(await keptBy(page)).not.toContain('a draft')
  expect(page.url()).toBe(`${netra.url}/sign-in`)
  expect((await tryLogin(netra.url, person.email)).status).toBe(401)
})

test('a new name stands at once where one is named', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url, { path: '/settings/account' })
  await page.getByLabel('Name').fill('Ada Lovelace')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('link', { name: 'Ada Lovelace Settings' }).waitFor()
  await page.reload()
  await expect.poll(() => page.getByLabel('Name').inputValue(), soon).toBe('Ada Lovelace')
})
