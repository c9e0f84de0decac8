import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD, register } from '../support/people.ts'
import { answers, ask, composer, ended, soon } from '../support/screen.ts'
import { startUpgradeProxy, type UpgradeProxy } from '../support/upgrade-proxy.ts'

const test = base.extend<InBrowser>(inBrowser)

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index} `)
const ANSWER = WORDS.join('').trim()

let model: ModelServer
let proxy: UpgradeProxy
let netra: NetraProcess

beforeAll(async () => {
  model = await startModelServer({
    script: ({ lastUserText }) =>
      lastUserText === 'slowly'
        ? { text: WORDS, paceMs: 60 }
        : { text: `Reply to ${lastUserText}` },
  })
  netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
  proxy = await startUpgradeProxy(netra.url)
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await netra[Symbol.asyncDispose]()
  await model.close()
})

/** Another tab of the same browser. */
async function tabOf(page: Page, path: string): Promise<Page> {
  const tab = await page.context().newPage()
  await tab.goto(`${proxy.url}${path}`)
  return tab
}

const pathOf = async (page: Page): Promise<string> => {
  await expect.poll(() => new URL(page.url()).pathname, soon).toMatch(/^\/t\/./)
  return new URL(page.url()).pathname
}

const saidIn = (answer: Locator): Locator =>
  answer.getByRole('paragraph').filter({ hasText: /^word0/ })

async function expectWhole(page: Page): Promise<void> {
  await ended(answers(page))
  expect(await saidIn(answers(page)).allInnerTexts()).toEqual([ANSWER])
}

test('three tabs of a person share one socket, and each shows all of the answer', async ({
  visit,
}) => {
  const before = proxy.upgrades
  const person = await register(netra.url)
  const page = await visit(proxy.url, { as: person })
  await ask(page, 'slowly')
  const path = await pathOf(page)
  const others = [await tabOf(page, path), await tabOf(page, path)]
  for (const tab of others) await answers(tab).getByText(/word5/).waitFor()
  expect(proxy.open).toBe(1)
  await Promise.all([page, ...others].map(expectWhole))
  expect(proxy.upgrades - before).toBe(1)
  await page.context().close()
  await expect.poll(() => proxy.open, soon).toBe(0)
})

test('the tab that opened the socket is closed in the middle: the other one goes on at once', async ({
  visit,
}) => {
  const before = proxy.upgrades
  const person = await register(netra.url)
  const first = await visit(proxy.url, { as: person })
  await ask(first, 'slowly')
  const second = await tabOf(first, await pathOf(first))
  await answers(second)
    .getByText(/word3\b/)
    .waitFor()
  await first.close()
  await expectWhole(second)
  expect(proxy.upgrades - before).toBe(1)
  await second.context().close()
})

test('a cut is one cut for all tabs: one new socket, and every answer becomes whole', async ({
  visit,
}) => {
  const before = proxy.upgrades
  const person = await register(netra.url)
  const first = await visit(proxy.url, { as: person })
  await ask(first, 'slowly')
  const second = await tabOf(first, await pathOf(first))
  await answers(second)
    .getByText(/word3\b/)
    .waitFor()
  proxy.cut()
  await Promise.all([first, second].map(expectWhole))
  expect(proxy.upgrades - before).toBe(2)
  await second.context().close()
})

test('signed out in one tab, the other one says so; whoever signs in next sees nothing of it', async ({
  visit,
}) => {
  const expected = [/status of 40[13]/]
  const ada = await register(netra.url)
  const grace = await register(netra.url)
  const first = await visit(proxy.url, { as: ada, expected })
  await ended(await ask(first, 'a secret of ada'))
  const second = await tabOf(first, await pathOf(first))
  await answers(second).getByText('Reply to a secret of ada').waitFor()
  await first.goto(`${proxy.url}/settings/account`)
  await first.getByRole('button', { name: 'Sign out', exact: true }).click()
  await second.getByRole('dialog', { name: 'Sign in again' }).waitFor()
  await first.getByLabel('Email').fill(grace.email)
  await first.getByLabel('Password').fill(PASSWORD)
  await first.getByRole('button', { name: 'Sign in', exact: true }).click()
  await ended(await ask(first, 'a question of grace'))
  expect(await first.content()).not.toContain('secret of ada')
  expect(await second.content()).not.toContain('question of grace')
  expect(await second.getByRole('dialog', { name: 'Sign in again' }).count()).toBe(1)
  await composer(first).waitFor()
})
