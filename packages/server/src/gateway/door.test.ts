import { expect, test } from 'vitest'

import { Door } from './door.ts'

const door = () => new Door((authorization) => authorization === 'Bearer own')

test('before it opens only health and the process itself pass', async () => {
  const closed = new Door((authorization) => authorization === 'Bearer own', '/netra')
  const asked = ['/health', '/health/ready', '/health/startup?x', '/api/health', '/ws/health']
  for (const url of [...asked, '/netra/health/live?x', '/netra/api/health']) {
    expect([url, closed.wait({ headers: {}, url })]).toEqual([url, undefined])
  }
  expect(closed.wait({ headers: { authorization: 'Bearer own' }, url: '/ws' })).toBeUndefined()
  const others = ['/', '/ws', '/api/config', '/healthy', '/api/threads?next=/healthz']
  const lookalikes = [
    '/api/threads?x=/health',
    '/ws?x=/health',
    '/api/threads/health',
    '/other/health',
    '/health/../api/threads',
    '/api/threads#/health',
  ]
  for (const url of [...others, ...lookalikes]) {
    expect([url, closed.wait({ headers: { authorization: 'Bearer other' }, url })]).not.toContain(
      undefined,
    )
  }
})

test('no socket is opened before that by any address but the process itself', () => {
  const closed = door()
  expect(closed.waitToUpgrade({ headers: {} })).toBeInstanceOf(Promise)
  expect(closed.waitToUpgrade({ headers: { authorization: 'Bearer other' } })).toBeInstanceOf(
    Promise,
  )
  expect(closed.waitToUpgrade({ headers: { authorization: 'Bearer own' } })).toBeUndefined()
})

test('whoever waits passes once it opens', async () => {
  const opening = door()
  const waiting = opening.wait({ headers: {}, url: '/ws' })
  let passed = false
  void waiting?.then(() => (passed = true))
  await Promise.resolve()
  expect(passed).toBe(false)
  opening.open()
  await waiting
  expect(opening.wait({ headers: {}, url: '/ws' })).toBeUndefined()
})
