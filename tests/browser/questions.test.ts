import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { answers, ask, cellsOf, composer, ended, newcomer, soon } from '../support/screen.ts'
import {
  generatedWorkload,
  percentile,
  perMinute,
  priceOf,
  realWorkload,
  sum,
  withCommas,
  type Workload,
} from '../support/workload.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess
let folder: string

beforeAll(async () => {
  netra = await startNetra()
  folder = await mkdtemp(join(tmpdir(), 'netra-files-'))
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const FOOTER = /\d+(\.\d+)? m?s · \d+ steps? · no cost/

type Attach = (page: Page, csv: string) => Promise<void>

/**
 * As a person does it: a file of the desktop is dragged over the page and let go. Browsers
 * repeat `dragover` for as long as a file hangs there; one alone may hit an element that is
 * just being replaced.
 */
const drop: Attach = async (page, csv) => {
  const path = join(folder, 'conv.csv')
  await writeFile(path, csv)
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  const at = { x: 640, y: 300, data }
  await session.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at })
  const invitation = page.getByText('Drop files to attach them')
  await expect
    .poll(async () => {
      await session.send('Input.dispatchDragEvent', { type: 'dragOver', ...at })
      return invitation.isVisible()
    }, soon)
    .toBe(true)
  await session.send('Input.dispatchDragEvent', { type: 'drop', ...at })
}

