import { expect, test as base } from 'vitest'

import { healthy, startAuthProcess, startNode, temporaryFolder } from '../support/auth-process.ts'
import { inBrowser, type InBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { PASSWORD, register } from '../support/people.ts'
import { composer } from '../support/screen.ts'

const test = base.extend<InBrowser>(inBrowser)

test('while the auth service is down nobody gets in, the page says so, and goes on once it is back (S40)', async ({
  visit,
}) => {
  const [port, authPort] = [await freePort(), await freePort()]
  const authUrl = `http://localhost:${authPort}`
  await using folder = await temporaryFolder()
  const env = {
    NETRA_PUBLIC_URL: `http://localhost:${port}`,
    NETRA_AUTH_PUBLIC_URL: authUrl,
    NETRA_REGISTRATION: 'open',
  }
  const start = () => startAuthProcess({ port: authPort, folder: folder.path, env })
  const first = await start()
  await using node = await startNode(authUrl, { port, env })
  await healthy(node.url)
  const person = await register(authUrl)

  const expected = [/status of (503|40[13])/, /ERR_CONNECTION_REFUSED|CORS/, /^request to /]
  const page = await visit(node.url, { path: '/sign-in', expected })
  await page.getByLabel('Email').fill(person.email)
  await page.getByLabel('Password').fill(PASSWORD)
  await first.kill('SIGKILL')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Signing in is not possible right now').waitFor()
  expect(await composer(page).count()).toBe(0)

  // Whoever comes now is told the same before they type anything.
  const late = await visit(node.url, { path: '/sign-in', expected })
  await late.getByRole('alert').waitFor()

  await using second = await start()
  await composer(page).waitFor()
  await late.getByRole('alert').waitFor({ state: 'detached' })
  expect(second.log()).not.toContain(PASSWORD)
})
