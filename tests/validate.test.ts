import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { startNetra } from './support/netra-process.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

const netra = (...args: string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args])
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.on('exit', (code) => resolve({ code, output }))
  })

test('a fresh installation is ready', async () => {
  await using server = await startNetra()
  const { code, output } = await netra('validate', server.url)
  expect(output).toContain('READY')
  expect(output).not.toContain('FAIL')
  expect(code).toBe(0)
})

test('a server that only claims to be healthy is not ready, and each failed check says what to do', async () => {
  const impostor = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"status":"healthy","version":"1"}')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => impostor.once('listening', resolve))
  const { port } = impostor.address() as AddressInfo
  const { code, output } = await netra('validate', `http://127.0.0.1:${port}`)
  impostor.close()
  expect(code).toBe(1)
  expect(output).toContain('NOT READY')
  expect(output).toContain('try:')
})

test('without an address it says how it is used', async () => {
  const { code, output } = await netra('validate')
  expect(code).toBe(2)
  expect(output).toContain('usage: netra validate <url>')
})

test('an unknown command lists the ones there are', async () => {
  const { code, output } = await netra('strat')
  expect(code).toBe(2)
  expect(output).toContain('netra start')
})
