import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { ask, composer, ended, newcomer } from '../support/screen.ts'
import {
  generatedWorkload,
  priceOf,
  realFolder,
  sum,
  withCommas,
  workloadOf,
  type Workload,
} from '../support/workload.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess
let folder: string

beforeAll(async () => {
  netra = await startNetra()
  folder = await mkdtemp(join(tmpdir(), 'netra-team-'))
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Two files of usage: the real traces where they are, else two that are known by their seeds. */
async function usage(): Promise<{ paths: string[]; both: Workload }> {
  const real = await realFolder()
  const names = ['code.csv', 'conv.csv']
  const texts = real
    ? await Promise.all(names.map((name) => readFile(join(real, 'azure-llm-2023', name), 'utf8')))
    : [generatedWorkload(3, 2_000).csv, generatedWorkload(4, 4_000).csv]
  const paths = names.map((name) => join(folder, name))
  await Promise.all(paths.map((path, at) => writeFile(path, texts[at] ?? '')))
  return { paths, both: workloadOf(texts) }
}

async function chooseTeam(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Agent/ }).click()
  await page.getByRole('menuitemradio', { name: /^AI spend team/ }).click()
}

const dollars = (text: string): number => Number(text.replaceAll(/[^\d.-]/g, ''))

test(
  'where the money goes and what to change is answered by the team, with a report whose numbers add up',
  { timeout: 180_000 },
  async ({ visit }) => {
    const { paths, both } = await usage()
    const { page } = await newcomer(visit, netra.url)
    await composer(page).waitFor()
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Attach', exact: true }).click()
    await page.getByRole('menuitem', { name: /^Attach files/ }).click()
    await (await chooser).setFiles(paths)
    await page.getByRole('list', { name: 'Attachments' }).getByText('conv.csv').waitFor()
    await chooseTeam(page)
    const answer = await ask(
      page,
      'Where does the money go if this ran on gpt-4o, and what should we change?',
    )
    await ended(answer, 120_000)
    const total = priceOf(both, 'gpt-4o')
    const said = await answer.innerText()
    expect(said).toContain(total)
    expect(said).toContain(withCommas(both.rows.length))
    const team = await answer.getByRole('list', { name: 'The team' }).innerText()
    expect(team.replaceAll(/\s*\n\s*|, done/g, ' ')).toMatch(
      /AI spend team.*Triage.*Data.*Optimization.*Actions.*Reporting/,
    )

    await answer.getByRole('link', { name: 'Open the report' }).click()
    const report = page.getByRole('article')
    await report.getByRole('heading', { name: /gpt-4o/ }).waitFor()
    const shown = await report.innerText()
    for (const number of [
      total,
      withCommas(sum(both.rows.map(({ input }) => input))),
      withCommas(sum(both.rows.map(({ output }) => output))),
    ])
      expect(shown).toContain(number)
    expect(shown).toContain('not measurable from these data')

    // At least three changes, and what each saves follows from the numbers that are shown.
    const titles = await report.getByRole('heading', { level: 4 }).allInnerTexts()
    const saving = titles.flatMap((title) => {
      const found = /\$([\d,.]+)\s*\(([\d.]+) %\)/.exec(title)
      return found ? [{ title, usd: dollars(found[1] ?? ''), percent: Number(found[2]) }] : []
    })
    expect(saving.length).toBeGreaterThanOrEqual(3)
    for (const { title, usd, percent } of saving) {
      expect(Math.abs(percent - (100 * usd) / dollars(total))).toBeLessThan(0.06)
      const model = /Move the workload to (gpt[\w.-]+)/.exec(title)?.[1]
      if (model === undefined) continue
      const left = dollars(total) - dollars(priceOf(both, model))
      expect(Math.abs(usd - left)).toBeLessThan(0.011)
    }
    await report.getByText('Where the numbers come from').first().click()
    expect(await report.innerText()).toMatch(/workload_profile · /)
  },
)
