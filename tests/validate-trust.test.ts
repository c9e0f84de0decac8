import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { validate, type ValidateOptions } from '../packages/validator/src/validate/validate.ts'
import { nameHere } from './validate/names.ts'

/** Whatever is asked, and upgraded. */
async function listening(answer: (path: string) => unknown) {
  const heard: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (data: Buffer) => (body += data.toString()))
    request.on('end', () => {
      heard.push(`${request.url} ${JSON.stringify(request.headers)} ${body}`)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answer(request.url ?? '')))
    })
  })
  server.on('upgrade', (request, socket) => {
    heard.push(`${request.url} ${JSON.stringify(request.headers)}`)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    heard,
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const signedIn = (path: string): object =>
  path === '/auth/me'
    ? { id: 'u', role: 'user' }
    : {
        access_token: 'token-of-ann',
        refresh_token: 'refresh-of-ann',
        user: { id: 'u' },
        issuer: 'x',
      }

test('a host of another site that the server names hears nothing, until the operator trusts it', async () => {
  using other = await listening(signedIn)
  const host = 'named.by.nobody'
  using server = await listening((path) =>
    path === '/api/config'
      ? {
          api_url: `http://${host}`,
          auth_url: `http://${host}:${other.port}`,
          ws_url: `ws://${host}:${other.port}/ws`,
          events_url: `http://${host}:${other.port}/api/events`,
          commands_url: `http://${host}:${other.port}/api/commands`,
          ws_paths: ['/ws'],
          auth: {},
          limits: {},
          heartbeat: {},
        }
      : signedIn(path),
  )
  nameHere(host, ['127.0.0.1'])
  const account = { email: 'ann@example.com', password: 'password-of-ann' }
  const options: ValidateOptions = {
    accounts: [account],
    only: ['addresses.auth', 'addresses.socket', 'addresses.events', 'conversation.welcome'],
    pace: { answerMs: 500 },
  }
  const url = `http://127.0.0.1:${server.port}`
  const { results } = await validate(url, options)
  expect(other.heard).toEqual([])
  const seen = results.filter(({ outcome }) => outcome === 'failed').map((one) => one.seen)
  expect(seen.length).toBeGreaterThan(2)
  for (const one of seen) expect(one).toContain('names another host')
  await validate(url, { ...options, trustHosts: [host] })
  expect(other.heard.join('\n')).toContain(account.password)
})
