import { expect, test } from 'vitest'

import { freePort } from './support/free-port.ts'
import { HttpBrowser } from './support/http-browser.ts'
import { startNetra } from './support/netra-process.ts'
import { startOidcProvider } from './support/oidc-provider.ts'
import { hello, openSocket } from './support/raw-socket.ts'

test('a provider tells the auth service alone, and the sockets of a node elsewhere close within a second (S11)', async () => {
  await using provider = await startOidcProvider()
  const env = { NETRA_SERVICE_SECRET: 'a-secret-of-a-node-of-32-characters-or-more' }
  const port = await freePort()
  await using auth = await startNetra({ command: 'auth', port, env: { ...env, ...provider.env } })
  await using node = await startNetra({ env: { ...env, AUTH_SERVICE_URL: auth.url } })
  provider.serve(auth.url)
  provider.accounts.set('ada', { sub: 'ada', email: 'ada@example.com', email_verified: true })
  const config = await new HttpBrowser().ask<{ auth: unknown }>(`${node.url}/api/config`)
  expect(config.body.auth).toMatchObject({ providers: [{ id: 'oidc', name: 'Example ID' }] })

  const connected = async () => {
    const browser = new HttpBrowser()
    const form = await browser.go(`${auth.url}/auth/login?provider=oidc`)
    await browser.go(form.url.href, {
      form: { subject: 'ada' },
      until: (url) => url.origin === auth.url && !url.pathname.startsWith('/auth/'),
    })
    const { body } = await browser.ask(`${auth.url}/auth/token`, { body: {} })
    const socket = await openSocket(node.url)
    socket.send(hello(String(body['access_token'])))
    await socket.next((frame) => frame.type === 'welcome')
    return { browser, socket }
  }
  const [one, two] = [await connected(), await connected()]
  const page = await one.browser.go(`${provider.issuer}/session/end`)
  const xsrf = /name="xsrf" value="(\w+)"/.exec(page.body)?.[1] ?? ''
  const begun = performance.now()
  await one.browser.go(`${provider.issuer}/session/end/confirm`, { form: { xsrf, logout: 'yes' } })
  expect((await one.socket.closed).code).toBe(4503)
  const tookMs = performance.now() - begun
  expect(tookMs).toBeLessThan(1_000)
  two.socket.send({ type: 'subscribe', id: 'still-here', stream: 'user:nobody', position: null })
  await two.socket.next((frame) => frame['id'] === 'still-here')
  two.socket[Symbol.dispose]()
}, 60_000)