const choose: Attach = async (page, csv) => {
  await page.getByRole('button', { name: 'Attach', exact: true }).click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('menuitem', { name: /^Attach files/ }).click()
  const file = { name: 'conv.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) }
  await (await chooser).setFiles(file)
}

/** Opens a finished answer's steps. */
async function openSteps(answer: Locator): Promise<Locator> {
  await answer.getByRole('button', { name: /steps? ·/ }).click()
  const steps = answer.getByRole('list').first()
  await steps.getByText('Data started').waitFor()
  return steps
}

/** Opens a tool's line: what it was given. */
async function argumentsOf(steps: Locator, name: RegExp): Promise<string> {
  const step = steps
    .getByRole('listitem')
    .filter({ has: steps.page().getByRole('button', { name }) })
  await step.getByRole('button', { name }).click()
  return (await step.getByRole('definition').allInnerTexts()).join('\n')
}

const real = await realWorkload()
const workloads: [string, Workload, Attach][] = [
  ['a generated workload, dropped', generatedWorkload(7, 5_000), drop],
  ...(real ? [['the real trace, chosen', real, choose] as [string, Workload, Attach]] : []),
]

describe.each(workloads)('%s, no key', (_name, workload, attach) => {
  test(
    'the four questions are answered with right numbers, each from visible steps',
    {
      timeout: 120_000,
    },
    async ({ visit }) => {
      const inputs = workload.rows.map((row) => row.input)
      const outputs = workload.rows.map((row) => row.output)
      const { page } = await newcomer(visit, netra.url)
      await composer(page).waitFor()
      await attach(page, workload.csv)
      await page.getByRole('list', { name: 'Attachments' }).getByText('conv.csv').waitFor()

      const totals = await ask(
        page,
        'How many requests, and how many input and output tokens in total?',
      )
      await ended(totals)
      const said = await totals.innerText()
      for (const number of [workload.rows.length, sum(inputs), sum(outputs)])
        expect(said).toContain(withCommas(number))
      expect(said).toContain('built-in, no language model')
      expect(said).toMatch(FOOTER)
      const steps = await openSteps(totals)
      expect(await steps.innerText()).toMatch(/Looking at the columns of conv\.csv/)
      expect(await argumentsOf(steps, /^Queried/)).toMatch(/query_table[^]*select/i)
      const rows = await cellsOf(steps.getByRole('region', { name: 'Result of query table' }))
      expect(rows.map((row) => row.map((cell) => cell.replaceAll(',', '')))).toEqual([
        [workload.rows.length, sum(inputs), sum(outputs)].map(String),
      ])

      const prices = await ask(page, 'What would this workload cost on gpt-4o, and on gpt-4o-mini?')
      await ended(prices)
      for (const model of ['gpt-4o', 'gpt-4o-mini'])
        expect(await prices.innerText()).toContain(priceOf(workload, model))
      expect(await argumentsOf(await openSteps(prices), /^Priced/)).toContain('price_workload')

      const chart = await ask(page, 'Requests per minute as a chart')
      await ended(chart)
      const expected = perMinute(workload)
      await chart.getByRole('img', { name: `${expected.size} points` }).waitFor()
      await chart.getByRole('button', { name: 'Show table' }).click()
      const drawn = await cellsOf(chart.getByRole('table'))
      expect(
        new Map(drawn.map(([minute, count]) => [minute?.slice(0, 16), Number(count)])),
      ).toEqual(expected)

      const high = await ask(page, '95th percentile of GeneratedTokens')
      await ended(high)
      expect(await high.innerText()).toContain(withCommas(percentile(outputs, 0.95)))
      expect(await argumentsOf(await openSteps(high), /^Queried/)).toMatch(/0\.95/)
    },
  )
})

test(
  'an example brings the synthetic sample, and its answer is true',
  { timeout: 60_000 },
  async ({ visit }) => {
    const { page } = await newcomer(visit, netra.url)
    await page.getByRole('button', { name: /^How many requests are there/ }).click()
    await page
      .getByRole('list', { name: 'Attachments' })
      .getByText(/synthetic/)
      .waitFor()
    const send = page.getByRole('button', { name: 'Send', exact: true })
    await expect.poll(() => send.isEnabled(), soon).toBe(true)
    await send.click()
    const answer = answers(page).first()
    await ended(answer)

    const { files } = (await (await page.request.get(`${netra.url}/api/files`)).json()) as {
      files: { file_id: string }[]
    }
    const content = await page.request.get(`${netra.url}/api/files/${files[0]?.file_id}/content`)
    const [header = '', ...rows] = (await content.text()).trim().split('\n')
    expect(rows.length).toBeGreaterThanOrEqual(20_000)
    const total = (column: string): number => {
      const at = header.split(',').indexOf(column)
      return sum(rows.map((row) => Number(row.split(',')[at])))
    }
    const said = await answer.innerText()
    for (const number of [rows.length, total('input_tokens'), total('output_tokens')])
      expect(said).toContain(withCommas(number))
  },
)

test(
  'the sample is attached from the menu, and follow-ups need it no second time',
  {
    timeout: 60_000,
  },
  async ({ visit }) => {
    const { page } = await newcomer(visit, netra.url)
    await page.getByRole('button', { name: 'Attach', exact: true }).click()
    await page.getByRole('menuitem', { name: /sample workload \(synthetic\)/ }).click()
    const remove = page.getByRole('button', { name: /^Remove / })
    await expect.poll(() => remove.count(), soon).toBe(1)
    const first = await ask(page, 'Show requests per hour as a chart.')
    await ended(first)
    await first.getByRole('img', { name: /168 points/ }).waitFor()
    expect(await remove.count()).toBe(0)
    const second = await ask(page, 'What would this workload cost on gpt-4o, and on gpt-4o-mini?')
    await ended(second)
    expect(await second.innerText()).toMatch(/\$[\d,]+\.\d\d[^]*\$[\d,]+\.\d\d/)
  },
)

test('what the built-in model does not understand it says, with where to connect a model', async ({
  visit,
}) => {
  const { page } = await newcomer(visit, netra.url)
  const answer = await ask(page, 'Who will win the election?')
  await ended(answer)
  const link = answer.getByRole('link', { name: /connect/i })
  expect(await link.getAttribute('href')).toBe('/settings/models')
  await link.click()
  await page.getByRole('heading', { name: 'Models', exact: true }).waitFor()
})
