import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { EXECUTABLE, FLAGS, PATIENCE_MS } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { answers, ask, composer, ended, soon } from '../support/screen.ts'
import { openSite, type Site } from '../support/site.ts'

const APP = 'app.netra.test'
const API = 'api.netra.test'
const AUTH = 'auth.netra.test'
const EVIL = 'evil.test'
const PASSWORD = 'a good long passphrase'
/** Access tokens end while the test goes on. */
const TOKEN_SECONDS = '10'

let browser: Browser
let site: Site
const opened: AsyncDisposable[] = []

beforeAll(async () => {
  site = await openSite([APP, API, AUTH, EVIL])
  const rules = [APP, API, AUTH, EVIL].map((host) => `MAP ${host} 127.0.0.1`).join(',')
  browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: [...FLAGS, `--host-resolver-rules=${rules}`],
  })
})

afterAll(async () => {
  await browser.close()
  await site[Symbol.asyncDispose]()
})

async function begin(...processes: Promise<NetraProcess>[]): Promise<NetraProcess[]> {
  const started = await Promise.all(processes)
  opened.push(...started)
  return started
}

const end = async () => {
  for (const process of opened.splice(0)) await process[Symbol.asyncDispose]()
  site.routes.clear()
}

/** A window whose problems (errors, refused requests, what the policy forbids) fail the test. */
async function visitor(): Promise<{ context: BrowserContext; page: Page; problems: string[] }> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const problems: string[] = []
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error().message}`))
  context.on('console', (message) => {
    const text = `${message.text()} (${message.location().url})`
    // Whoever is not signed in yet is told so.
    const isExpected = /status of 40[13]/.test(text) && /\/auth\/(me|token)\)$/.test(text)
    if (['error', 'warning'].includes(message.type()) && !isExpected) problems.push(text)
  })
  return { context, page: await context.newPage(), problems }
}

async function becomeAdministrator(page: Page, address: string, token: string | undefined) {
  await page.goto(`${address}/setup#token=${token}`)
  await page.getByLabel('Email').fill('root@example.com')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Create the administrator' }).click()
  await composer(page).waitFor()
}

/** A question and its answer, read again after a reload at the conversation's own address. */
async function converse(page: Page, address: string): Promise<void> {
  const answer = await ask(page, 'What is 6 times 7?')
  await ended(answer)
  await expect.poll(() => page.url(), soon).toContain(`${address}/t/`)
  await page.reload()
  await ended(answers(page).first())
}

const sessionCookies = async (context: BrowserContext) =>
  (await context.cookies()).filter(({ name }) => name.includes('netra_session'))

describe.each([
  ['as it is', false],
  ['without it, as the proxy takes it away', true],
])('below a path that reaches Netra %s', (_name, strips) => {
  test('people set up, talk and come back; nothing is asked for outside of the path', async () => {
    const port = await freePort()
    const address = `${site.url(APP)}/tools/netra`
    const [node] = await begin(
      startNetra({ port, env: { NETRA_PUBLIC_URL: address, NETRA_TRUSTED_PROXIES: '127.0.0.1' } }),
    )
    site.routes.set(APP, { port, below: '/tools/netra', strips })
    site.astray.length = 0
    const { context, page, problems } = await visitor()
    try {
      await becomeAdministrator(page, address, node?.setupToken)
      await converse(page, address)
      const [cookie] = await sessionCookies(context)
      expect(cookie).toMatchObject({
        name: '__Host-netra_session_tools_netra',
        secure: true,
        httpOnly: true,
      })
      expect(problems).toEqual([])
      expect(site.astray.filter((path) => !path.endsWith('/favicon.ico'))).toEqual([])
    } finally {
      await context.close()
      await end()
    }
  })
})

test('the web app and the node at two hosts of one site: the cookie is the node’s', async () => {
  const [port, webPort] = [await freePort(), await freePort()]
  const env = { NETRA_PUBLIC_URL: site.url(API), NETRA_WEB_URL: site.url(APP) }
  const [node] = await begin(
    startNetra({ port, env }),
    startNetra({ port: webPort, env, command: 'web' }),
  )
  site.routes.set(API, { port })
  site.routes.set(APP, { port: webPort })
  const { context, page, problems } = await visitor()
  try {
    await becomeAdministrator(page, site.url(APP), node?.setupToken)
    await converse(page, site.url(APP))
    expect((await sessionCookies(context)).map(({ domain }) => domain)).toEqual([API])
    expect(problems).toEqual([])
  } finally {
    await context.close()
    await end()
  }
})

