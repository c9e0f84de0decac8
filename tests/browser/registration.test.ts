import { expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { request } from '../support/http.ts'
import { startNetra } from '../support/netra-process.ts'
import { soon } from '../support/screen.ts'
import { setUp } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

test('without a choice the page of registration says what holds, keeps it, and gives it back', async ({
  visit,
}) => {
  await using plain = await startNetra()
  const root = await setUp(plain)
  await using page = await visit(plain.url, { as: root, path: '/settings/registration' })
  const byDefault = page.getByRole('radio', { name: 'From this machine anybody' })
  const save = page.getByRole('button', { name: 'Save' })
  const saved = page.getByText('Saved, and in force.')
  const settled = async () => {
    const address = `${plain.url}/auth/admin/registration`
    return (await request(address, { headers: root.headers })).body
  }
  await expect.poll(() => byDefault.isChecked(), soon).toBe(true)
  await save.click()
  await saved.waitFor()
  expect(await settled()).toMatchObject({ source: 'default' })
  await page.getByRole('radio', { name: /^Closed/ }).check()
  expect(await saved.count()).toBe(0)
  await save.click()
  await saved.waitFor()
  expect(await settled()).toMatchObject({ source: 'administrator', policy: 'closed' })
  await byDefault.check()
  await save.click()
  await saved.waitFor()
  expect(await settled()).toMatchObject({ source: 'default', configured: null })
})
