import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { request } from '../support/http.ts'
import { startMcpServer, type McpHttpServer } from '../support/mcp-http.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { register, type Person } from '../support/people.ts'
import { answers, ask, composer, ended, heading, soon } from '../support/screen.ts'
import { setUp } from '../support/sign-in.ts'

const test = base.extend<InBrowser>(inBrowser)

let agents: string
let model: ModelServer
let mcp: McpHttpServer
let netra: NetraProcess
let admin: Person

const CHEAPEST = `import { defineAgent } from '@netra/agent-kit'
export default defineAgent({
  name: 'Cheapest', description: 'Says which model costs less.',
  program: async () => 'The cheapest is **gpt-4o-mini**.',
})`

beforeAll(async () => {
  agents = await mkdtemp(join(tmpdir(), 'netra-agents-'))
  await writeFile(join(agents, 'cheapest.ts'), CHEAPEST)
  await writeFile(join(agents, 'torn.ts'), 'export default { description: }')
  model = await startModelServer({ script: [{ text: 'Forty-two.' }] })
  mcp = await startMcpServer()
  netra = await startNetra({
    env: {
      NETRA_AGENTS_DIR: agents,
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/gpt-4o',
      NETRA_MCP_ALLOW_PRIVATE: '1',
      NETRA_REGISTRATION: 'open',
    },
  })
  admin = await setUp(netra)
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
  await mcp[Symbol.asyncDispose]()
  await rm(agents, { recursive: true })
})

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

