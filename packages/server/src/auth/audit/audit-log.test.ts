import { afterEach, beforeEach, expect, test } from 'vitest'

import { ADDRESS, AuthFixture, joined, person, refusal } from '../auth-fixture.ts'
import type { Auth } from '../auth.ts'
import { AuthDatabase } from '../store/auth-database.ts'
import { exportAudit } from './audit-export.ts'

let fixture: AuthFixture
let auth: Auth
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

const record = (action: string, details = {}) =>
  auth.audit.record({
    actor: { kind: 'user', id: 'ada' },
    action,
    userId: 'ada',
    address: ADDRESS,
    details,
  })

/** What somebody does who has the file and takes the triggers away. */
function tamper(...statements: string[]): void {
  const database = new AuthDatabase(fixture.folder)
  for (const name of ['audit_entry_stays', 'audit_entry_is_fixed', 'audit_address_is_fixed']) {
    database.exec(`DROP TRIGGER ${name}`)
  }
  for (const statement of statements) database.exec(statement)
  database.close()
}

test('entries can be neither changed nor removed', () => {
  record('role.changed')
  const database = new AuthDatabase(fixture.folder)
  for (const statement of [
    "UPDATE audit_entry SET action = 'nothing'",
    'DELETE FROM audit_entry',
    "UPDATE audit_address SET address = '8.8.8.8'",
  ]) {
    expect(() => database.exec(statement)).toThrow('append-only')
  }
  database.close()
})

test('a log as it was written verifies, across processes that write at once', async () => {
  const other = await fixture.open()
  for (let n = 0; n < 600; n++) {
    record(`thing.${n}`)
    other.audit.record({ actor: { kind: 'operator' }, action: `other.${n}` })
  }
  expect(await auth.audit.verify()).toEqual({
    intact: true,
    entries: 1200,
    head: auth.audit.list({ limit: 1 })[0]?.hash,
  })
})

test.each([
  ["UPDATE audit_entry SET action = 'x' WHERE position = 3", 3, 'changed'],
  ["UPDATE audit_entry SET user_id = 'eve' WHERE position = 3", 3, 'changed'],
  ['DELETE FROM audit_entry WHERE position = 2', 2, 'missing'],
  ['DELETE FROM audit_entry WHERE position = 5', 5, 'missing'],
  ['DELETE FROM audit_entry', 1, 'missing'],
  ["UPDATE audit_address SET address = '8.8.8.8' WHERE position = 4", 4, 'address'],
])('after `%s` verification names entry %i', async (statement, position, problem) => {
  for (let n = 0; n < 5; n++) record(`thing.${n}`)
  tamper(statement)
  const broken = { intact: false, position, problem: expect.stringContaining(problem) }
  expect(await auth.audit.verify()).toMatchObject(broken)
  record('thing.later')
  expect(await auth.audit.verify()).toMatchObject(broken)
})

test('an entry that was not written keeps no position: what fails whole leaves no hole', async () => {
  record('one')
  expect(() => record('two', { big: 1n })).toThrow(TypeError)
  record('three')
  expect(await auth.audit.verify()).toMatchObject({ intact: true, entries: 2 })
})

test('pages go back in time, of everybody or of one, of all kinds or of one', () => {
  for (let n = 0; n < 5; n++) record(`thing.${n}`)
  auth.audit.record({ actor: { kind: 'user', id: 'root' }, action: 'role.changed', userId: 'ada' })
  auth.audit.record({ actor: { kind: 'user', id: 'root' }, action: 'role.changed', userId: 'bob' })
  const positions = (page: Parameters<typeof auth.audit.list>[0]) =>
    auth.audit.list(page).map(({ position }) => position)
  expect(positions({ limit: 3 })).toEqual([7, 6, 5])
  expect(positions({ limit: 3, before: 5 })).toEqual([4, 3, 2])
  expect(positions({ limit: 2, userId: 'ada' })).toEqual([6, 5])
  expect(positions({ limit: 9, userId: 'root' })).toEqual([7, 6])
  expect(positions({ limit: 9, userId: 'bob' })).toEqual([7])
  expect(positions({ limit: 9, kind: 'role' })).toEqual([7, 6])
  expect(positions({ limit: 1, before: 5, kind: 'thing' })).toEqual([4])
  expect(positions({ limit: 9, userId: 'bob', kind: 'thing' })).toEqual([])
})

