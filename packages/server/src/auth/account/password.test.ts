import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  administrator,
  AuthFixture,
  here,
  joined,
  PASSWORD,
  person,
  refusal,
} from '../auth-fixture.ts'
import type { Auth, SignedIn } from '../auth.ts'
import { totpCode } from './totp.ts'

let fixture: AuthFixture
let auth: Auth
let ada: SignedIn

beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
  await administrator(auth)
  ada = await joined(auth, 'ada')
})
afterEach(() => fixture[Symbol.asyncDispose]())

const tokenOf = ({ url }: { url: string }): string => url.split('#token=')[1] ?? ''
const reset = (token: string, password = 'chosen by link') =>
  auth.passwords.reset({ token, password, ...here })

test('a login whose password is changed while it is checked begins no session', async () => {
  const { userId } = ada.identity
  for (let round = 0; round < 5; round++) {
    const old = round === 0 ? PASSWORD : `chosen by link ${round - 1}`
    const token = tokenOf(auth.links.create(userId, 'password_reset'))
    const resetting = reset(token, `chosen by link ${round}`)
    const logins = Array.from({ length: 6 }, () =>
      auth.login({ ...person('ada'), password: old }).then(
        ({ identity }) => identity,
        () => undefined,
      ),
    )
    await resetting
    // Those that were quicker have ended; those that were slower have begun nothing.
    const begun = (await Promise.all(logins)).filter((identity) => identity !== undefined)
    expect(begun.filter((identity) => auth.sessionState(identity).live)).toEqual([])
  }
})

test('a second factor whose password is changed meanwhile completes nothing', async () => {
  const { userId } = ada.identity
  const { secret } = await auth.twoFactor.setup(userId, { password: PASSWORD, ...here })
  const code = totpCode(secret, fixture.clock.now())
  const [recovery = ''] = await auth.twoFactor.enable(userId, { code, ...here })
  const error: unknown = await auth.login(person('ada')).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'two_factor_required', details: { expires_in: 300 } })
  const { challenge } = (error as { details: { challenge: string } }).details
  await reset(tokenOf(auth.links.create(userId, 'password_reset')))
  const answer = () => auth.answerChallenge({ challenge, code: recovery, ...here })
  expect(await refusal(answer)).toBe('challenge_ended')
})

test('links expire: 72 hours handed over, 24 and 1 by e-mail', async () => {
  const { userId } = ada.identity
  const hour = 3600_000
  const cases = [
    { purpose: 'password_reset', way: 'handed_over', hours: 72 },
    { purpose: 'verify_email', way: 'handed_over', hours: 72 },
    { purpose: 'password_reset', way: 'mailed', hours: 1 },
    { purpose: 'verify_email', way: 'mailed', hours: 24 },
  ] as const
  for (const { purpose, way, hours } of cases) {
    const token = tokenOf(auth.links.create(userId, purpose, way))
    fixture.clock.jump(hours * hour - 1)
    expect(auth.links.ownerOf(token, purpose)).toBe(userId)
    fixture.clock.jump(1)
    expect(auth.links.ownerOf(token, purpose)).toBeUndefined()
    expect(auth.links.redeem(token, purpose)).toBeUndefined()
  }
})

test('a link is of no use to a disabled user, and is gone with the user', async () => {
  const { userId } = ada.identity
  const token = tokenOf(auth.links.create(userId, 'password_reset'))
  const admin = await auth.login(person('root'))
  const by = { identity: admin.identity, address: here.address }
  auth.userAdmin.change(by, userId, { disabled: true })
  expect(await refusal(() => reset(token))).toBe('link_invalid')
  auth.userAdmin.change(by, userId, { disabled: false })
  await reset(token)
  await auth.login({ ...person('ada'), password: 'chosen by link' })
  expect(await refusal(() => auth.links.create('nobody', 'password_reset'))).toBe('not_found')
})

test('a challenge ends after five minutes', async () => {
  const { userId } = ada.identity
  const { secret } = await auth.twoFactor.setup(userId, { password: PASSWORD, ...here })
  const enabling = { code: totpCode(secret, fixture.clock.now()), ...here }
  await auth.twoFactor.enable(userId, enabling)
  for (const [afterMs, outcome] of [
    [299_000, 'in'],
    [300_000, 'challenge_ended'],
  ] as const) {
    const { challenge } = auth.twoFactor.challenge(userId)
    fixture.clock.jump(afterMs)
    const code = totpCode(secret, fixture.clock.now())
    const answered = auth.answerChallenge({ challenge, code, ...here }).then(
      () => 'in',
      (error: { code: string }) => error.code,
    )
    expect(await answered).toBe(outcome)
  }
})
