import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import { systemClock } from './clock.ts'
import { createGuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts'
import { mayConnectTo } from './public-address.ts'

const open: Disposable[] = []
afterEach(() => {
  for (const each of open.splice(0)) each[Symbol.dispose]()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  open.push({
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function guarded(options: Partial<GuardedFetchOptions> = {}) {
  const fetch = createGuardedFetch({
    clock: systemClock,
    allowPrivate: true,
    maxBytes: 1_000_000,
    timeoutMs: 5_000,
    ...options,
  })
  open.push(fetch)
  return fetch
}

const PRIVATE = [
  '10.1.2.3',
  '127.0.0.1',
  '127.255.255.254',
  '172.31.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  '::1',
  'fc00::1',
  'fd12:3456::1',
  '2001:db8::1',
]
const NEVER = [
  '0.0.0.0',
  '169.254.169.254',
  '100.100.100.200',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::7f00:1',
  '::808:808',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:1::1',
  'not an address',
]

test.each(PRIVATE)('%s is connected to only where private addresses are allowed', (address) => {
  expect(mayConnectTo(address, { allowPrivate: false })).toBe(false)
  expect(mayConnectTo(address, { allowPrivate: true })).toBe(true)
})

test.each(NEVER)('%s is never connected to', (address) => {
  expect(mayConnectTo(address, { allowPrivate: false })).toBe(false)
  expect(mayConnectTo(address, { allowPrivate: true })).toBe(false)
})

test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s of the public internet is connected to',
  (address) => {
    expect(mayConnectTo(address, { allowPrivate: false })).toBe(true)
  },
)

test.each([
  'http://127.0.0.1:1/',
  'http://2130706433:1/',
  'http://0x7f.1:1/',
  'https://[::1]:1/',
  'https://[::ffff:127.0.0.1]:1/',
  'http://93.184.216.34/',
  'https://user:secret@example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
])('%s is refused before anything is sent', async (url) => {
  await expect(guarded({ allowPrivate: false })(url)).rejects.toThrow(
    expect.objectContaining({ name: 'AddressRefused' }),
  )
})

test('a name with one private address among public ones is refused', async () => {
  const resolve = () =>
    Promise.resolve([
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ])
  const answer = guarded({ allowPrivate: false, resolve })('https://mixed.test/')
  await expect(answer).rejects.toThrow('mixed.test is at 10.0.0.1')
})

test('the socket connects to the address that was checked, whatever the name server says next', async () => {
  const url = new URL(await serve((_request, response) => response.end('pinned')))
  let asked = 0
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4, at: asked++ }])
  const answer = await guarded({ resolve })(`http://rebinding.test:${url.port}/`)
  expect(await answer.text()).toBe('pinned')
  const later = () => Promise.resolve([{ address: '169.254.169.254', family: 4 }])
  await expect(guarded({ resolve: later })(`https://rebinding.test:${url.port}/`)).rejects.toThrow(
    'rebinding.test is at 169.254.169.254',
  )
})

test('a redirect is checked like any other address', async () => {
  const url = await serve((_request, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
  )
  await expect(guarded()(url)).rejects.toThrow('169.254.169.254 is not an address')
})

test('redirects without an end are not followed for ever', async () => {
  const url = await serve((_request, response) => response.writeHead(302, { location: '/' }).end())
  await expect(guarded()(url)).rejects.toThrow('redirects without an end')
})

test('a redirect to another origin takes no credential along', async () => {
  const elsewhere = await serve((request, response) =>
    response.end(JSON.stringify(request.headers)),
  )
  const url = await serve((_request, response) =>
    response.writeHead(302, { location: elsewhere }).end(),
  )
  const headers = {
    authorization: 'Bearer secret',
    cookie: 'a=secret',
    'mcp-session-id': 'secret',
    'x-api-key': 'secret',
    accept: 'text/plain',
  }
  const answer = await guarded()(url, { headers })
  const seen = await answer.text()
  expect(seen).toContain('text/plain')
  expect(seen).not.toContain('secret')
})

test('a body is not handed on to another origin', async () => {
  const elsewhere = await serve((_request, response) => response.end())
  const url = await serve((_request, response) =>
    response.writeHead(307, { location: elsewhere }).end(),
  )
  const sent = guarded()(url, { method: 'POST', body: 'refresh_token=secret' })
  await expect(sent).rejects.toThrow('redirects what was sent')
})

test('an answer larger than the limit is cut off, whether its length was told or not', async () => {
  const told = await serve((_request, response) =>
    response.writeHead(200, { 'content-length': 2_000_000 }).end(Buffer.alloc(2_000_000)),
  )
  await expect(guarded()(told)).rejects.toThrow('more than 1 MB')
  const untold = await serve((_request, response) => response.end(Buffer.alloc(2_000_000)))
  const answer = await guarded()(untold)
    .then((response) => response.arrayBuffer())
    .catch(String)
  expect(answer).toContain('AnswerTooLarge')
})

test('a server that never begins to answer is given up, and so is one whose caller went away', async () => {
  const url = await serve(() => undefined)
  await expect(guarded({ timeoutMs: 50 })(url)).rejects.toThrow('did not begin to answer')
  const stop = new AbortController()
  const waiting = guarded()(url, { signal: stop.signal })
  stop.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})
