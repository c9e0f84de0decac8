import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { ADDRESS, AuthFixture, person, refusal } from '../auth-fixture.ts'
import type { Auth } from '../auth.ts'
import { AuthDatabase } from '../store/auth-database.ts'

let fixture: AuthFixture
let auth: Auth

beforeEach(async () => {
  fixture = await AuthFixture.create()
  // The clock stands still, so nothing is sent: the mail server is not there either.
  const mail = { url: 'smtp://127.0.0.1:1', from: 'netra@example.com' }
  auth = await fixture.open({ mail, registration: 'open' })
  await auth.register({ ...person('ada'), fromLoopback: false })
})
afterEach(() => fixture[Symbol.asyncDispose]())

/** What the store is asked and told while `work` runs, without the values. */
async function statementsOf(work: () => unknown): Promise<string[]> {
  const statements: string[] = []
  const spies = (['all', 'run', 'transaction'] as const).map((name) => {
    const real = AuthDatabase.prototype[name]
    return vi.spyOn(AuthDatabase.prototype, name).mockImplementation(function observed(
      this: AuthDatabase,
      ...args: unknown[]
    ) {
      statements.push(typeof args[0] === 'string' ? args[0] : 'transaction')
      return Reflect.apply(real, this, args)
    } as never)
  })
  await work()
  for (const spy of spies) spy.mockRestore()
  return statements
}

test('a wrong password costs the store what an unknown address costs it (S19)', async () => {
  const login = (name: string) => () =>
    refusal(() => auth.login({ ...person(name), password: 'a wrong password' }))
  const known = await statementsOf(login('ada'))
  expect(await statementsOf(login('bob'))).toEqual(known)
  expect(known.some((sql) => sql.includes('INSERT INTO audit_entry'))).toBe(true)
})

test.each(['password_reset', 'verify_email'] as const)(
  'to ask for a mail of kind %s costs the store the same for an unknown address (S19)',
  async (kind) => {
    const ask = (name: string) => () => {
      const origin = { address: ADDRESS }
      const { email } = person(name)
      if (kind === 'password_reset') auth.passwords.forgot(email, origin)
      else auth.emails.resend(email, origin)
    }
    const known = await statementsOf(ask('ada'))
    expect(await statementsOf(ask('bob'))).toEqual(known)
    expect(known.filter((sql) => sql.includes('INSERT INTO mail_outbox'))).toHaveLength(1)
  },
)

test('a registration waits for the disk as often, whether or not somebody has the address (S19)', async () => {
  const waits = async (name: string) => {
    const statements = await statementsOf(() =>
      auth.register({ ...person(name), fromLoopback: false }),
    )
    const begun = statements.indexOf('transaction')
    return {
      transactions: statements.filter((sql) => sql === 'transaction').length,
      writesBefore: statements.slice(0, begun).filter((sql) => !/^\s*SELECT/.test(sql)),
    }
  }
  expect(await waits('ada')).toEqual(await waits('bob'))
})