async function exported(format: 'jsonl' | 'csv'): Promise<string> {
  const pieces = await Array.fromAsync(
    exportAudit(
      auth.audit,
      (id) => `=${id}@x`,
      format,
      () => 'now',
    ),
  )
  return pieces.join('')
}

test('exports end with whether the log is as it was written', async () => {
  for (let n = 0; n < 3; n++) record(`thing.${n}`)
  const lines = (await exported('jsonl')).trim().split('\n')
  expect(lines).toHaveLength(4)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    position: 1,
    at: expect.any(String),
    actor: { kind: 'user', id: 'ada' },
    action: 'thing.0',
    outcome: 'ok',
    actor_email: '=ada@x',
    user_id: 'ada',
    user_email: '=ada@x',
    address: ADDRESS,
    details: {},
    address_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(JSON.parse(lines[3] ?? '')).toMatchObject({
    action: 'audit.verified',
    outcome: 'ok',
    details: { entries: 3 },
  })
  tamper("UPDATE audit_entry SET action = 'x' WHERE position = 2")
  const broken = (await exported('jsonl')).trim().split('\n')
  expect(JSON.parse(broken.at(-1) ?? '')).toMatchObject({
    action: 'audit.verified',
    outcome: 'refused',
    details: { position: 2 },
  })
})

test('no cell of the CSV is a formula, and quotes and line ends stay inside theirs', async () => {
  const evil = '=HYPERLINK("http://evil")'
  auth.audit.record({ actor: { kind: 'user', id: evil }, action: '+1', userId: '@sum\r\nx,y' })
  const [head, line] = (await exported('csv')).split('\r\n')
  expect(head).toBe(
    'position,at,actor_kind,actor_id,actor_email,action,outcome,user_id,user_email,address,details,address_hash,hash',
  )
  expect(line).toContain(
    `,"'=HYPERLINK(""http://evil"")","'==HYPERLINK(""http://evil"")@x",'+1,ok,"'@sum`,
  )
  expect(await exported('csv')).not.toMatch(/(^|,)"?[=+@\t]/m)
})

test('who signs in, fails to and signs out is written down, without address or password', async () => {
  const ada = await joined(auth, 'ada')
  await refusal(() => auth.login({ ...person('ada'), password: 'a wrong one' }))
  await refusal(() => auth.login({ ...person('nobody'), password: 'a wrong one' }))
  auth.logout(ada.identity, { address: ADDRESS })
  const entries = auth.audit.list({ limit: 10 }).toReversed()
  const { userId } = ada.identity
  expect(entries.map((entry) => [entry.action, entry.outcome, entry.userId])).toEqual([
    ['user.created', 'ok', userId],
    ['session.began', 'ok', userId],
    ['session.refused', 'refused', userId],
    ['session.refused', 'refused', undefined],
    ['session.ended', 'ok', userId],
  ])
  expect(JSON.stringify(entries)).not.toMatch(/example\.com|wrong/)
})

test('of a removed user the entries keep ids alone, and the log verifies still', async () => {
  const ada = await joined(auth, 'ada')
  await refusal(() => auth.login({ ...person('ada'), password: 'a wrong one' }))
  auth.removal.removeSelf(ada.identity, ADDRESS)
  const entries = auth.audit.list({ limit: 10, userId: ada.identity.userId })
  expect(entries.map(({ action }) => action)).toContain('user.removed')
  expect(entries.map(({ address }) => address)).toEqual(entries.map(() => undefined))
  expect(await auth.audit.verify()).toMatchObject({ intact: true })
})
