import { afterEach, beforeEach, expect, test } from 'vitest'

import { AuthFixture, person, refusal } from '../auth-fixture.ts'
import type { Auth } from '../auth.ts'

let fixture: AuthFixture
let auth: Auth

beforeEach(async () => {
  fixture = await AuthFixture.create()
  const mail = { url: 'smtp://127.0.0.1:1', from: 'netra@example.com' }
  auth = await fixture.open({ mail, registration: 'open' })
})
afterEach(() => fixture[Symbol.asyncDispose]())

test('one network causes sixty mails at once and then one in ten seconds, to whomever', async () => {
  const ask = (count: number, address: string) =>
    refusal(() => {
      for (let index = 0; index < count; index++) {
        auth.passwords.forgot(`p${index}@example.com`, { address })
      }
      throw Object.assign(new Error('all were heard'), { code: 'heard' })
    })
  expect(await ask(60, '203.0.113.7')).toBe('heard')
  expect(await ask(1, '203.0.113.7')).toBe('rate_limited')
  const register = { ...person('ada'), address: '203.0.113.7', fromLoopback: false }
  expect(await refusal(() => auth.register(register))).toBe('rate_limited')
  expect(await ask(1, '203.0.113.8')).toBe('heard')
  fixture.clock.jump(10_000)
  expect(await ask(1, '203.0.113.7')).toBe('heard')
})
