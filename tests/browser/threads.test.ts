import { readFile } from 'node:fs/promises'

import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { answers, ask, composer, ended, heading, newcomer, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

let model: ModelServer
let netra: NetraProcess

beforeAll(async () => {
  const told = new Map<string, number>()
  model = await startModelServer({
    script: ({ lastUserText }) => {
      const count = (told.get(lastUserText) ?? 0) + 1
      told.set(lastUserText, count)
      return { text: `**Reply ${count}** to: ${lastUserText}` }
    },
  })
  netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model.close()
})

const listed = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name, exact: true })

async function startThread(page: Page, question: string): Promise<string> {
  await page.getByRole('link', { name: 'New conversation', exact: true }).click()
  await heading(page, 'Netra').waitFor()
  await ended(await ask(page, question))
  await expect.poll(() => new URL(page.url()).pathname, soon).toMatch(/^\/t\/./)
  await listed(page, question).waitFor()
  return new URL(page.url()).pathname
}

async function act(page: Page, thread: string, action: string): Promise<void> {
  await listed(page, thread).hover()
  await page.getByRole('button', { name: `Actions for ${thread}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

test('conversations are listed, renamed where they stand, and deleted on every device', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url)
  const path = await startThread(page, 'about apples')
  await startThread(page, 'about pears')
  const other = await visit(netra.url, { as: person, path })
  await listed(other, 'about pears').waitFor()

  await act(page, 'about apples', 'Rename')
  const name = page.getByRole('textbox', { name: 'Name of the conversation' })
  await name.fill('Fruit of the first kind')
  await name.press('Enter')
  await listed(page, 'Fruit of the first kind').waitFor()
  await heading(other, 'Fruit of the first kind').waitFor()

  await act(page, 'about pears', 'Rename')
  await name.fill('given up')
  await name.press('Escape')
  await listed(page, 'about pears').waitFor()

  await page.getByRole('button', { name: 'Actions for this conversation' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await name.fill('Renamed in the heading')
  await name.press('Enter')
  await listed(other, 'Renamed in the heading').waitFor()

  await act(page, 'Fruit of the first kind', 'Delete')
  const sure = page.getByRole('dialog', { name: 'Delete “Fruit of the first kind”?' })
  await sure.getByRole('button', { name: 'Cancel' }).click()
  await listed(page, 'Fruit of the first kind').waitFor()
  await act(page, 'Fruit of the first kind', 'Delete')
  await sure.getByRole('button', { name: 'Delete' }).click()
  await listed(page, 'Fruit of the first kind').waitFor({ state: 'detached' })
  await heading(other, 'This conversation is not here').waitFor()
  expect(await listed(other, 'Fruit of the first kind').count()).toBe(0)
  expect(
    (await page.request.get(`${netra.url}/api${path.replace('/t/', '/threads/')}`)).status(),
  ).toBe(404)
})

test('Ctrl+K finds a conversation by its title and by what was said in it', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url)
  const first = await startThread(page, 'zebra crossing')
  const second = await startThread(page, 'giraffe')
  await ended(await ask(page, 'and what of the okapi'))
  const search = page.getByRole('combobox', { name: 'Search titles and messages' })
  const found = page.getByRole('option')

  await page.keyboard.press('Control+k')
  await expect.poll(() => found.count(), soon).toBe(2)
  await search.fill('zebra')
  await expect.poll(() => found.allInnerTexts(), soon).toEqual([expect.stringMatching(/^zebra/)])
  await page.keyboard.press('Enter')
  await expect.poll(() => new URL(page.url()).pathname, soon).toBe(first)

  await page.keyboard.press('Control+k')
  await search.fill('okapi')
  await expect.poll(() => found.allInnerTexts(), soon).toEqual([expect.stringContaining('giraffe')])
  expect(await found.innerText()).toContain('okapi')
  await found.click()
  await expect.poll(() => new URL(page.url()).pathname, soon).toBe(second)

  await page.getByRole('button', { name: /^Search/ }).click()
  await search.fill('quagga')
  await page.getByText('Nothing found for “quagga”.').waitFor()
  await page.keyboard.press('Escape')
  await search.waitFor({ state: 'detached' })
})

test('a draft is kept over a reload, each conversation its own; Shift+Enter makes a new line', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url)
  const path = await startThread(page, 'with a draft')
  await composer(page).fill('first line')
  await composer(page).press('Shift+Enter')
  await composer(page).pressSequentially('second line')
  await page.getByRole('link', { name: 'New conversation', exact: true }).click()
  await heading(page, 'Netra').waitFor()
  expect(await composer(page).inputValue()).toBe('')
  await composer(page).fill('elsewhere')
  await page.getByLabel('Attach files').setInputFiles({
    name: 'kept.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('a\n1\n'),
  })
  await page.getByRole('button', { name: 'Remove kept.csv' }).waitFor()
  await expect.poll(() => page.getByRole('progressbar').count(), soon).toBe(0)
  await page.reload()
  expect(await composer(page).inputValue()).toBe('elsewhere')
  await page.getByRole('button', { name: 'Remove kept.csv' }).waitFor()

  await page.goto(`${netra.url}${path}`)
  expect(await composer(page).inputValue()).toBe('first line\nsecond line')
  await answers(page).waitFor()
  await composer(page).press('Enter')
  await expect.poll(() => answers(page).count(), soon).toBe(2)
  await ended(answers(page).last())
  expect(await answers(page).last().innerText()).toMatch(/Reply 1 to: first line\s+second line/)
  expect(await composer(page).inputValue()).toBe('')
})

test('an edited message begins a branch; the old one stays and is a click away', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url)
  await startThread(page, 'the first wording')
  await ended(await ask(page, 'a follow-up'))
  const question = page.getByRole('article', { name: 'Your message' }).first()
  const versions = question.getByRole('group', { name: 'Versions of this message' })
  await question.getByRole('button', { name: 'Edit and send again' }).click()
  const editor = page.getByRole('textbox', { name: 'Edit your message' })
  expect(await editor.inputValue()).toBe('the first wording')
  await editor.fill('the second wording')
  await editor.press('Enter')
  await answers(page).first().getByText('to: the second wording').waitFor()
  expect(await versions.innerText()).toMatch(/2\/2/)
  expect(await answers(page).count()).toBe(1)

  await versions.getByRole('button', { name: 'Previous message' }).click()
  await answers(page).first().getByText('to: the first wording').waitFor()
  expect(await versions.innerText()).toMatch(/1\/2/)
  expect(await answers(page).last().innerText()).toContain('to: a follow-up')
  await versions.getByRole('button', { name: 'Next message' }).click()
  await answers(page).first().getByText('to: the second wording').waitFor()

  await page.reload()
  await answers(page).first().getByText('to: the second wording').waitFor()
  expect(await versions.innerText()).toMatch(/2\/2/)
})

test('another answer stands beside the first, and what follows goes on from the one shown', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url)
  await startThread(page, 'say it twice')
  const answer = answers(page).first()
  await answer.getByRole('button', { name: 'Answer again' }).click()
  await answer.getByText('Reply 2', { exact: true }).waitFor()
  await ended(answer)
  const versions = answer.getByRole('group', { name: 'Versions of this answer' })
  expect(await versions.innerText()).toMatch(/2\/2/)
  await versions.getByRole('button', { name: 'Previous answer' }).click()
  await answer.getByText('Reply 1', { exact: true }).waitFor()
  expect(await versions.innerText()).toMatch(/1\/2/)
  await versions.getByRole('button', { name: 'Next answer' }).click()
  await answer.getByText('Reply 2', { exact: true }).waitFor()
})

test('an answer and a message are copied as they were written', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url)
  await startThread(page, 'copy *this*')
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  await page.bringToFront()
  await page.getByRole('button', { name: 'Copy answer' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await clipboard()).toBe('**Reply 1** to: copy *this*')
  await page.getByRole('button', { name: 'Copy message' }).click()
  await expect.poll(clipboard, soon).toBe('copy *this*')
})

test('a conversation is downloaded as Markdown and as JSON', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url)
  await startThread(page, 'to be exported')
  const inHeader = page.getByRole('button', { name: 'Actions for this conversation' })
  const inSidebar = page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /^Actions for/ })
  const save = async (format: string, menu = inHeader) => {
    await menu.click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: `Export as ${format}` }).click()
    const file = await download
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
  }
  const markdown = await save('Markdown')
  expect(markdown.name).toMatch(/\.md$/)
  expect(markdown.text).toContain('to be exported')
  expect(markdown.text).toContain('**Reply 1** to: to be exported')
  const fromSidebar = await save('Markdown', inSidebar)
  expect(fromSidebar).toEqual(markdown)
  const json = await save('JSON')
  expect(json.name).toMatch(/\.json$/)
  expect(JSON.stringify(JSON.parse(json.text))).toContain('**Reply 1** to: to be exported')
})
