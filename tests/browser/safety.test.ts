import { availableParallelism, loadavg } from 'node:os'

import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { watchTasks, type PageTask } from '../support/page-tasks.ts'
import { answers, ask, composer, ended, newcomer, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

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

/** Each would call this page's `alert`, leave it, or ask another host, if any of it were obeyed. */
const HOSTILE = `<script>alert(1)</script>

<img src=x onerror=alert(2)> and <svg onload=alert(3)></svg>

<iframe srcdoc="<script>parent.alert(4)</script>"></iframe>

<style>body { display: none }</style><link rel="stylesheet" href="https://evil.example/x.css">

<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">

<form action="https://evil.example/"><input name="q"><button>Win</button></form>

![a remote picture](https://evil.example/track.png?who=me)

[a script](javascript:alert(5)) and [data](data:text/html,<script>alert(6)</script>) and <javascript:alert(7)>

[![nested](https://evil.example/nested.png)](https://evil.example/somewhere)

[an address](https://evil.example/page) and https://evil.example/bare

\`\`\`html
<script>alert(8)</script>
\`\`\`

\`\`\`mermaid
graph TD; A["<img src=x onerror=alert(9)>"] --> B
\`\`\`

$$\\href{javascript:alert(10)}{formula}$$

| <b onmouseover=alert(11)>cell</b> | ![x](https://evil.example/cell.png) |
| --- | --- |
| <a href="javascript:alert(12)">link</a> | <video src="https://evil.example/v.mp4" autoplay></video> |

<details open ontoggle=alert(13)><summary>more</summary></details>

The end of it.`

test('nothing that a model writes runs, and nothing is loaded from elsewhere', async ({
  visit,
}) => {
  model.script([{ text: HOSTILE.split(/(?<=\n)/), paceMs: 5 }])
  const { page } = await newcomer(visit, netra.url)
  const answer = await ask(page, '<img src=x onerror=alert(20)> <script>alert(21)</script>')
  await answer.getByText('The end of it.').waitFor()
  await ended(answer)

  expect(await page.locator('article :is(script, iframe, img, video, style, form)').count()).toBe(0)
  const hrefs = await page
    .locator('article a')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
  expect(hrefs.filter((href) => !/^(https:\/\/evil\.example\/|\/)/.test(href))).toEqual([])
  const remote = answer.getByRole('link', { name: /a remote picture/ })
  expect(await remote.getAttribute('rel')).toMatch(/noopener.*noreferrer|noreferrer.*noopener/)
  expect(await remote.innerText()).toContain('evil.example')
  expect(await answer.innerText()).toContain('alert(8)')
  await page.mouse.move(640, 300)
  await page.mouse.wheel(0, -2_000)

  await page.reload()
  await answer.getByText('The end of it.').waitFor()
  await page.getByRole('button', { name: /^Search/ }).click()
  await page.getByRole('combobox').fill('onerror')
  await expect.poll(() => page.getByRole('option').count(), soon).toBe(1)
  expect(new URL(page.url()).origin).toBe(new URL(netra.url).origin)
})

test('nothing in a table runs: not its name, its columns or its cells', async ({ visit }) => {
  await using local = await startNetra()
  const { page } = await newcomer(visit, local.url)
  const csv = `"<img src=x onerror=alert(1)>",n\n"<script>alert(2)</script>",1\n"![x](https://evil.example/x.png)",2\n`
  await page.getByLabel('Attach files').setInputFiles({
    name: '<img src=x onerror=alert(3)>.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(csv),
  })
  await page.getByRole('button', { name: /^Remove / }).waitFor()
  const answer = await ask(page, 'Which columns are there?')
  await ended(answer)
  await answer.getByRole('button', { name: /steps? ·/ }).click()
  await answer.getByRole('cell', { name: '<img src=x onerror=alert(1)>' }).first().waitFor()
  expect(await page.locator('main :is(script, img)').count()).toBe(0)
  await page.close()
})

test('a huge table stays inside its place, and scrolls there', async ({ visit }) => {
  const row = (cell: string) => `| ${Array.from({ length: 40 }, () => cell).join(' | ')} |\n`
  model.script([
    {
      text: [
        row('heading'),
        row('---'),
        ...Array.from({ length: 300 }, () => row('wide cell')),
        '\nDone.',
      ],
    },
  ])
  const { page } = await newcomer(visit, netra.url)
  const answer = await ask(page, 'a large table')
  await answer.getByText('Done.').waitFor()
  await ended(answer)
  await expect.poll(() => answer.getByRole('row').count(), soon).toBe(301)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  expect(
    await answer
      .getByRole('region', { name: 'Table' })
      .evaluate((place) => place.scrollWidth > place.clientWidth),
  ).toBe(true)
})

const TOKENS = 10_000

/** Prose, lists, code and tables, ten thousand words of them. */
function longAnswer(): string[] {
  const pieces: string[] = []
  for (let section = 0; pieces.length < TOKENS - 1; section++) {
    pieces.push(`\n\n## Section `, `${section}\n\n`)
    for (let word = 0; word < 120; word++) pieces.push(`word${word} `)
    pieces.push('\n\n- **one** ', 'item\n', '- `another` ', 'item\n\n')
    pieces.push('```ts\n', 'const a = ', `${section}\n`, '```\n\n')
    pieces.push('| a | b |\n', '|---|---|\n', `| ${section} | 2 |\n\n`)
  }
  return [...pieces.slice(0, TOKENS - 1), '\n\nfinished']
}

const ENDED = `document.querySelector('article[aria-busy="false"] p')`
const ALL_SHOWN = `[...document.querySelectorAll('article p')].some((p) => p.textContent === 'finished')`
/** A person notices a page that does not answer for longer. */
const MAX_TASK_MS = 50

/** Where others use the processors too, the same work takes more of their time. */
const allowedMs = (): number =>
  (loadavg()[0] ?? 0) > availableParallelism() ? 4 * MAX_TASK_MS : MAX_TASK_MS

function report(what: string, [longest]: readonly PageTask[]): void {
  process.stderr.write(
    `10,000 tokens ${what}: longest task ${longest?.ms.toFixed(0)} ms of processor time (${longest?.what})\n`,
  )
}

test(
  'the page stays responsive while ten thousand tokens arrive, and when they are read again',
  { timeout: 180_000 },
  async ({ visit }) => {
    const tokens = longAnswer()
    const pieces = Array.from({ length: tokens.length / 4 }, (_, index) =>
      tokens.slice(4 * index, 4 * index + 4).join(''),
    )
    model.script([{ text: pieces, paceMs: 2 }])
    const { page } = await newcomer(visit, netra.url)
    await composer(page).waitFor()
    const answer = await ask(page, 'a very long answer')
    await composer(page).focus()
    const arriving = await watchTasks(page)
    await page.keyboard.type('typed meanwhile')
    await arriving.until(ENDED)
    await arriving.until(ALL_SHOWN)
    const whileArriving = await arriving.end()
    report('as they arrive', whileArriving)
    expect(await composer(page).inputValue()).toBe('typed meanwhile')
    const sections = await answer.getByRole('heading', { name: /^Section/ }).count()
    expect(sections).toBe(tokens.filter((piece) => piece.startsWith('\n\n##')).length)

    const again = await watchTasks(page)
    await page.reload({ waitUntil: 'commit' })
    await again.until(ALL_SHOWN)
    const whenReadAgain = await again.end()
    report('read again', whenReadAgain)
    expect(await answers(page).count()).toBe(1)
    const allowed = allowedMs()
    const long = [...whileArriving, ...whenReadAgain].filter(({ ms }) => ms > allowed)
    expect(long).toEqual([])
  },
)
