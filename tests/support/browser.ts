import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { vi, type TestContext } from 'vitest'

import type { Person } from './people.ts'

export const EXECUTABLE = process.env['NETRA_TEST_BROWSER'] ?? '/usr/bin/chromium'
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Patience of one expectation: far more than a quiet machine needs. */
export const PATIENCE_MS = 30_000
// A busy machine fails no test of the browser.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

export interface VisitOptions {
  /** Signed in as this person; without it nobody is. */
  as?: Person
  /** Where the page begins; `null` leaves it blank. */
  path?: string | null
  size?: { width: number; height: number }
  /** Lines of the console, or `request to <url>`, that this test itself brings about. */
  expected?: readonly RegExp[]
}

/** Opens a browser window of its own: other cookies, other storage. */
export type Visit = (url: string, options?: VisitOptions) => Promise<Page>

// A type and not an interface: the test runner asks for a record.
export type InBrowser = { browser: Browser; visit: Visit }

interface Watched {
  context: BrowserContext
  page: Page
}

/**
 * What \`test\` is extended by: \`visit\` opens pages in one real Chromium. A test fails afterwards if
 * any page of it threw, showed a dialog, logged an error or asked anything of another origin.
 */
export const inBrowser = {
  browser: [
    // oxlint-disable-next-line no-empty-pattern -- fixtures name what they need in a pattern
    async ({}: object, use: (browser: Browser) => Promise<void>) => {
      const browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS })
      await use(browser)
      await browser.close()
    },
    { scope: 'worker' as const },
  ] satisfies [unknown, unknown],
  visit: async (
    { browser, task }: Pick<InBrowser, 'browser'> & TestContext,
    use: (visit: Visit) => Promise<void>,
  ) => {
    const opened: Watched[] = []
    const problems: string[] = []
    await use(async (url, options = {}) => {
      const context = await browser.newContext({
        viewport: options.size ?? { width: 1280, height: 800 },
        reducedMotion: 'reduce',
        acceptDownloads: true,
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      context.setDefaultTimeout(PATIENCE_MS)
      watch(context, url, problems, options.expected ?? [])
      if (options.as) await signIn(context, url, options.as)
      const page = await context.newPage()
      opened.push({ context, page })
      if (options.path !== null) await page.goto(`${url}${options.path ?? '/'}`)
      return page
    })
    if (task.result?.state === 'fail') await keepPictures(opened)
    await Promise.all(opened.map(({ context }) => context.close()))
    if (problems.length > 0) throw new Error(`In the browser:\n${problems.join('\n')}`)
  },
}

function watch(
  context: BrowserContext,
  url: string,
  problems: string[],
  expected: readonly RegExp[],
): void {
  const { host } = new URL(url)
  context.on('weberror', (error) => {
    problems.push(`uncaught: ${error.error().stack ?? error.error().message}`)
  })
  context.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  context.on('console', (message) => {
    const line = `${message.text()} (${message.location().url})`
    const isFine = message.type() !== 'error' && message.type() !== 'warning'
    if (!isFine && !expected.some((known) => known.test(line))) problems.push(`console: ${line}`)
  })
  context.on('request', (request) => {
    const to = new URL(request.url())
    const isOwn = to.host === host || to.protocol === 'data:' || to.protocol === 'blob:'
    const line = `request to ${request.url()}`
    if (!isOwn && !expected.some((known) => known.test(line))) problems.push(line)
  })
}

async function signIn(context: BrowserContext, url: string, person: Person): Promise<void> {
  const cookies = person.cookie.split('; ').map((pair) => {
    const at = pair.indexOf('=')
    return { name: pair.slice(0, at), value: pair.slice(at + 1), url, httpOnly: true }
  })
  await context.addCookies(cookies)
}

async function keepPictures(opened: readonly Watched[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-browser-'))
  for (const [index, { page }] of opened.entries()) {
    await page.screenshot({ path: join(folder, `${index}.png`) }).catch(() => undefined)
  }
  process.stderr.write(`pictures of what failed: ${folder}\n`)
}
