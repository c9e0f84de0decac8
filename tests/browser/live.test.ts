import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser, type Visit, type VisitOptions } from '../support/browser.ts'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { moments } from '../support/moments.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { register } from '../support/people.ts'
import { answers, ask, composer, ended, soon } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

/** Eleven seconds of words, none of them twice. */
const WORDS = Array.from({ length: 110 }, (_, index) => `word${index} `)
const PACE_MS = 100
const ANSWER = WORDS.join('').trim()

let model: ModelServer
let netra: NetraProcess
const env = () => ({ OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' })

/** What the end of an answer waits for, so that a busy machine meets the same moments as a quiet one. */
const gates = new Map<string, PromiseWithResolvers<void>>()

function gateOf(question: string): PromiseWithResolvers<void> {
  const gate = gates.get(question) ?? Promise.withResolvers<void>()
  gates.set(question, gate)
  return gate
}

beforeAll(async () => {
  model = await startModelServer({
    script: ({ lastUserText }) => ({
      text: WORDS,
      paceMs: PACE_MS,
      hold: gateOf(lastUserText).promise,
    }),
  })
  netra = await startNetra({ env: env() })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model.close()
})

/** Which words to act at: seeded, in order, between the first words and the last ones. */
const wordsToActAt = (seed: number, count: number): number[] =>
  moments(seed, count)
    .map((moment) => 5 + Math.floor(moment * 85))
    .toSorted((a, b) => a - b)

const wordIn = (answer: Locator, index: number): Locator =>
  answer.getByText(new RegExp(`\\bword${index}\\b`))

/** What the answer says, and not who gives it or what it took. */
const saidIn = (answer: Locator): Locator =>
  answer.getByRole('paragraph').filter({ hasText: /^word0/ })

/** A page that complains as soon as it shows a word twice, out of order, or leaves one out. */
async function watchful(visit: Visit, url: string, options: VisitOptions): Promise<Page> {
  const page = await visit(url, { ...options, path: null })
  await page.addInitScript((whole) => {
    new MutationObserver(() => {
      for (const paragraph of document.querySelectorAll('article p')) {
        const text = paragraph.textContent.trim()
        if (!text.startsWith('word0') || whole.startsWith(text)) continue
        // oxlint-disable-next-line no-console -- an error of the page fails the test
        console.error(`not the beginning of the answer: ${text}`)
      }
    }).observe(document, { subtree: true, childList: true, characterData: true })
  }, ANSWER)
  await page.goto(`${url}${options.path ?? '/'}`)
  return page
}

async function expectWhole(answer: Locator): Promise<void> {
  await ended(answer)
  expect(await saidIn(answer).allInnerTexts()).toEqual([ANSWER])
  expect(await answer.innerText()).toMatch(/\d s · 1 step · .*tokens in/)
}

const onThread = async (page: Page): Promise<string> => {
  await expect.poll(() => new URL(page.url()).pathname, soon).toMatch(/^\/t\/./)
  return new URL(page.url()).pathname
}

test.concurrent.for([11, 12])(
  'reloaded in the middle of an answer, all of it is there and goes on, seed %i',
  { timeout: 90_000 },
  async (seed, { visit }) => {
    const person = await register(netra.url)
    const page = await watchful(visit, netra.url, { as: person })
    const answer = await ask(page, `reload ${seed}`)
    await onThread(page)
    for (const word of wordsToActAt(seed, 3)) {
      await wordIn(answer, word).waitFor()
      await page.reload()
      await wordIn(answer, word).waitFor()
    }
    expect(await answer.getAttribute('aria-busy')).toBe('true')
    gateOf(`reload ${seed}`).resolve()
    await expectWhole(answer)
    expect(await answers(page).count()).toBe(1)
    expect(model.requests.filter((made) => made.lastUserText === `reload ${seed}`)).toHaveLength(1)
  },
)

test.concurrent(
  'a second browser of the same person follows along live, whenever it comes',
  { timeout: 90_000 },
  async ({ visit }) => {
    const person = await register(netra.url)
    const page = await watchful(visit, netra.url, { as: person })
    const answer = await ask(page, 'two browsers')
    const path = await onThread(page)
    const others: Locator[] = []
    for (const word of wordsToActAt(21, 2)) {
      await wordIn(answer, word).waitFor()
      const other = await watchful(visit, netra.url, { as: person, path })
      others.push(answers(other))
      await wordIn(answers(other), word).waitFor()
    }
    for (const other of others) {
      await wordIn(other, 100).waitFor()
      expect(await other.getAttribute('aria-busy')).toBe('true')
    }
    gateOf('two browsers').resolve()
    for (const shown of [...others, answer]) await expectWhole(shown)
    expect(new Set(others.map((other) => new URL(other.page().url()).pathname))).toEqual(
      new Set([path]),
    )
  },
)

test.concurrent(
  'Stop really stops: on the screen, in another browser and at the model',
  { timeout: 90_000 },
  async ({ visit }) => {
    const ways: ((page: Page) => Promise<void>)[] = [
      (page) => page.getByRole('button', { name: 'Stop the answer' }).click(),
      (page) => page.keyboard.press('Escape'),
    ]
    const at = wordsToActAt(31, ways.length)
    await Promise.all(
      ways.map(async (stop, index) => {
        const word = at[index] ?? 0
        const person = await register(netra.url)
        const page = await watchful(visit, netra.url, { as: person })
        const answer = await ask(page, `stop ${index}`)
        const other = answers(await visit(netra.url, { as: person, path: await onThread(page) }))
        await wordIn(answer, word).waitFor()
        await stop(page)
        for (const shown of [answer, other]) {
          await shown.getByText('Stopped.', { exact: true }).waitFor()
          await ended(shown)
        }
        const request = model.requests.find((made) => made.lastUserText === `stop ${index}`)
        await request?.closed
        expect(request?.aborted).toBe(true)
        const kept = await saidIn(answer).innerText()
        expect(ANSWER.startsWith(kept)).toBe(true)
        expect(kept.split(' ').length).toBeGreaterThan(word)
        expect(kept).not.toBe(ANSWER)
        await page.reload()
        await answer.getByText('Stopped.', { exact: true }).waitFor()
        expect(await saidIn(answer).innerText()).toBe(kept)
      }),
    )
  },
)

test.concurrent(
  'SIGKILL while pages are open: they reconnect by themselves and every answer becomes whole',
  { timeout: 120_000 },
  async ({ visit }) => {
    await using first = await startNetra({ env: env() })
    const expected = [/WebSocket connection/, /ERR_CONNECTION_REFUSED/, /ERR_EMPTY_RESPONSE/]
    const open = async () => watchful(visit, first.url, { as: await register(first.url), expected })
    const idle = await open()
    await composer(idle).waitFor()
    const running: Locator[] = []
    for (const moment of moments(41, 3)) {
      const answer = await ask(await open(), 'go on')
      await wordIn(answer, 3 + Math.floor(moment * 20)).waitFor()
      running.push(answer)
    }
    for (const answer of running) expect(await answer.getAttribute('aria-busy')).toBe('true')
    await first.kill('SIGKILL')
    for (const question of ['go on', 'sent while nobody listens']) gateOf(question).resolve()

    await composer(idle).fill('sent while nobody listens')
    await composer(idle).press('Enter')
    await idle.getByText('Kept, and sent as soon as the connection is back.').waitFor()

    const port = Number(new URL(first.url).port)
    await using second = await startNetra({ env: env(), folder: first.folder, port })
    await Promise.all([...running, answers(idle)].map(expectWhole))
    for (const answer of running) expect(await answers(answer.page()).count()).toBe(1)
    expect(second.url).toBe(first.url)
  },
)
