import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { modesIn } from './modes.ts'
import { trustIn } from './trust.ts'
import { validate } from './validate.ts'

test.for([
  ['https://netra.example.com', 'https://netra.example.com:8443/auth', true],
  ['https://netra.example.com', 'wss://netra.example.com/ws', true],
  ['https://netra.example.com', 'https://auth.example.com', true],
  ['https://netra.example.com', 'http://netra.example.com', false],
  ['https://netra.example.com', 'ws://netra.example.com/ws', false],
  ['https://netra.example.com', 'https://example.com.evil.net', false],
  ['https://netra.example.com', 'https://netra.example.com@evil.net', false],
  ['https://netra.example.com', 'https://127.0.0.1', false],
  ['https://netra.example.com', 'ftp://netra.example.com', false],
  ['https://netra.example.com', 'nonsense', false],
  ['http://netra.example.com', 'wss://netra.example.com/ws', true],
  ['http://10.0.0.1', 'http://10.0.0.1:8081', true],
  ['http://10.0.0.1', 'http://11.0.0.1', false],
  ['http://localhost:8000', 'ws://127.0.0.1:8000/ws', true],
  ['http://127.0.0.1:8000', 'http://[::1]:8001', true],
  ['http://127.0.0.1:8000', 'http://169.254.169.254/latest', false],
] as const)('at %s, %s is trusted: %s', ([url, named, isTrusted]) => {
  expect(trustIn(url).allows(named)).toBe(isTrusted)
})

test('the operator may name others: a host as encrypted, an auth service as it is', () => {
  const trust = trustIn('https://netra.example', {
    authUrl: 'http://10.0.0.9:81/x',
    hosts: ['other.test'],
  })
  expect(trust.allows('wss://other.test/ws')).toBe(true)
  expect(trust.allows('ws://other.test/ws')).toBe(false)
  expect(trust.allows('http://10.0.0.9:81/x/auth/login')).toBe(true)
  expect(trust.allows('http://10.0.0.9:82')).toBe(false)
  expect(() => trust.assert('https://evil.test')).toThrow(
    'names another host than was asked, and is told nothing: if it is right, give --trust-host evil.test',
  )
})

test('a server that never ends its answers does not keep a run that is interrupted', async () => {
  const server = createServer((_request, response) => void response.write('{'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const begun = performance.now()
  const report = await validate(url, { smoke: true, signal: AbortSignal.timeout(100) })
  expect(performance.now() - begun).toBeLessThan(4_000)
  expect(report.verdict).toBe('could_not_run')
  server.close()
  server.closeAllConnections()
})

test('modes are told in one line, whatever stands for them', () => {
  const modes = modesIn({
    startup_bypass: ['a\u001B[2J\nb', { toString: 1 }, ...Array.from({ length: 200 }, String)],
    mode: { level: `half\u202E${'x'.repeat(500)}` },
  })
  expect(modes.length).toBeLessThanOrEqual(51)
  expect(modes.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(Math.max(...modes.map((mode) => mode.length))).toBeLessThan(200)
})
