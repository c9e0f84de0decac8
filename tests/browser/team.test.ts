import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { ask, composer, ended, newcomer, soon } from '../support/screen.ts'
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
  await page.getByRole('option', { name: /^AI spend team/ }).click()
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

    const conversation = page.url()
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
      const found = /\$([\d,.]+)\s*\(([\d.]+)\s%\)/.exec(title)
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
    expect(shown).toMatch(/workload_profile · /)

    // A figure leads to the row with its tool call and formula; on paper too, where nothing unfolds.
    const figure = report.getByRole('link', { name: /^f\d+: where this number comes from/ }).first()
    const id = await figure.innerText()
    await figure.click()
    const row = report.locator(`#fact-${id}`)
    await expect.poll(() => row.evaluate(isInSight), soon).toBe(true)
    // The row came to its place within the page: nothing around it moved.
    expect(await page.getByRole('button', { name: 'Print' }).evaluate(isInSight)).toBe(true)
    expect(await row.innerText()).toMatch(/\$[\d,.]+\s+\w+ · /)
    await page.emulateMedia({ media: 'print' })
    expect(await row.isVisible()).toBe(true)
    await page.emulateMedia({ media: 'screen' })
    const axis = report.getByRole('img', { name: /^Cost per / }).locator('text')
    expect(await axis.allTextContents()).toEqual(
      expect.arrayContaining(['$0', 'cost in US dollars']),
    )
    const reportAddress = page.url()

    // The plan is adopted through a card that says which plan it is and what it saves.
    await page.goto(conversation)
    await answer.getByText('Recommendations by rank').waitFor()
    const cut = answer.locator('.scroll-box[data-right="true"]')
    expect(await cut.count()).toBe(0)
    await page.setViewportSize({ width: 390, height: 800 })
    await expect.poll(() => cut.count(), soon).toBeGreaterThan(0)
    // At its right end too a wide table says of what its numbers are.
    const table = cut.getByRole('region').first()
    const first = table.getByRole('cell').first()
    const [before] = await Promise.all([leftOf(first), first.scrollIntoViewIfNeeded()])
    await table.evaluate((box) => box.scrollTo({ left: box.scrollWidth }))
    await answer.locator('.scroll-box[data-left="true"]').waitFor()
    expect(await leftOf(first)).toBe(before)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await page.setViewportSize({ width: 1280, height: 800 })
    const adopting = await ask(page, 'Adopt this plan')
    const card = adopting.getByRole('region', { name: 'Decision about adopt plan' })
    await card.getByRole('heading', { name: 'Adopt this plan?' }).waitFor()
    const asked = await card.innerText()
    const largest = /alone saves (\$[\d,.]+) \([\d.]+\s% of the cost\)/.exec(asked)?.[1] ?? ''
    expect(saving.map(({ usd }) => usd)).toContain(dollars(largest))
    expect(asked).toMatch(/Records the plan “AI spend: .*” with \d+ steps as adopted/)
    expect(asked).toMatch(/for the period of the data, \d{4}-\d\d-\d\d/)
    expect(asked).not.toContain('do not ask about this tool again')
    const exact = card.getByText('roll_back', { exact: true }).first()
    expect(await exact.isVisible()).toBe(false)
    await card.getByText('Exactly what would run').click()
    await exact.waitFor()
    await card.getByRole('button', { name: 'Allow', exact: true }).click()
    await adopting.getByText(/^The plan is adopted/).waitFor()

    await page.getByRole('link', { name: 'Plans', exact: true }).first().click()
    const plan = page.getByRole('region', { name: /^AI spend: / })
    await plan.getByText(largest).first().waitFor()
    expect(await plan.innerText()).toMatch(/Adopted by .* on /)
    await plan.getByRole('link', { name: 'Open the report' }).click()
    await report.getByText(/^You adopted this plan on /).waitFor()
    expect(page.url()).toBe(reportAddress.split('#')[0])
  },
)

const leftOf = (cell: Locator): Promise<number> =>
  cell.evaluate((element) => element.getBoundingClientRect().left)

const isInSight = (element: Element): boolean => {
  const { top, bottom } = element.getBoundingClientRect()
  return top >= 0 && bottom <= innerHeight
}

/** What whoever writes a file may call a user: it would be bold, a link, a picture, a heading. */
const EVIL = [
  '**bold** _slanted_',
  'https://evil.example/collect',
  'www.evil.example',
  '[here](https://evil.example)',
  '![](https://evil.example/p.png)',
  '# Heading',
  '~~gone~~ `code` &lt;b&gt;',
  'mail@evil.example',
]

test(
  'names in a file are text in answer, report and Markdown, whatever they would be as Markdown',
  { timeout: 120_000 },
  async ({ visit }) => {
    const rows = Array.from({ length: 160 }, (_, at) => {
      const time = new Date(Date.UTC(2026, 2, 2, 9, at)).toISOString()
      return `${time},gpt-4o,"${EVIL[at % EVIL.length]}",${100 + at},${10 + at}`
    })
    const path = join(folder, 'evil.csv')
    await writeFile(path, `timestamp,model,user,input_tokens,output_tokens\n${rows.join('\n')}\n`)
    const { page } = await newcomer(visit, netra.url)
    await composer(page).waitFor()
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Attach', exact: true }).click()
    await page.getByRole('menuitem', { name: /^Attach files/ }).click()
    await (await chooser).setFiles([path])
    await page.getByRole('list', { name: 'Attachments' }).getByText('evil.csv').waitFor()
    await chooseTeam(page)
    const answer = await ask(page, 'Which user costs the most on gpt-4o?')
    await ended(answer, 60_000)
    const leadsThere = `a[href*="evil.example"], img[src*="evil.example"]`
    const open = answer.getByRole('link', { name: 'Open the report' })
    const where = await open.getAttribute('href')
    // Also what stands further up than the screen shows.
    const said = await answer.textContent()
    for (const name of EVIL) expect(said).toContain(name)
    expect(await answer.locator(leadsThere).count()).toBe(0)
    await open.click()
    const report = page.getByRole('article')
    await report.getByRole('heading', { name: /evil\.csv/ }).waitFor()
    const shown = await report.innerText()
    for (const name of EVIL) expect(shown).toContain(name)
    expect(await report.locator(leadsThere).count()).toBe(0)
    const markdown = await page.evaluate(
      async (address) => {
        const given = await fetch(address, { headers: { accept: 'text/markdown' } })
        return given.text()
      },
      `/api/reports/${where?.split('/').at(-1)}`,
    )
    expect(markdown).toContain('| \\*\\*bold\\*\\* \\_slanted\\_ |')
    expect(markdown).toContain('| `https://evil.example/collect` |')
    for (const raw of ['**bold**', '~~gone~~', '[here]', '![]', '| # ', ' https:'])
      expect(markdown).not.toContain(raw)
  },
)
