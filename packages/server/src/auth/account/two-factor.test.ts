import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { AuthFixture, here, joined, PASSWORD } from '../auth-fixture.ts'
import { totpCode } from './totp.ts'

test('without the key that sealed it a second factor opens nothing, and says what to restore', async () => {
  await using fixture = await AuthFixture.create()
  const before = await fixture.open()
  const { userId } = (await joined(before, 'ada')).identity
  const { secret } = await before.twoFactor.setup(userId, { password: PASSWORD, ...here })
  const code = totpCode(secret, fixture.clock.now())
  await before.twoFactor.enable(userId, { code, ...here })
  await before[Symbol.asyncDispose]()
  await rm(join(fixture.folder, 'keys', 'two-factor-key'))

  const after = await fixture.open()
  const { challenge } = after.twoFactor.challenge(userId)
  const answer = { challenge, code: totpCode(secret, fixture.clock.now() + 30_000), ...here }
  await expect(after.answerChallenge(answer)).rejects.toThrow(/two-factor-key .* Restore it/)
  expect(after.twoFactor.remove(userId)).toBe(true)
  expect(after.twoFactor.isEnabled(userId)).toBe(false)
})
