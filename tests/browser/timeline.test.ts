import type { RunTimeline } from '@netra/client'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { request } from '../support/http.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import type { Person } from '../support/people.ts'
import { ask, composer, ended, newcomer, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

let model: ModelServer
let netra: NetraProcess

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello.' }] })
  netra = await startNetra({
    port: await freePort(),
    env: {
      NETRA_REGISTRATION: 'open',
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/gpt-4o',
    },
  })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model.close()
})

const why = /^(Why did this take long\?|Timing)$/

/** Of the newest run of somebody. */
async function timelineOf({ headers }: Person): Promise<RunTimeline> {
  const { body } = await request<{ runs: { run_id: string }[] }>(`${netra.url}/api/agents/status`, {
    headers,
  })
  const run = body.runs[0]?.run_id ?? ''
  return (await request<RunTimeline>(`${netra.url}/api/runs/${run}/timeline`, { headers })).body
}

test('a slow tool is named as the cause, with its part of the time and its trace', async ({
  visit,
}) => {
  const { page, person } = await newcomer(visit, netra.url)
  await composer(page).waitFor()
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'sizes.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('name,size\nann,1\nbob,2\n'),
    })
  await page.getByText('sizes.csv').first().waitFor()
  const stored = () =>
    request<{ files: { file_id: string }[] }>(`${netra.url}/api/files`, {
      headers: person.headers,
    })
  await expect.poll(async () => (await stored()).body.files.length, soon).toBe(1)
  const file_id = (await stored()).body.files[0]?.file_id
  model.script([
    { toolCalls: [{ name: 'query_table', arguments: { file_id, sql: 'SELECT sleep_ms(1500)' } }] },
    { text: 'It took its time.' },
  ])
  const answer = await ask(page, 'how large are they?')
  await ended(answer)
  await answer.getByRole('button', { name: why }).click()
  const panel = page.getByRole('dialog', { name: 'Where the time went' })
  await panel.getByText(/^The tool query_table took \d\.\d of \d\.\d s\.$/).waitFor()
  const parts = await panel.locator('dl').innerText()
  expect(parts).toMatch(/Tools\s+\d\.\d s\s+\d\d %/)
  const steps = panel.getByRole('list', { name: 'Step by step' }).getByRole('listitem')
  await steps
    .filter({ hasText: 'query_table' })
    .getByText(/\d\.\d s/)
    .waitFor()
  await panel.getByRole('button', { name: 'Copy trace id' }).click()
  const trace = await page.evaluate(() => navigator.clipboard.readText())
  expect(trace).toBe((await timelineOf(person)).trace_id)
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
})

test('a slow model is named, and what the person waited is told once, as it was painted', async ({
  visit,
}) => {
  model.script([{ text: ['Slow ', 'and ', 'steady.'], delayMs: 800, paceMs: 150 }])
  const { page, person } = await newcomer(visit, netra.url)
  await composer(page).waitFor()
  const told: Record<string, number>[] = []
  page.on('request', (asked) => {
    if (asked.url().endsWith('/seen')) told.push(asked.postDataJSON() as Record<string, number>)
  })
  const answer = await ask(page, 'take your time')
  await ended(answer)
  await expect.poll(() => told.length, soon).toBe(1)
  const { click_to_ok_ms, click_to_first_event_ms, click_to_first_text_ms, click_to_end_ms } =
    told[0] ?? {}
  expect(click_to_ok_ms).toBeGreaterThan(0)
  expect(click_to_first_text_ms).toBeGreaterThanOrEqual(800)
  expect(click_to_first_event_ms).toBeLessThan(click_to_first_text_ms ?? 0)
  expect(click_to_end_ms).toBeGreaterThan(click_to_first_text_ms ?? 0)
  await answer.getByRole('button', { name: why }).click()
  const panel = page.getByRole('dialog')
  await panel.getByText(/^The model gpt-4o took \d\.\d of \d\.\d s/).waitFor()
  await panel.getByText('To this device and back').waitFor()
  const { parts } = await timelineOf(person)
  expect(parts.network_ms).toBeGreaterThanOrEqual(0)
  await page.reload()
  await ended(page.getByRole('article', { name: /^Answer from/ }).first())
  expect(told).toHaveLength(1)
})

test('while an answer lasts it can already be asked why', async ({ visit }) => {
  const hold = Promise.withResolvers<void>()
  model.script([{ text: ['Beginning. ', 'End.'], hold: hold.promise }])
  const { page } = await newcomer(visit, netra.url)
  await composer(page).waitFor()
  const answer = await ask(page, 'this will take a while')
  await answer.getByRole('button', { name: why }).click()
  const panel = page.getByRole('dialog', { name: 'Where the time went' })
  await panel.getByText(/^So far: the model gpt-4o took/).waitFor()
  hold.resolve()
  await panel.getByText(/^The model gpt-4o took/).waitFor()
  await panel.getByRole('button', { name: 'Close' }).click()
  await panel.waitFor({ state: 'detached' })
  await ended(answer)
  expect(await answer.innerText()).toContain('Beginning. End.')
})

test('on a phone, in the dark, the panel fits the screen', async ({ visit }) => {
  model.script([{ text: 'Quick.' }])
  const { page } = await newcomer(visit, netra.url, { size: { width: 360, height: 640 } })
  await page.emulateMedia({ colorScheme: 'dark' })
  await composer(page).waitFor()
  const answer = await ask(page, 'hello')
  await ended(answer)
  await answer.getByRole('button', { name: why }).click()
  const panel = page.getByRole('dialog')
  await panel.getByRole('list', { name: 'Step by step' }).waitFor()
  const box = await panel.boundingBox()
  expect(box?.x).toBeGreaterThanOrEqual(0)
  expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThanOrEqual(360)
  expect((box?.y ?? 0) + (box?.height ?? 999)).toBeLessThanOrEqual(640)
  const close = await panel.getByRole('button', { name: 'Close' }).boundingBox()
  expect((close?.y ?? 999) + (close?.height ?? 0)).toBeLessThanOrEqual(640)
})
