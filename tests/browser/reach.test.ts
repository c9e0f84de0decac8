import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { answers, ask, composer, ended, heading, newcomer, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess

beforeAll(async () => {
  netra = await startNetra()
})

afterAll(() => netra[Symbol.asyncDispose]())

const PHONE = { width: 390, height: 844 }
const NARROW = { width: 360, height: 640 }

const isAsWideAsTheScreen = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)

async function useSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Attach', exact: true }).click()
  await page.getByRole('menuitem', { name: /sample workload/ }).click()
  await page.getByRole('button', { name: /^Remove / }).waitFor()
  await expect.poll(() => page.getByRole('progressbar').count(), soon).toBe(0)
}

test(
  'on a phone the conversations are in a drawer, and the composer is always in sight',
  {
    timeout: 60_000,
  },
  async ({ visit }) => {
    const { page } = await newcomer(visit, netra.url, { size: PHONE })
    await useSample(page)
    await ended(await ask(page, 'Requests per model as a chart'))
    await ended(await ask(page, 'What would this workload cost on gpt-4o, and on gpt-4o-mini?'))
    const box = await composer(page).boundingBox()
    expect(box && box.y + box.height <= PHONE.height).toBe(true)
    expect(await page.getByRole('navigation', { name: 'Conversations' }).count()).toBe(0)

    const opener = page.getByRole('button', { name: 'Conversations' })
    const drawer = page.getByRole('dialog', { name: 'Conversations' })
    await opener.click()
    await drawer.getByRole('link', { name: 'Requests per model as a chart' }).waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    await opener.click()
    await drawer.getByRole('link', { name: 'New conversation', exact: true }).click()
    await drawer.waitFor({ state: 'detached' })
    await heading(page, 'Netra').waitFor()
    await opener.click()
    await drawer.getByRole('link', { name: 'Requests per model as a chart' }).click()
    await expect.poll(() => answers(page).count(), soon).toBe(2)
  },
)

test('nothing is wider than a screen of 360 px', { timeout: 60_000 }, async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url, { size: NARROW })
  await composer(page).waitFor()
  expect(await isAsWideAsTheScreen(page)).toBe(true)
  await useSample(page)
  expect(await isAsWideAsTheScreen(page)).toBe(true)
  const answer = await ask(page, 'Show requests per hour as a chart.')
  await ended(answer)
  await answer.getByRole('button', { name: /steps? ·/ }).click()
  await answer.getByRole('img').waitFor()
  expect(await isAsWideAsTheScreen(page)).toBe(true)
  for (const path of ['/settings/account', '/settings/models', '/t/nothing', '/nowhere']) {
    await page.goto(`${netra.url}${path}`)
    await page.getByRole('heading').first().waitFor()
    expect([path, await isAsWideAsTheScreen(page)]).toEqual([path, true])
  }
  const stranger = await visit(netra.url, { size: NARROW, expected: [/status of 40[13]/] })
  for (const path of ['/sign-in', '/register', '/setup#token=x']) {
    await stranger.goto(`${netra.url}${path}`)
    await stranger.getByRole('button').first().waitFor()
    expect([path, await isAsWideAsTheScreen(stranger)]).toEqual([path, true])
  }
})

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })

/** Whether the focused element looks different from how it looks without the focus. */
const showsFocus = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement)) return false
    const look = () => {
      let all = ''
      for (let at: Element | null = element; at; at = at.parentElement) {
        const style = getComputedStyle(at)
        all += `${style.outline} ${style.boxShadow} ${style.borderColor} ${style.backgroundColor};`
      }
      return all
    }
    const before = look()
    element.blur()
    const after = look()
    element.focus()
    return before !== after
  })

