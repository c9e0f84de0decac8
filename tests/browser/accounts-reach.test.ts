import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { register, type Person } from '../support/people.ts'
import { soon } from '../support/screen.ts'
import { setUp } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess
let admin: Person

const LONG = `${'a.long.name.'.repeat(5)}x@${'long-domain.'.repeat(9)}example.com`

beforeAll(async () => {
  netra = await startNetra()
  admin = await setUp(netra)
  await register(netra.url, LONG)
})

afterAll(() => netra[Symbol.asyncDispose]())

const REFUSED = { expected: [/status of 4\d\d/] }
const NARROW = { width: 360, height: 640 }
const OWN = ['account', 'security', 'api-keys', 'models']
const ADMINISTRATION = ['users', 'invitations', 'registration', 'retention', 'audit-log']
const SETTINGS = [...OWN, ...ADMINISTRATION].map((page) => `/settings/${page}`)
const ENTRANCE = [
  '/sign-in?error=access_denied',
  '/register#invitation=x',
  '/forgot-password',
  '/reset-password#token=x',
  '/verify-email#token=x',
]

async function open(page: Page, path: string): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${netra.url}${path}`)
  await page.getByRole('heading').first().waitFor()
  await expect.poll(() => page.getByRole('status', { name: 'Loading' }).count(), soon).toBe(0)
}

/** How far anything reaches to the right that the page itself should hold. */
const reachOf = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const parts = [...document.querySelectorAll('main section, main form, dialog, dialog *')]
    const widths = parts.map((part) => part.getBoundingClientRect().left + part.scrollWidth)
    return Math.max(document.documentElement.scrollWidth, ...widths)
  })

const NAMED = 'button|link|textbox|combobox|checkbox|radio|img|menuitem|dialog|group|searchbox'

/** What can be operated, and pictures, without a name that a screen reader could say. */
async function nameless(page: Page): Promise<string[]> {
  const lines = (await page.locator('body').ariaSnapshot()).split('\n')
  const isNameless = new RegExp(`^\\s*- (${NAMED})(:| \\[|$)`)
  return lines.filter((line) => isNameless.test(line))
}

test('no page of accounts is wider than a screen of 360 px, also with long names', async ({
  visit,
}) => {
  const stranger = await visit(netra.url, { size: NARROW, ...REFUSED })
  for (const path of ENTRANCE) {
    await open(stranger, path)
    expect([path, await reachOf(stranger)]).toEqual([path, NARROW.width])
  }
  const page = await visit(netra.url, { as: admin, size: NARROW })
  for (const path of SETTINGS) {
    await open(page, path)
    expect([path, (await reachOf(page)) <= NARROW.width]).toEqual([path, true])
  }
  await open(page, '/settings/users')
  await page.getByRole('button', { name: `Actions for ${LONG}` }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  expect(await reachOf(page)).toBe(NARROW.width)
})

test('all that can be operated on the pages of accounts has a name', async ({ visit }) => {
  const stranger = await visit(netra.url, REFUSED)
  for (const path of ENTRANCE) {
    await open(stranger, path)
    expect([path, await nameless(stranger)]).toEqual([path, []])
  }
  const page = await visit(netra.url, { as: admin })
  for (const path of SETTINGS) {
    await open(page, path)
    expect([path, await nameless(page)]).toEqual([path, []])
  }
})

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })

test('with the keyboard alone a user is disabled, and the focus is back where it was', async ({
  visit,
}) => {
  const { email } = await register(netra.url)
  const page = await visit(netra.url, { as: admin, path: '/settings/users' })
  await page.getByLabel('Find a user').fill(email)
  const actions = page.getByRole('button', { name: `Actions for ${email}` })
  await actions.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('End')
  await page.keyboard.press('ArrowUp')
  expect(await focused(page)).toBe('Disable')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  expect(await focused(page)).toBe('Cancel')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect(await focused(page)).toBe(`Actions for ${email}`)
  await page.keyboard.press('Enter')
  await page.keyboard.press('End')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('listitem', { name: email }).getByText('disabled', { exact: true }).waitFor()
  expect(await focused(page)).toBe(`Actions for ${email}`)
})
