import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import type { Person } from '../support/people.ts'
import { ask, composer, ended, newcomer, soon } from '../support/screen.ts'
import { setUp } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let first: ModelServer
let second: ModelServer
let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  first = await startModelServer({ script: [{ status: 500, error: 'broken' }] })
  second = await startModelServer({ script: [{ text: 'I stand in.' }] })
  netra = await startNetra({
    env: {
      NETRA_REGISTRATION: 'open',
      OPENAI_BASE_URL: `${first.url}/v1`,
      ANTHROPIC_API_KEY: 'key',
      ANTHROPIC_BASE_URL: `${second.url}/v1`,
      NETRA_MODEL: 'openai/gpt-4o',
      NETRA_MODEL_FALLBACK: 'anthropic/claude-sonnet-4-5',
    },
  })
  admin = await setUp(netra)
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await first.close()
  await second.close()
})

const notice = (page: Page) => page.getByRole('complementary', { name: 'What is possible now' })

async function choose(page: Page, mode: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Mode of service' }).selectOption({ label: mode })
  const dialog = page.getByRole('dialog', { name: `Change to “${mode}”?` })
  await dialog.getByRole('button', { name: 'Change' }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('everybody is told when nothing new is taken, until it is again', async ({ visit }) => {
  const { page: theirs } = await newcomer(visit, netra.url)
  await composer(theirs).waitFor()
  const page = await visit(netra.url, { as: admin, path: '/settings/dashboard' })
  await choose(page, 'Read only')
  await notice(page).getByText('Netra is read-only for now').waitFor()
  await theirs.reload()
  await notice(theirs).getByText('Netra is read-only for now').waitFor()
  await choose(page, 'Everything')
  await notice(page).waitFor({ state: 'detached' })
  await theirs.reload()
  await composer(theirs).waitFor()
  await expect.poll(() => notice(theirs).count(), soon).toBe(0)
})

test('an answer says which model stands in for which, and why', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url)
  const answer = await ask(page, 'who answers?')
  await ended(answer)
  await answer.getByText('I stand in.').waitFor()
  expect(await answer.innerText()).toContain(
    'anthropic/claude-sonnet-4-5 answers instead of openai/gpt-4o.',
  )
})

test('a start that went around a failed check says so on every page, for good', async ({
  visit,
}) => {
  await using bypassed = await startNetra({
    env: {
      NETRA_REGISTRATION: 'open',
      NETRA_MODEL: 'anthropic/claude-none',
      NETRA_BYPASS_STARTUP_CHECKS: 'agents',
    },
  })
  const { page } = await newcomer(visit, bypassed.url)
  const serious = page.getByRole('complementary', { name: 'About the start of this Netra' })
  await serious.getByText('(agents). Do not rely on it.').waitFor()
  expect(await serious.getByRole('button').count()).toBe(0)
  await page.goto(`${bypassed.url}/settings/account`)
  await serious.getByText('Do not rely on it.').waitFor()
  // Its server ends before the browser does, and a page that is left open would miss it.
  await page.close()
})
