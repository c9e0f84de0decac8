import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startModelServer, type ModelServer, type Reply } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD } from '../support/people.ts'
import { answers, ask, composer, ended, newcomer, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

describe('a model that fails', () => {
  let model: ModelServer
  let netra: NetraProcess

  beforeAll(async () => {
    model = await startModelServer({ script: [{ text: 'ok' }] })
    netra = await startNetra({
      env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
    })
  })

  afterAll(async () => {
    await netra[Symbol.asyncDispose]()
    await model.close()
  })

  /** The next answer of the same page is one of a model that is well again. */
  async function expectRecovery(page: Page): Promise<void> {
    model.script([{ text: 'All is well again.' }])
    await page.getByRole('button', { name: 'Try again' }).click()
    const answer = answers(page).first()
    await answer.getByText('All is well again.').waitFor()
    await ended(answer)
    expect(await answer.getByRole('alert').count()).toBe(0)
    expect(await answer.innerText()).toContain('2/2')
  }

  const failures: [string, Reply, RegExp][] = [
    ['a wrong key', { status: 401, error: 'Incorrect API key' }, /did not accept the key.*Check /],
    [
      'too many requests',
      { status: 429, headers: { 'retry-after': '7' } },
      /too many requests.*Try again in 7 s, or choose another model/,
    ],
    [
      'a server error',
      { status: 500, error: 'on fire' },
      /problem of its own \(500: on fire\).*Try again/,
    ],
    [
      'a cut stream',
      { text: ['One half ', 'of it '], paceMs: 30, after: 'cut' },
      /connection to the model broke/,
    ],
  ]

  test.for(failures)(
    '%s is told with what to do, and trying again works',
    async ([name, reply, words], { visit }) => {
      model.script([reply])
      const { page } = await newcomer(visit, netra.url)
      const answer = await ask(page, name)
      const alert = answer.getByRole('alert')
      await alert.waitFor()
      expect((await alert.innerText()).replaceAll('\n', ' ')).toMatch(words)
      if (reply.text) await answer.getByText('One half of it').waitFor()
      await expectRecovery(page)
    },
  )

  test('a model server that is not there is told with its address, and trying again works', async ({
    visit,
  }) => {
    await model.close()
    const { page } = await newcomer(visit, netra.url)
    const answer = await ask(page, 'is anybody there?')
    const alert = answer.getByRole('alert')
    await alert.waitFor()
    expect(await alert.innerText()).toContain(
      `Nothing answers at ${model.url}/v1. Check that the model server runs`,
    )
    model = await startModelServer({ script: [{ text: 'ok' }], port: model.port })
    await expectRecovery(page)
  })
})

test(
  'an administrator connects a model by its key, tests it, and it answers; the key is not shown again',
  {
    timeout: 60_000,
  },
  async ({ visit }) => {
    const key = 'sk-house-0123456789-secret'
    await using model = await startModelServer({
      script: [{ text: 'Said by the house model.' }],
      models: ['large', 'little'],
      apiKey: key,
    })
    await using netra = await startNetra()
    await using page = await visit(netra.url, {
      path: `/setup#token=${netra.setupToken}`,
      expected: [/status of 40[13]/],
    })
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Email').fill('ada@example.com')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create the administrator' }).click()
    await page.getByRole('link', { name: 'Connect a model' }).click()

    const connect = async (secret: string) => {
      await page.getByRole('button', { name: 'OpenAI-compatible' }).click()
      await page.getByLabel('Name').fill('house')
      await page.getByLabel('API key (if the server wants one)').fill(secret)
      await page.getByLabel('Address', { exact: true }).fill(`${model.url}/v1`)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await page.getByRole('heading', { name: 'house' }).waitFor()
    }
    const runTest = () => page.getByRole('button', { name: 'Test', exact: true }).click()

    await connect('sk-a-wrong-one')
    await runTest()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toMatch(/key/i)
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('None yet').waitFor()

    await connect(key)
    await runTest()
    await page.getByText(/It works: 2 models/).waitFor()
    const little = page.getByRole('checkbox', { name: 'little' })
    await little.click()
    await expect.poll(() => little.isChecked(), soon).toBe(true)
    const byDefault = page.getByRole('combobox', { name: 'Default model' })
    await expect
      .poll(() => byDefault.getByRole('option').allInnerTexts(), soon)
      .toContainEqual(expect.stringContaining('little'))
    await byDefault.selectOption('house/little')
    await page.reload()
    await expect.poll(() => byDefault.inputValue(), soon).toBe('house/little')
    await page.getByRole('heading', { name: 'house' }).waitFor()
    expect(await page.content()).not.toContain(key)
    const shown = await page.request.get(`${netra.url}/api/admin/connections`)
    expect(await shown.text()).not.toContain(key)

    await page.getByRole('link', { name: 'New conversation', exact: true }).click()
    await composer(page).waitFor()
    const answer = await ask(page, 'Who is speaking?')
    await answer.getByText('Said by the house model.').waitFor()
    await ended(answer)
    expect(await answer.innerText()).toContain('little')
    expect(model.requests.at(-1)).toMatchObject({
      model: 'little',
      headers: { authorization: `Bearer ${key}` },
    })
    expect(netra.log()).not.toContain(key)
  },
)
