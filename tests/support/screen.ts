import type { Locator, Page } from 'playwright-core'

import { PATIENCE_MS, type Visit, type VisitOptions } from './browser.ts'
import { register, type Person } from './people.ts'

/** A new account and its page. */
export async function newcomer(
  visit: Visit,
  url: string,
  options: VisitOptions = {},
): Promise<{ page: Page; person: Person }> {
  const person = await register(url)
  return { page: await visit(url, { ...options, as: person }), person }
}

export const composer = (page: Page): Locator =>
  page.getByRole('textbox', { name: 'Message', exact: true })

export const answers = (page: Page): Locator => page.getByRole('article', { name: /^Answer from/ })

/** Writes and sends; gives the answer that follows. */
export async function ask(page: Page, question: string): Promise<Locator> {
  const answer = answers(page).nth(await answers(page).count())
  await composer(page).fill(question)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await answer.waitFor()
  return answer
}

/** Waits until nothing more is said in an answer, and what was said is on the screen. */
export async function ended(answer: Locator, timeout = 60_000): Promise<void> {
  await answer.and(answer.page().locator('[aria-busy="false"]')).waitFor({ timeout })
  await answer.getByRole('paragraph').first().waitFor()
}

/** How long and how often a function of the page is asked. */
export const soon = { timeout: PATIENCE_MS, interval: 50 }

export const heading = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('heading', { name })

/** The rows of a table as its cells' texts, without the heading. */
export async function cellsOf(table: Locator): Promise<string[][]> {
  const rows = await table.getByRole('row').all()
  const texts = await Promise.all(rows.map((row) => row.getByRole('cell').allInnerTexts()))
  return texts.filter((row) => row.length > 0)
}
