import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import { memoryRows } from '../../../../../tests/support/memory-rows.ts'
import { mcpOauthMigrations } from '../../journal/migrations/mcp-oauth.ts'
import { SignInFailed } from '../auth-port.ts'
import { ClientStore } from './client-store.ts'

const ENTERED = { client_id: 'by hand', client_secret: 'secret' }
const GOOD = 'https://login.example'
const EVIL = 'https://evil.example'

test('a client entered by hand belongs to the issuer of the first sign-in, and goes to no other', async () => {
  const clients = new ClientStore({
    rows: memoryRows(mcpOauthMigrations),
    key: randomBytes(32),
    now: () => '2026-01-01T00:00:00.000Z',
  })
  await clients.save('desk', EVIL, { client_id: 'registered' })
  expect(await clients.find('desk', EVIL)).toEqual({ client_id: 'registered', issuer: EVIL })
  await clients.enter('desk', ENTERED)
  expect(await clients.hasEntered('desk')).toBe('by hand')
  expect(await clients.find('desk', GOOD)).toEqual({ ...ENTERED, issuer: GOOD })
  expect(await clients.find('desk', `${GOOD}/`)).toMatchObject(ENTERED)
  const refused: unknown = await clients.find('desk', EVIL).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(SignInFailed)
  expect(String(refused)).toContain('enter the client again')
  await clients.enter('desk', ENTERED)
  expect(await clients.find('desk', EVIL)).toMatchObject(ENTERED)
})