describe('the web app, the node and the auth service at three hosts of one site', () => {
  const secret = 'a-secret-of-a-node-of-32-characters-or-more'
  let setupToken: string | undefined
  beforeAll(async () => {
    const [port, webPort, authPort] = [await freePort(), await freePort(), await freePort()]
    const env = {
      NETRA_PUBLIC_URL: site.url(API),
      NETRA_WEB_URL: site.url(APP),
      NETRA_AUTH_PUBLIC_URL: site.url(AUTH),
      NETRA_SERVICE_SECRET: secret,
      NETRA_ACCESS_TOKEN_SECONDS: TOKEN_SECONDS,
    }
    const nodeEnv = { ...env, AUTH_SERVICE_URL: `http://127.0.0.1:${authPort}` }
    const [auth] = await begin(startNetra({ port: authPort, env, command: 'auth' }))
    await begin(
      startNetra({ port, env: nodeEnv }),
      startNetra({ port: webPort, env, command: 'web' }),
    )
    setupToken = auth?.setupToken
    site.routes.set(API, { port })
    site.routes.set(APP, { port: webPort })
    site.routes.set(AUTH, { port: authPort })
    // Some page of somebody else, with a certificate of its own.
    site.routes.set(EVIL, { port: webPort })
  })
  afterAll(end)

  test('people set up, talk past the end of a token and sign out; the cookie stays at one host', async () => {
    const { context, page, problems } = await visitor()
    try {
      await becomeAdministrator(page, site.url(APP), setupToken)
      await converse(page, site.url(APP))
      const cookies = await sessionCookies(context)
      expect(cookies).toMatchObject([
        { domain: AUTH, name: '__Host-netra_session', secure: true, httpOnly: true, path: '/' },
      ])
      expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toMatch(/eyJ/)
      await page.waitForTimeout(Number(TOKEN_SECONDS) * 1000 + 1_000)
      await ended(await ask(page, 'And 7 times 8?'))
      await page.getByRole('link', { name: /Settings$/ }).click()
      await page.getByRole('button', { name: 'Sign out', exact: true }).click()
      await page.getByRole('heading', { name: 'Sign in to Netra' }).waitFor()
      expect(problems).toEqual([])
    } finally {
      await context.close()
    }
  })

  test('the policy of the page names the other two hosts and nothing else (S23)', async () => {
    const { context, page } = await visitor()
    try {
      const answer = await page.goto(site.url(APP))
      const policy = answer?.headers()['content-security-policy'] ?? ''
      const connect = /connect-src ([^;]+)/.exec(policy)?.[1]?.split(' ')
      const wss = (url: string) => url.replace(/^https/, 'wss')
      expect(connect).toEqual([
        "'self'",
        wss(site.url(APP)),
        site.url(API),
        wss(site.url(API)),
        site.url(AUTH),
        wss(site.url(AUTH)),
      ])
    } finally {
      await context.close()
    }
  })

  test('a page of another site reads nothing and opens no socket (S2)', async () => {
    const { context, page } = await visitor()
    try {
      await page.goto(`${site.url(EVIL)}/health`)
      const asked = await page.evaluate(
        async ({ api, auth }) => {
          const read = (url: string) =>
            fetch(url, { credentials: 'include' }).then(
              (response) => `read ${response.status}`,
              () => 'refused',
            )
          const socket = new Promise((resolve) => {
            const opening = new WebSocket(`${api.replace(/^http/, 'ws')}/ws`, ['netra.v1'])
            opening.addEventListener('open', () => resolve('open'))
            opening.addEventListener('error', () => resolve('refused'))
          })
          return [await read(`${api}/api/config`), await read(`${auth}/auth/me`), await socket]
        },
        { api: site.url(API), auth: site.url(AUTH) },
      )
      expect(asked).toEqual(['refused', 'refused', 'refused'])
    } finally {
      await context.close()
    }
  })
})
