import { hashPassword, verifyPassword } from 'better-auth/crypto'
import { expect, test } from 'vitest'

import { PasswordHashes } from './password-hashes.ts'

const hashes = new PasswordHashes()

test('hashes are those of Better Auth, both ways', async () => {
  const password = 'a ﬁne påssword'
  expect(await verifyPassword({ hash: await hashes.hash(password), password })).toBe(true)
  expect(await hashes.matches(await hashPassword(password), password)).toBe(true)
  expect(await hashes.matches(await hashPassword(password), 'another one')).toBe(false)
})

test('one check tells which of two hashes of one salt a password has', async () => {
  const owners = await hashes.hash('of the owner')
  const claimed = await hashes.hash('of whoever registers', owners)
  expect(await hashes.matching([owners, claimed], 'of the owner')).toEqual([true, false])
  expect(await hashes.matching([owners, claimed], 'of whoever registers')).toEqual([false, true])
  expect(await hashes.matching([null, claimed], 'of whoever registers')).toEqual([false, true])
  expect(await hashes.matching([null, undefined], 'of the owner')).toEqual([false, false])
  expect(await hashes.matches('not a hash', 'of the owner')).toBe(false)
})