test(
  'with the keyboard alone an example is chosen, sent, and its steps are opened',
  {
    timeout: 60_000,
  },
  async ({ visit }) => {
    const { page } = await newcomer(visit, netra.url)
    await composer(page).waitFor()
    await expect.poll(() => focused(page), soon).toBe('Message')
    const tabTo = async (name: RegExp, key = 'Tab') => {
      const passed: string[] = []
      while (!name.test(await focused(page))) {
        if (passed.length > 40) throw new Error(`not reached: ${name}\n${passed.join('\n')}`)
        await page.keyboard.press(key)
        passed.push(await focused(page))
        expect([passed.at(-1), await showsFocus(page)]).toEqual([passed.at(-1), true])
      }
    }
    // What is not there yet cannot be reached: the examples come after the agents.
    await page.getByRole('button', { name: /^How many requests are there/ }).waitFor()
    await tabTo(/^How many requests are there/, 'Shift+Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => focused(page), soon).toBe('Message')
    await page.getByRole('button', { name: /^Remove / }).waitFor()
    await expect.poll(() => page.getByRole('progressbar').count(), soon).toBe(0)
    await page.keyboard.press('Enter')
    const answer = answers(page).first()
    await answer.waitFor()
    await ended(answer)
    expect(await answer.innerText()).toMatch(/[\d,]{5,} requests/)
    await tabTo(/steps? ·/, 'Shift+Tab')
    await page.keyboard.press('Enter')
    await answer.getByText('Data started').waitFor()

    await page.keyboard.press('Control+k')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Attach', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    expect(await focused(page)).toMatch(/sample workload/)
    await page.keyboard.press('Escape')
    expect(await focused(page)).toBe('Attach')
  },
)

const NAMED = 'button|link|textbox|combobox|checkbox|img|menuitem|menuitemradio|dialog|progressbar'

/** What can be operated, and pictures, without a name that a screen reader could say. */
async function nameless(page: Page): Promise<string[]> {
  const lines = (await page.locator('body').ariaSnapshot()).split('\n')
  const isNameless = new RegExp(`^\\s*- (${NAMED})(:| \\[|$)`)
  return lines.filter((line) => isNameless.test(line))
}

test('every button, link, field and picture has a name', { timeout: 60_000 }, async ({ visit }) => {
  const stranger = await visit(netra.url, { expected: [/status of 40[13]/] })
  for (const path of ['/sign-in', '/register', '/setup#token=x']) {
    await stranger.goto(`${netra.url}${path}`)
    await stranger.getByRole('button').first().waitFor()
    expect(await nameless(stranger)).toEqual([])
  }
  const { page } = await newcomer(visit, netra.url)
  await useSample(page)
  expect(await nameless(page)).toEqual([])
  await page.evaluate(() =>
    document.querySelector('main')?.append(document.createElement('button')),
  )
  expect(await nameless(page)).toEqual([expect.stringContaining('button')])
  await page.evaluate(() => document.querySelector('main > button')?.remove())
  const answer = await ask(page, 'Show requests per hour as a chart.')
  await ended(answer)
  await answer.getByRole('button', { name: /steps? ·/ }).click()
  for (const tool of await answer.getByRole('listitem').getByRole('button').all())
    await tool.click()
  expect(await nameless(page)).toEqual([])
  await page.getByRole('button', { name: 'Edit and send again' }).click()
  expect(await nameless(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Actions for this conversation' }).click()
  expect(await nameless(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  expect(await nameless(page)).toEqual([])
  for (const path of ['/settings/account', '/settings/models']) {
    await page.goto(`${netra.url}${path}`)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    expect(await nameless(page)).toEqual([])
  }
})

test('the page is told apart by its language, its title and its landmarks', async ({ visit }) => {
  const { page } = await newcomer(visit, netra.url)
  await composer(page).waitFor()
  expect(await page.getAttribute('html', 'lang')).toBe('en')
  expect(await page.title()).toContain('Netra')
  expect(await page.getByRole('main').count()).toBe(1)
  await page.keyboard.press('Control+Home')
  await page.getByRole('link', { name: 'Skip to the conversation' }).focus()
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
})

test('a part of the page that does not come is told, and loading again helps', async ({
  visit,
}) => {
  const expected = [/ERR_FAILED/, /dynamically imported module|preload CSS/]
  const { page } = await newcomer(visit, netra.url, { path: null, expected })
  await page.route('**/assets/rendered-markdown-*', (route) => route.abort())
  await page.goto(netra.url)
  await composer(page).fill('What is 6 * 7?')
  await composer(page).press('Enter')
  await heading(page, 'This page cannot be shown').waitFor()
  await expect.poll(() => new URL(page.url()).pathname, soon).toMatch(/^\/t\/./)
  await page.unroute('**/assets/rendered-markdown-*')
  await page.getByRole('button', { name: 'Load the page again' }).click()
  await answers(page).getByText('42', { exact: true }).waitFor()
})
