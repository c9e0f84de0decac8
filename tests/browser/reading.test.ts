import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { request } from '../support/http.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { register, type Person } from '../support/people.ts'
import { answers, ask, composer, ended, newcomer, soon } from '../support/screen.ts'
import { setUp } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let model: ModelServer
let netra: NetraProcess
let admin: Person

const LONG = [
  'The headline.\n\nThe whole report: [AI spend](/api/reports/file_1).\n\n',
  '| model | share |\n| --- | --- |\n| gpt-4o | 70.0 % |\n| gpt-4o-mini | 30.0 % |\n\n',
  ...Array.from({ length: 60 }, (_, index) => `Paragraph ${index} of it.\n\n`),
  'The tail.',
]

beforeAll(async () => {
  model = await startModelServer({
    script: ({ toolResults, body }) => {
      if (toolResults.length > 0) return { text: '**Noted**, as `asked`.' }
      if (JSON.stringify(body).includes('Remember')) {
        const call = { name: 'remember', arguments: { text: 'Drinks green tea' } }
        return { text: '', toolCalls: [call] }
      }
      return { text: LONG, paceMs: 2 }
    },
  })
  netra = await startNetra({
    env: {
      NETRA_REGISTRATION: 'open',
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/gpt-4o',
    },
  })
  admin = await setUp(netra)
})

afterAll(async () => {
  await netra?.[Symbol.asyncDispose]()
  await model?.close()
})

const button = (page: Page, name: string | RegExp): Locator => page.getByRole('button', { name })
const isSeen = (place: Locator) =>
  place.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return bottom > 0 && top < innerHeight
  })

test('a long answer is read from its beginning, and whoever goes to its end stays there', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url)
  const answer = await ask(page, 'What does it cost?')
  await ended(answer)
  const headline = answer.getByText('The headline.')
  const tail = answer.getByText('The tail.')
  await expect.poll(() => isSeen(headline), soon).toBe(true)
  expect(await isSeen(tail)).toBe(false)
  expect(await answer.getByRole('link', { name: 'AI spend' }).getAttribute('href')).toBe(
    '/reports/file_1',
  )
  const share = answer.getByRole('cell', { name: '70.0' })
  expect(await share.evaluate((cell) => getComputedStyle(cell).textAlign)).toBe('right')
  expect(await share.textContent()).toBe('70.0\u00A0%')
  await button(page, 'Jump to the newest').click()
  await expect.poll(() => isSeen(tail), soon).toBe(true)
  await page.reload()
  await expect.poll(() => isSeen(headline), soon).toBe(true)
})

test('after an answer by the keyboard one goes on where one writes; what waits, and plain words, are spoken', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url)
  await ask(page, 'Remember what I like')
  const spoken = page.getByRole('status').filter({ hasText: /Assistant/ })
  await expect.poll(() => spoken.textContent(), soon).toContain('waits for you')
  await button(page, /^Allow$/).press('Enter')
  await expect.poll(() => spoken.textContent(), soon).toContain('answered: Noted, as asked.')
  const hasFocus = () => composer(page).evaluate((box) => box === document.activeElement)
  await expect.poll(hasFocus, soon).toBe(true)
})

test('a file that could not be attached says why the message does not go, and how it does', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url, { expected: [/status of 4\d\d/] })
  await page.getByLabel('Attach files').setInputFiles({
    name: 'program.exe',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from([0x4d, 0x5a, 0, 0, 1, 2, 3]),
  })
  await composer(page).fill('What is in it?')
  await page.getByText('could not be attached, so the message is not sent').waitFor()
  expect(await button(page, 'Send').isDisabled()).toBe(true)
  await button(page, 'Remove it').click()
  expect(await button(page, 'Send').isDisabled()).toBe(false)
})

test('while an order to stop holds the composer says why, and sends nothing until it is lifted', async ({
  visit,
}) => {
  const orders = `${netra.url}/api/admin/stop`
  const { headers } = admin
  const ann = await register(netra.url)
  const before = await visit(netra.url, { as: ann })
  await composer(before).waitFor()
  await request(orders, { headers, body: { why: 'Costs are looked into.' } })
  // This page has not heard of it: what it sends is shown as waiting, and can be taken back.
  await composer(before).fill('One that waits')
  await button(before, 'Send').click()
  await before.getByText('Not sent yet: nothing is taken now.').waitFor()
  await before.getByText(/Nothing can be sent now: .*Costs are looked into\./).waitFor()
  await composer(before).fill('Another')
  expect(await button(before, 'Send').isDisabled()).toBe(true)
  await button(before, 'Discard').click()
  await before.getByText('One that waits').waitFor({ state: 'detached' })
  await request(orders, { headers, method: 'DELETE' })
  await expect.poll(() => button(before, 'Send').isDisabled(), soon).toBe(false)
  expect(await answers(before).count()).toBe(0)
})
