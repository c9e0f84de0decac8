import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { addressBehind } from './client-address.ts'

const requests: IncomingMessage[] = []
const server = createServer((request, response) => {
  requests.push(request)
  response.end()
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

/** A request as it really arrives, with this header. */
async function arrived(forwardedFor: string): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) =>
    get({ port, host: '127.0.0.1', headers: { 'x-forwarded-for': forwardedFor } }, (response) =>
      response.resume().on('end', resolve),
    ),
  )
  return requests.at(-1) as IncomingMessage
}

test('nobody is believed about another address unless trusted', async () => {
  expect(addressBehind([])(await arrived('203.0.113.9'))).toBe('127.0.0.1')
})

test('behind a trusted proxy it is the nearest address that is no proxy', async () => {
  const behind = addressBehind(['127.0.0.1', '10.0.0.0/8'])
  expect(behind(await arrived('203.0.113.9'))).toBe('203.0.113.9')
  expect(behind(await arrived('198.51.100.1, 203.0.113.9, 10.1.2.3'))).toBe('203.0.113.9')
})
