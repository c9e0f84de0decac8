import { afterEach, beforeEach, expect, test } from 'vitest'

import { AuthFixture, joined } from '../auth-fixture.ts'
import type { Auth } from '../auth.ts'
import { AuthDatabase } from '../store/auth-database.ts'

let fixture: AuthFixture
let auth: Auth
let database: AuthDatabase
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
  database = new AuthDatabase(fixture.folder)
})
afterEach(async () => {
  database.close()
  await fixture[Symbol.asyncDispose]()
})

const told = (position: string) => {
  const found = auth.changes.after(position)
  return 'reset' in found ? found.reset : found.lines
}

test('whatever ends a session, changes or removes a user is told in order, by whomever', async () => {
  const ada = await joined(auth, 'ada')
  const { userId, sessionId } = ada.identity
  const start = auth.changes.head()
  database.run("UPDATE user SET role = 'admin' WHERE id = ?", userId)
  database.run("UPDATE user SET updatedAt = '2027-01-01T00:00:00.000Z' WHERE id = ?", userId)
  database.run('DELETE FROM session WHERE id = ?', sessionId)
  database.run('DELETE FROM user WHERE id = ?', userId)
  expect(told(start)).toMatchObject([
    { kind: 'user_changed', user_id: userId },
    { kind: 'session_ended', session_id: sessionId, user_id: userId, why: 'revoked' },
    { kind: 'user_removed', user_id: userId },
  ])
  expect(told(auth.changes.head())).toEqual([])
  expect(await auth.removals.pending()).toEqual([userId])
  await auth.removals.done(userId)
  expect(await auth.removals.pending()).toEqual([])
})

test('a position that cannot be proven is answered with a reset', async () => {
  const ada = await joined(auth, 'ada')
  const start = auth.changes.head()
  const [epoch] = start.split(':')
  for (let count = 0; count < 5; count += 1) {
    database.run('UPDATE user SET name = ? WHERE id = ?', `name ${count}`, ada.identity.userId)
  }
  expect(told(start)).toHaveLength(5)
  database.run('DELETE FROM auth_change WHERE position < (SELECT max(position) FROM auth_change)')
  expect(told(start)).toMatch(/older than what is kept/)
  const head = Number(auth.changes.head().split(':')[1])
  expect(told(`${epoch}:${head - 1}`)).toHaveLength(1)
  expect(told(`${epoch}:${head + 1}`)).toMatch(/beyond the end/)
  expect(told(`other:${head}`)).toMatch(/another store/)
  for (const nonsense of ['', ':', `${epoch}:`, `${epoch}:-1`, `${epoch}:1e3`, `${epoch}:x`]) {
    expect([nonsense, told(nonsense)]).toEqual([nonsense, expect.any(String)])
  }
  database.run('DELETE FROM auth_change')
  expect(told(`${epoch}:${head}`)).toEqual([])
  expect(told(`${epoch}:${head - 1}`)).toMatch(/older than what is kept/)
})

test('positions go on after a restart', async () => {
  const ada = await joined(auth, 'ada')
  database.run("UPDATE user SET name = 'Ada' WHERE id = ?", ada.identity.userId)
  const head = auth.changes.head()
  const again = await fixture.open()
  expect(again.changes.head()).toBe(head)
})
