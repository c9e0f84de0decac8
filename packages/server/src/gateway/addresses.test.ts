import { expect, test } from 'vitest'

import { createAddresses, hostProblem, originProblem } from './addresses.ts'

const local = createAddresses({ publicUrl: undefined, port: 8000, allowedOrigins: [] })
const open = createAddresses({
  publicUrl: 'https://netra.example',
  port: 8000,
  allowedOrigins: ['https://other.example'],
})

test('the local names are allowed at the listening port only', () => {
  for (const host of ['localhost:8000', '127.0.0.1:8000', '[::1]:8000', 'LOCALHOST:8000']) {
    expect(hostProblem(local, host, '/')).toBeUndefined()
  }
  expect(hostProblem(local, 'localhost:9000', '/')).toContain('NETRA_PUBLIC_URL')
  expect(hostProblem(local, 'evil.example:8000', '/')).toContain('evil.example')
  expect(hostProblem(local, undefined, '/')).toBeDefined()
})

test('the public name is allowed, and health probes by any name', () => {
  expect(hostProblem(open, 'netra.example', '/')).toBeUndefined()
  expect(hostProblem(open, '10.0.0.7:8000', '/health')).toBeUndefined()
  expect(hostProblem(open, '10.0.0.7:8000', '/health/ready')).toBeUndefined()
  expect(hostProblem(open, '10.0.0.7:8000', '/healthy')).toBeDefined()
})

test('an origin must match exactly; null and near misses are refused', () => {
  expect(originProblem(open, 'https://netra.example')).toBeUndefined()
  expect(originProblem(open, 'https://other.example')).toBeUndefined()
  expect(originProblem(open, undefined)).toBeUndefined()
  for (const origin of [
    'null',
    'http://netra.example',
    'https://netra.example.evil',
    'https://netra.example:444',
    '',
  ]) {
    expect(originProblem(open, origin)).toContain('NETRA_ALLOWED_ORIGINS')
  }
})
