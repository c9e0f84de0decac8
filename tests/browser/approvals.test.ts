import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { request } from '../support/http.ts'
import { startMcpServer, type McpHttpServer } from '../support/mcp-http.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import type { Person } from '../support/people.ts'
import { answers, ask, ended, newcomer, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

let model: ModelServer
let desk: McpHttpServer
let netra: NetraProcess

beforeAll(async () => {
  model = await startModelServer({
    script: ({ toolResults, body }) => {
      if (toolResults.length > 0) return { text: `It came to: ${toolResults.at(-1)}` }
      const name = /Call (\w+)/.exec(JSON.stringify(body))?.[1] ?? 'remember'
      const args = /^remember$|add_line$/.test(name) ? { text: 'Drinks green tea' } : {}
      return { text: '', toolCalls: [{ name, arguments: args }] }
    },
  })
  desk = await startMcpServer()
  netra = await startNetra({
    port: await freePort(),
    env: {
      NETRA_REGISTRATION: 'open',
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/gpt-4o',
      NETRA_MCP_ALLOW_PRIVATE: '1',
    },
  })
})

afterAll(async () => {
  await netra?.[Symbol.asyncDispose]()
  await desk?.[Symbol.asyncDispose]()
  await model?.close()
})

const card = (page: Page): Locator => page.getByRole('region', { name: /^Decision about/ })

const waitingLink = (page: Page): Locator => page.getByRole('link', { name: /Waiting for you/ })

test('a question is on every device and after a reload, and an answer on one closes it on the others', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url)
  const phone = await visit(netra.url, {
    as: person,
    path: '/waiting',
    size: { width: 390, height: 800 },
  })
  await phone.getByText('Nothing waits for you').waitFor()
  await ask(page, 'Note what I like. Call remember')
  await card(page).waitFor()
  await expect.poll(() => waitingLink(page).textContent(), soon).toContain('1 question')
  await page.reload()
  await card(page).getByText('Drinks green tea').first().waitFor()
  // All of it is read on the phone too, which asked nothing.
  await card(phone).getByText('What would change').waitFor()
  await card(phone)
    .getByText(/^You asked|Asked by/)
    .waitFor()
  await card(phone).getByRole('button', { name: 'Add a reason' }).press('Enter')
  await phone.getByRole('textbox', { name: /^Reason/ }).fill('I prefer coffee.')
  await card(phone).getByRole('button', { name: 'Refuse' }).press('Enter')
  await phone.getByText('Nothing waits for you').waitFor()
  await card(page).waitFor({ state: 'detached' })
  await page
    .getByText(/They said: I prefer coffee/)
    .first()
    .waitFor()
  await expect.poll(() => waitingLink(page).textContent(), soon).not.toContain('question')
})

async function connectDesk({ headers }: Person): Promise<void> {
  const connections = `${netra.url}/api/mcp/connections`
  const { body } = await request<{ id: string; tools: { name: string; hash: string }[] }>(
    connections,
    { headers, body: { name: 'Desk', url: desk.url, trusted: true } },
  )
  const tools = body.tools.map(({ name, hash }) => ({ name, hash }))
  await request(`${connections}/${body.id}/consent`, { headers, body: { tools } })
}

test('a form says what is wrong with it and keeps what was typed; an address is opened by a click alone', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url, {
    expected: [/^request to https:\/\/pay\.example\.com/, /ERR_FAILED/],
  })
  await connectDesk(person)
  await ask(page, 'Call desk__order')
  await card(page)
    .getByText(/How many shall it be/)
    .waitFor()
  await card(page).getByText('Tool of the server Desk').waitFor()
  const count = card(page).getByRole('textbox', { name: 'Count' })
  await count.fill('77')
  await card(page).getByRole('button', { name: 'Send', exact: true }).click()
  await card(page).getByText('At most 9.').waitFor()
  await expect.poll(() => count.evaluate((box) => box === document.activeElement), soon).toBe(true)
  await page.reload()
  await expect.poll(() => count.inputValue(), soon).toBe('77')
  await count.fill('3')
  await count.press('Enter')
  await page
    .getByText(/ordered 3/)
    .first()
    .waitFor()

  await page.goto(`${netra.url}/`)
  await ask(page, 'And now: Call desk__pay')
  const link = card(page).getByRole('link', { name: /Open pay.example.com/ })
  await link.waitFor()
  await card(page).getByText('https://pay.example.com/7').waitFor()
  expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
  expect(await link.getAttribute('target')).toBe('_blank')
  expect(page.context().pages()).toHaveLength(1)
  await page.context().route('https://pay.example.com/**', (route) => route.abort())
  const opened = page.context().waitForEvent('page')
  await link.click()
  await (await opened).close()
  await card(page).getByRole('button', { name: 'I am done there' }).click()
  await card(page).waitFor({ state: 'detached' })

  await page.goto(`${netra.url}/`)
  await ask(page, 'And: Call desk__add_line')
  // By the name that its server gives it for people; what it takes stands there once.
  await card(page).getByRole('heading', { name: 'Allow “Add a line”?' }).waitFor()
  expect(await card(page).getByText('Drinks green tea').count()).toBe(1)
  await page.getByRole('status').getByText('it asks about “Add a line” of Desk').waitFor()
  await card(page).getByRole('button', { name: 'Allow', exact: true }).click()
  const answer = answers(page)
  await ended(answer)
  await answer.getByRole('button', { name: /^\d+ steps? ·/ }).click()
  const step = answer.getByRole('button', { name: /^Used “Add a line” of Desk/ })
  expect(await answer.innerText()).not.toContain('desk__add_line')
  // What models call it stands where it has to be exact.
  await step.click()
  await answer.getByText('desk__add_line', { exact: true }).waitFor()
})
