import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import { memoryRows } from '../../../../../tests/support/memory-rows.ts'
import { mcpOauthMigrations } from '../../journal/migrations/mcp-oauth.ts'
import { SignInFailed } from '../auth-port.ts'
import { ClientStore } from './client-store.ts'

const ENTERED = { client_id: 'by hand', client_secret: 'secret' }
const GOOD = 'https://login.example'
const EVIL = 'https://evil.example'

const open = () =>
  new ClientStore({
    rows: memoryRows(mcpOauthMigrations),
    key: randomBytes(32),
    now: () => '2026-01-01T00:00:00.000Z',
  })

const refusal = async (found: Promise<unknown>): Promise<string> => {
  const refused: unknown = await found.catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(SignInFailed)
  return String(refused)
}

test('a client entered by hand goes to the issuer it was entered for, and to no other, be it the first', async () => {
  const clients = open()
  await clients.save('desk', EVIL, { client_id: 'registered' })
  expect(await clients.find('desk', EVIL)).toEqual({ client_id: 'registered', issuer: EVIL })
  await clients.enter('desk', { ...ENTERED, issuer: GOOD })
  expect(await clients.hasEntered('desk')).toBe('by hand')
  expect(await refusal(clients.find('desk', EVIL))).toContain(`belongs to ${GOOD}`)
  expect(await clients.find('desk', GOOD)).toEqual({ ...ENTERED, issuer: GOOD })
  expect(await clients.find('desk', `${GOOD}/`)).toMatchObject(ENTERED)
  await clients.enter('desk', { ...ENTERED, issuer: EVIL })
  expect(await clients.find('desk', EVIL)).toMatchObject(ENTERED)
})

test('a client that was entered before anybody had to say whose it is goes to nobody', async () => {
  const clients = open()
  await clients.save('desk', '', ENTERED)
  expect(await refusal(clients.find('desk', GOOD))).toContain('Enter it again, with its issuer')
})
