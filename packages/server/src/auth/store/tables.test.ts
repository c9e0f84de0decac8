import { createHash } from 'node:crypto'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { AuthFixture, joined } from '../auth-fixture.ts'
import { AuthDatabase } from './auth-database.ts'
import { SCHEMA_VERSION } from './tables.ts'

let fixture: AuthFixture
beforeEach(async () => {
  fixture = await AuthFixture.create()
})
afterEach(() => fixture[Symbol.asyncDispose]())

/**
 * When this fails, the tables of a new store have changed, for instance with Better Auth. Add one to
 * SCHEMA_VERSION, so that existing stores are updated at their next start, then note the new hash.
 */
test('the tables of a new store are those of its schema version', async () => {
  await fixture.open()
  const database = new AuthDatabase(fixture.folder)
  const tables = database.all<{ sql: string }>(
    'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name',
  )
  database.close()
  const hash = createHash('sha256')
    .update(tables.map(({ sql }) => sql).join('\n'))
    .digest('hex')
  expect([SCHEMA_VERSION, hash.slice(0, 16)]).toEqual([2, '8e8892e2a103e702'])
})

test('five processes may open a new store at once', async () => {
  const auths = await Promise.all(Array.from({ length: 5 }, () => fixture.open()))
  const ada = await joined(auths[0]!, 'ada')
  for (const auth of auths) {
    const authorization = `Bearer ${ada.answer.access_token}`
    expect(await auth.authenticate({ authorization })).toMatchObject({ ok: true })
  }
})

test('a store of a newer Netra is refused with a sentence that says what to do', async () => {
  await (await fixture.open())[Symbol.asyncDispose]()
  const database = new AuthDatabase(fixture.folder)
  database.exec('PRAGMA user_version = 99')
  database.close()
  await expect(fixture.open()).rejects.toThrow(/newer Netra .* Start that one/)
})
