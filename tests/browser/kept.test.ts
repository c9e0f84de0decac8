import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { request } from '../support/http.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD, register, type Person } from '../support/people.ts'
import { answers, ask, composer, ended, soon } from '../support/screen.ts'
import { startUpgradeProxy, type UpgradeProxy } from '../support/upgrade-proxy.ts'

const test = base.extend<InBrowser>(inBrowser)

let model: ModelServer
let netra: NetraProcess
let proxy: UpgradeProxy

beforeAll(async () => {
  model = await startModelServer({
    script: ({ lastUserText }) => ({ text: `Reply to ${lastUserText}` }),
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

const expected = [/status of (401|403|503)/, /WebSocket connection/]

const KEPT = 'Kept, and sent as soon as the connection is back.'

/** Writes where nothing gets through. */
async function writeOffline(page: Page, text: string): Promise<void> {
  proxy.mode = 'mute'
  proxy.cut()
  await composer(page).fill(text)
  await composer(page).press('Enter')
  await page.getByText(KEPT).waitFor()
}

const asked = (text: string): number =>
  model.requests.filter(({ lastUserText }) => lastUserText === text).length

/** Every login session of a person ends, as when an administrator ends them. */
async function endSessions(person: Person): Promise<void> {
  const response = await fetch(`${netra.url}/auth/logout`, {
    method: 'POST',
    headers: { ...person.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ everywhere: true }),
  })
  expect(response.ok).toBe(true)
}

async function signInAs(page: Page, person: Person): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  await dialog.waitFor()
  await dialog.getByLabel('Email').fill(person.email)
  await dialog.getByLabel('Password').fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('a message written without a connection outlives a reload, and goes out once, in two tabs too', async ({
  visit,
}) => {
  proxy.mode = 'pass'
  const person = await register(netra.url)
  const page = await visit(proxy.url, { as: person, expected })
  await ended(await ask(page, 'first'))
  await expect.poll(() => new URL(page.url()).pathname, soon).toMatch(/^\/t\/./)
  await writeOffline(page, 'kept over a reload')
  await page.reload()
  await page.getByText('kept over a reload').waitFor()
  const other = await page.context().newPage()
  await other.goto(page.url())
  proxy.mode = 'pass'
  for (const tab of [page, other]) {
    await answers(tab).getByText('Reply to kept over a reload').waitFor()
    expect(await tab.getByText(KEPT).count()).toBe(0)
  }
  expect(asked('kept over a reload')).toBe(1)
  expect(await answers(page).count()).toBe(2)
})

test('a message written before its conversation is there follows what was last said in it', async ({
  visit,
}) => {
  proxy.mode = 'pass'
  const page = await visit(proxy.url, { as: await register(netra.url), expected })
  await ended(await ask(page, 'before'))
  await expect.poll(() => new URL(page.url()).pathname, soon).toMatch(/^\/t\/./)
  proxy.mode = 'mute'
  proxy.cut()
  await page.reload()
  await writeOffline(page, 'after')
  proxy.mode = 'pass'
  await answers(page).getByText('Reply to after').waitFor()
  await answers(page).first().getByText('Reply to before').waitFor()
  expect(await answers(page).count()).toBe(2)
})

test('a message written before its conversation is there goes to who answers in it, not to who answered last', async ({
  visit,
}) => {
  proxy.mode = 'pass'
  const person = await register(netra.url)
  const page = await visit(proxy.url, { as: person, expected })
  const choose = async (name: string) => {
    await page.getByRole('button', { name: /^Agent: / }).click()
    await page
      .getByRole('option', { name: new RegExp(`^${name}`) })
      .first()
      .click()
  }
  await choose('Data')
  await ended(await ask(page, 'of the data'))
  await expect.poll(() => new URL(page.url()).pathname, soon).toMatch(/^\/t\/./)
  const first = page.url()
  await page.goto(proxy.url)
  await choose('Assistant')
  await ended(await ask(page, 'of another'))
  await page.goto(first)
  await page.getByRole('button', { name: 'Agent: Data' }).waitFor()
  proxy.mode = 'mute'
  proxy.cut()
  await page.reload()
  await writeOffline(page, 'and then')
  proxy.mode = 'pass'
  await answers(page).getByText('Reply to and then').waitFor()
  const threadId = new URL(first).pathname.split('/').at(-1)
  const { body } = await request<{ runs: { agent: string }[] }>(
    `${netra.url}/api/agents/status?thread_id=${threadId}`,
    { headers: person.headers },
  )
  expect(body.runs.map(({ agent }) => agent)).toEqual(['data', 'data'])
})

test('a session that ends keeps the message: it goes out when the same person has signed in again', async ({
  visit,
}) => {
  proxy.mode = 'pass'
  const person = await register(netra.url)
  const page = await visit(proxy.url, { as: person, expected })
  await composer(page).waitFor()
  await writeOffline(page, 'kept over a session')
  await endSessions(person)
  proxy.mode = 'pass'
  await signInAs(page, person)
  await answers(page).getByText('Reply to kept over a session').waitFor()
  expect(asked('kept over a session')).toBe(1)
})

test('what one person left is never sent as another one, and goes out when its writer is back', async ({
  visit,
}) => {
  proxy.mode = 'pass'
  const ada = await register(netra.url)
  const grace = await register(netra.url)
  const page = await visit(proxy.url, { as: ada, expected })
  await composer(page).waitFor()
  await writeOffline(page, 'only from ada')
  await endSessions(ada)
  proxy.mode = 'pass'
  await signInAs(page, grace)
  await page.getByRole('link', { name: grace.email.split('@')[0] ?? '' }).waitFor()
  expect(await composer(page).inputValue()).toBe('')
  await ended(await ask(page, 'only from grace'))
  expect(await page.content()).not.toContain('only from ada')
  expect(asked('only from ada')).toBe(0)
  await endSessions(grace)
  const login = await page.request.post(`${proxy.url}/auth/login`, {
    headers: { origin: proxy.url },
    data: { email: ada.email, password: PASSWORD },
  })
  expect(login.ok()).toBe(true)
  await page.goto(`${proxy.url}/`)
  await expect.poll(() => asked('only from ada'), soon).toBe(1)
})

test('where a proxy refuses sockets, a page asks and reads by requests', async ({ visit }) => {
  proxy.mode = 'refuse'
  const person = await register(netra.url)
  const page = await visit(proxy.url, { as: person, expected })
  const before = proxy.open
  const answer = await ask(page, 'by requests')
  await answer.getByText('Reply to by requests').waitFor()
  await ended(answer)
  expect(proxy.open).toBe(before)
  expect(proxy.paths.some((path) => path.startsWith('/api/commands'))).toBe(true)
  proxy.mode = 'pass'
  await expect.poll(() => proxy.open, soon).toBe(before + 1)
  await ended(await ask(page, 'by a socket again'))
})
