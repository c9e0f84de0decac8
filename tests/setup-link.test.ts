import { expect, test } from 'vitest'

import { startAuthProcess, startNode } from './support/auth-process.ts'

test('netra auth sends the set-up token to no address that it only guesses, and the node says where it stands', async () => {
  await using service = await startAuthProcess()
  expect(service.setupToken).toMatch(/^[\w-]{20,}$/)
  expect(service.ready).toContain('open <address of the node>/setup#token=')
  expect(service.ready).toContain('NETRA_PUBLIC_URL')
  expect(service.ready.match(/https?:\/\/\S+/g)).toEqual([service.url])
  await using node = await startNode(service.url)
  expect(node.ready).toContain(`there is no administrator yet: netra auth at ${service.url}`)
  expect(node.ready).not.toContain('#token=')
}, 60_000)

test('netra auth that knows where people open Netra prints the set-up link', async () => {
  await using service = await startAuthProcess({
    env: { NETRA_PUBLIC_URL: 'https://netra.example.com' },
  })
  expect(service.ready).toContain('https://netra.example.com/setup#token=')
}, 60_000)
