import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import type { Person } from '../support/people.ts'
import { ask, composer, ended, newcomer, soon } from '../support/screen.ts'
import { setUp } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let model: ModelServer
let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello from the model.' }] })
  netra = await startNetra({
    port: await freePort(),
    env: {
      NETRA_REGISTRATION: 'open',
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/gpt-4o',
    },
  })
  admin = await setUp(netra)
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model.close()
})

const DASHBOARD = '/settings/dashboard'
const tile = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Now' }).getByRole('listitem').filter({ hasText: name })
const breaker = (page: Page, id: string) => page.getByRole('listitem', { name: id, exact: true })

test('an administrator sees what happens on the node while it happens', async ({ visit }) => {
  const page = await visit(netra.url, { as: admin, path: DASHBOARD })
  const level = page.getByRole('listitem', { name: 'Event completion' })
  await level.getByText('No traffic').waitFor()
  expect(await page.title()).toBe('Dashboard · Settings · Netra')
  const { page: theirs } = await newcomer(visit, netra.url)
  await ended(await ask(theirs, 'good morning'))
  await level.getByText('100 % of 1').waitFor()
  await level.getByText('Met', { exact: true }).waitFor()
  await expect.poll(() => tile(page, 'Open sockets').innerText(), soon).toMatch(/^Open sockets\s+2/)
  await expect.poll(() => tile(page, 'Runs that failed').innerText(), soon).toContain('of 1')
  await ended(await ask(theirs, 'and how are you?'))
  await expect.poll(() => tile(page, 'First event').innerText(), soon).toMatch(/\d ms/)
  await page.getByText('Everything works.').waitFor()
  expect(await page.content()).not.toContain('good morning')
})

test('a service level says what to do when it is missed', async ({ visit }) => {
  const page = await visit(netra.url, { as: admin, path: DASHBOARD })
  for (const name of [
    'Welcome',
    'First event',
    'Event completion',
    'Handshake success',
    'API response',
  ]) {
    await page.getByRole('button', { name: `What to do when ${name} is missed` }).click()
    const dialog = page.getByRole('dialog', { name: `What to do: ${name}` })
    await dialog.getByRole('heading', { name: 'How to confirm' }).waitFor()
    expect(await dialog.innerText()).toContain('What to do')
    await dialog.getByRole('button', { name: 'Close' }).click()
    await dialog.waitFor({ state: 'detached' })
  }
})

test('a model that is down opens its breaker, and a reset lets the next call through', async ({
  visit,
}) => {
  const { page: theirs } = await newcomer(visit, netra.url)
  await composer(theirs).waitFor()
  const page = await visit(netra.url, { as: admin, path: DASHBOARD })
  const line = breaker(page, 'model:openai/gpt-4o')
  await line.getByText('Closed', { exact: true }).waitFor()
  expect(await line.getByRole('button').count()).toBe(0)
  model.script([{ status: 500, error: 'The server is on fire' }])
  await expect
    .poll(
      async () => {
        await (await ask(theirs, 'are you there?')).getByRole('alert').waitFor()
        return line.getByText('Open', { exact: true }).isVisible()
      },
      { timeout: 60_000 },
    )
    .toBe(true)
  await page.getByText('A circuit breaker is open').waitFor()
  await line.getByText(/failures in a row\. Calls are refused at once/).waitFor()
  const refused = await ask(theirs, 'and now?')
  await refused.getByText('The model is not called now.').waitFor()

  model.script([{ text: 'Here I am again.' }])
  await line.getByRole('button', { name: 'Reset openai/gpt-4o' }).click()
  const dialog = page.getByRole('dialog', { name: 'Reset openai/gpt-4o?' })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })
  await line.getByText('Open', { exact: true }).waitFor()
  await line.getByRole('button', { name: 'Reset openai/gpt-4o' }).click()
  await dialog.getByRole('button', { name: 'Reset', exact: true }).click()
  await line.getByText('Closed', { exact: true }).waitFor()
  const answer = await ask(theirs, 'once more')
  await answer.getByText('Here I am again.').waitFor()
  await page.getByRole('table', { name: 'Why runs failed' }).waitFor()
})

test('a member has no dashboard, also at its address', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url, { path: DASHBOARD })
  await page.getByText('Only an administrator sees and changes this; ask one.').waitFor()
  expect(await page.getByRole('link', { name: 'Dashboard' }).count()).toBe(0)
})

test('a dashboard in a hidden page asks for nothing, and at once when it is seen again', async ({
  visit,
}) => {
  const page = await visit(netra.url, { as: admin, path: DASHBOARD })
  await tile(page, 'Open sockets').waitFor()
  const asked: number[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/api/admin/dashboard')) asked.push(Date.now())
  })
  const show = (state: 'hidden' | 'visible') =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    }, state)
  await expect.poll(() => asked.length, soon).toBeGreaterThanOrEqual(2)
  await show('hidden')
  const before = asked.length
  // Another page's requests go on meanwhile: two of its rounds are longer than one of this page's.
  const other = await visit(netra.url, { as: admin, path: DASHBOARD })
  const rounds: string[] = []
  other.on('response', (response) => {
    if (response.url().endsWith('/api/admin/dashboard')) rounds.push(response.url())
  })
  await expect.poll(() => rounds.length, soon).toBeGreaterThanOrEqual(3)
  expect(asked.length - before).toBeLessThanOrEqual(1)
  await show('visible')
  await expect.poll(() => asked.length, soon).toBeGreaterThan(before)
})

test('while the server does not answer the last numbers stay, and are said to be old', async ({
  visit,
}) => {
  const page = await visit(netra.url, {
    as: admin,
    path: DASHBOARD,
    expected: [/status of 5\d\d/, /Failed to load/, /WebSocket/],
  })
  await tile(page, 'Open sockets').waitFor()
  await page.route('**/api/admin/dashboard', (route) => route.abort())
  await page.getByRole('alert').getByText('this page keeps asking').waitFor()
  expect(await tile(page, 'Open sockets').innerText()).toMatch(/\d/)
  await page.unroute('**/api/admin/dashboard')
  await page.getByRole('alert').waitFor({ state: 'detached' })
})

test('on a phone nothing of the dashboard is wider than the screen', async ({ visit }) => {
  const page = await visit(netra.url, {
    as: admin,
    path: DASHBOARD,
    size: { width: 360, height: 740 },
  })
  await page.getByRole('heading', { name: 'Slowest routes' }).waitFor()
  const wide = await page.getByRole('main').evaluate((main) =>
    [...main.querySelectorAll('section *')]
      .filter((element) => !element.closest('.overflow-x-auto'))
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => element.outerHTML.slice(0, 120)),
  )
  expect(wide).toEqual([])
})