test('an agent of a file stands with its name in the settings, is found by typing, and answers', async ({
  visit,
}) => {
  const page = await visit(netra.url, { as: admin, path: '/settings/agents' })
  await heading(page, 'Cheapest').waitFor()
  const torn = page.getByRole('listitem').filter({ hasText: 'torn.ts' })
  await torn.filter({ hasText: 'broken' }).filter({ hasText: 'is not TypeScript' }).waitFor()

  await page.goto(`${netra.url}/`)
  await button(page, 'Agent: Automatic').click()
  const list = page.getByRole('listbox', { name: 'Agent' })
  const groups = await list.getByRole('group').all()
  expect(await Promise.all(groups.map((group) => group.getAttribute('aria-label')))).toEqual([
    'Netra',
    'AI spend',
    'Of your own',
  ])
  const names = await list.getByRole('option').allInnerTexts()
  expect(names.slice(0, 4).map((text) => text.split('\n')[0])).toEqual([
    'Automatic',
    'Assistant',
    'Data',
    'AI spend team',
  ])
  expect(new Set(names).size).toBe(names.length)
  await page.keyboard.type('costs less')
  await expect.poll(() => list.getByRole('option').count(), soon).toBe(1)
  await page.keyboard.press('Enter')
  await button(page, 'Agent: Cheapest').waitFor()
  // It asks no model: there is none to choose, and the composer says so.
  await page.getByRole('form', { name: 'Message' }).getByText('No model', { exact: true }).waitFor()
  expect(await button(page, /^Model:/).count()).toBe(0)
  const answer = await ask(page, 'Which is it?')
  await ended(answer)
  expect(await answer.innerText()).toContain('The cheapest is gpt-4o-mini.')
  // No model answered, so none is named.
  expect(await answer.innerText()).not.toMatch(/gpt-4o \(|built-in|netra\/builtin/i)
})

test('what a 0 does is said before it is saved; then models stop, and what needs none goes on', async ({
  visit,
}) => {
  const eve = await register(netra.url)
  const page = await visit(netra.url, { as: admin, path: '/settings/all-spending' })
  const set = page.getByRole('list', { name: 'What is set' }).getByRole('listitem')
  const ofAdmins = set.filter({ hasText: 'Each administrator' })
  await page.getByLabel('For whom').selectOption('Each administrator')
  await page.getByLabel('US dollars a month').fill('1,500')
  await button(page, 'Save').click()
  await page.getByText('US dollars a month can be read in two ways: write 1500 or 1.5.').waitFor()
  await page.getByLabel('US dollars a month').fill('1,50')
  await button(page, 'Save').click()
  await ofAdmins.filter({ hasText: '$1.50' }).waitFor()
  await page.getByLabel('US dollars a month').fill('9950')
  await button(page, 'Save').click()
  await ofAdmins.filter({ hasText: '$9,950.00' }).waitFor()

  await page.getByLabel('For whom').selectOption('One person')
  await page.getByLabel('E-mail address').fill(eve.email)
  await page.getByLabel('US dollars a month').fill('-1')
  await button(page, 'Save').click()
  await page.getByText('US dollars a month: write 0 or more, or ∞ for no limit.').waitFor()
  await page.getByLabel('US dollars a month').fill('0')
  await page.getByText('0: no language model answers.').waitFor()
  expect(await page.getByText('This holds for you too.').count()).toBe(0)
  await page.getByLabel('E-mail address').fill(admin.email)
  await page.getByText('This holds for you too.').waitFor()
  await page.getByLabel('E-mail address').fill(eve.email)
  await button(page, 'Save').click()
  await page.getByText('Saved, and in force.').waitFor()

  await set.filter({ hasText: eve.email }).filter({ hasText: '$0.00' }).waitFor()

  const hers = await visit(netra.url, { as: eve, expected: [/status of 429/] })
  await composer(hers).fill('How much?')
  await button(hers, 'Send').click()
  await hers
    .getByText(/money for this month: \$0\.00 of \$0\.00/)
    .first()
    .waitFor()
  await hers.goto(`${netra.url}/settings/spending`)
  await hers.getByRole('meter', { name: 'US dollars a month' }).waitFor()
  await hers.getByText(/^Used up; new/).waitFor()

  await hers.goto(`${netra.url}/`)
  await button(hers, 'Agent: Automatic').click()
  await hers.getByRole('option', { name: /^Cheapest/ }).click()
  await ended(await ask(hers, 'Which is it?'))
  expect(await answers(hers).innerText()).toContain('gpt-4o-mini')

  // By the keyboard, which goes on at the next budget, and after the last below.
  const isFocused = (place: Locator) => place.evaluate((it) => it === document.activeElement)
  await button(page, `Remove the budget of ${eve.email}`).press('Enter')
  const asked = page.getByRole('dialog')
  await asked.getByText('US dollars a month: $0.00', { exact: false }).waitFor()
  await asked.getByRole('button', { name: 'Remove' }).press('Enter')
  await set.filter({ hasText: eve.email }).waitFor({ state: 'detached' })
  await expect.poll(() => isFocused(set.first()), soon).toBe(true)
  await button(page, 'Remove the budget of Each administrator').press('Enter')
  await asked.getByRole('button', { name: 'Remove' }).press('Enter')
  await set.first().waitFor({ state: 'detached' })
  await expect.poll(() => isFocused(page.getByLabel('For whom')), soon).toBe(true)
  await expect.poll(() => page.getByLabel('US dollars a month').inputValue(), soon).toBe('')
  await hers.goto(`${netra.url}/settings/spending`)
  await hers.getByText('Nothing limits what you may use').waitFor()
})

test('an MCP server is connected by its address, its tools are looked at, allowed, and it goes again', async ({
  visit,
}) => {
  const ann = await register(netra.url)
  const page = await visit(netra.url, { as: ann, path: '/settings/mcp' })
  await page.getByText('No server is connected yet.').waitFor()
  await page.getByLabel('Name').fill('Workbench')
  await page.getByRole('textbox', { name: 'Address' }).fill(mcp.url)
  await button(page, 'Connect').click()
  const card = page.getByRole('listitem').filter({ has: heading(page, /^Workbench/) })
  await card.getByText('waits for consent').waitFor()
  await card.getByText('Reads the note.').waitFor()
  await card.getByText('read_note', { exact: true }).click()
  await card.getByText('workbench__read_note').waitFor()
  await card.getByText('Takes', { exact: true }).filter({ visible: true }).waitFor()
  await card.getByRole('checkbox', { name: 'Allow read_note' }).waitFor()
  // By the name that the server gives it for people, and beside it the one that is exact.
  await card.getByRole('checkbox', { name: 'Allow Add a line' }).waitFor()
  await card.getByText('add_line', { exact: true }).waitFor()
  await button(page, /^Allow \d+ tools?$/).click()
  await card.getByRole('button', { name: /^Show \d+ tools?$/ }).waitFor()
  const kept = await request<{ servers: { tools: { name: string; state: string }[] }[] }>(
    `${netra.url}/api/mcp/connections`,
    { headers: ann.headers },
  )
  expect(JSON.stringify(kept.body)).toMatch(/"name":"read_note"[^{}]*"state":"agreed"|agreed/)
  await button(page, 'Remove Workbench').click()
  await button(page, 'Remove').last().click()
  await page.getByText('No server is connected yet.').waitFor()
})

test('calls of applications are shown by service with how to send them, and are deleted', async ({
  visit,
}) => {
  const dan = await register(netra.url)
  const page = await visit(netra.url, { as: dan, path: '/settings/application-calls' })
  await page.getByText('None yet.').waitFor()
  await page.getByText(`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${netra.url}/v1/traces`).waitFor()
  await page.getByRole('link', { name: 'Make an API key' }).click()
  await page.getByRole('checkbox', { name: /^Send usage/, checked: true }).waitFor()
  expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(1)
  await page.goBack()
  const batch = (service: string, month: string) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [
      {
        spans: [
          {
            startTimeUnixNano: `${Date.parse(`2026-${month}-05T12:00:00Z`)}000000`,
            endTimeUnixNano: `${Date.parse(`2026-${month}-05T12:00:01Z`)}000000`,
            attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'gpt-4o' } }],
          },
        ],
      },
    ],
  })
  await request(`${netra.url}/v1/traces`, {
    headers: dan.headers,
    body: { resourceSpans: [batch('shop', '01'), batch('shop', '03'), batch('search', '03')] },
  })
  await page.reload()
  await page.getByText('3 calls').waitFor()
  const services = page.getByRole('region', { name: 'By service' }).getByRole('listitem')
  expect(await services.allInnerTexts()).toEqual([
    expect.stringMatching(/^shop\s+2 calls/),
    expect.stringMatching(/^search\s+1 call/),
  ])
  await button(page, 'Delete the calls of search').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('2 calls').first().waitFor()
  await page.getByLabel('Delete calls made before').fill('2026-02-01')
  await button(page, 'Delete older').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('1 call', { exact: true }).waitFor()
  await button(page, 'Delete all').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('None yet.').waitFor()
})
