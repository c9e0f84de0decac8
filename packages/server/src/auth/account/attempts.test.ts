import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { TestClock } from '../../platform/testing-clock.ts'
import { AuthFixture, joined, person, refusal } from '../auth-fixture.ts'
import { Attempts, DEFAULT_LIMITS, networkOf } from './attempts.ts'

const MINUTE = 60_000
const ada = { address: '192.0.2.1', account: 'ada@example.com' }
const wrong = () => Promise.reject(new Error('wrong'))
const right = () => Promise.resolve('in')

describe('attempts', () => {
  let clock: TestClock
  let attempts: Attempts
  beforeEach(() => {
    clock = new TestClock()
    attempts = new Attempts(DEFAULT_LIMITS, clock)
  })

  const attempt = (
    who: { address: string; account?: string },
    work: () => Promise<string> = wrong,
  ) =>
    attempts
      .run(who, work, (error) => error instanceof Error && error.message === 'wrong')
      .catch((error: { code?: string; message: string }) => error.code ?? error.message)

  const fail = async (times: number, who: { address: string; account?: string }): Promise<void> => {
    for (let count = 0; count < times; count++) expect(await attempt(who)).toBe('wrong')
  }

  test('ten failures of one account from one address, then a wait that is told (S16)', async () => {
    await fail(10, ada)
    expect(await attempt(ada, right)).toBe('rate_limited')
    expect(await attempt({ ...ada, address: '192.0.2.2' }, right)).toBe('in')
    expect(await attempt({ ...ada, account: 'bob@example.com' }, right)).toBe('in')
    clock.jump(5 * MINUTE)
    const refused = await attempts.run(ada, right, () => true).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfterMs: 10 * MINUTE })
    clock.jump(10 * MINUTE)
    expect(await attempt(ada, right)).toBe('in')
  })

  test('what is refused by the limit, and what succeeds, does not count', async () => {
    for (let count = 0; count < 200; count++) expect(await attempt(ada, right)).toBe('in')
    await fail(10, ada)
    clock.jump(14 * MINUTE)
    for (let count = 0; count < 50; count++) expect(await attempt(ada)).toBe('rate_limited')
    clock.jump(MINUTE)
    await fail(10, ada)
  })

  test('a hundred failures from one address, over any accounts (S16)', async () => {
    for (let count = 0; count < 100; count++)
      await fail(1, { ...ada, account: `${count}@example.com` })
    expect(await attempt({ ...ada, account: 'new@example.com' }, right)).toBe('rate_limited')
    expect(await attempt({ address: '192.0.2.1' }, right)).toBe('rate_limited')
    expect(await attempt({ ...ada, address: '192.0.2.2' }, right)).toBe('in')
  })

  test('a hundred failures of one account, from any addresses', async () => {
    for (let count = 0; count < 100; count++) await fail(1, { ...ada, address: `10.0.0.${count}` })
    expect(await attempt({ ...ada, address: '192.0.2.9' }, right)).toBe('rate_limited')
  })

  test('of many guesses sent at once no more than the limit is tried', async () => {
    let tried = 0
    const guess = async () => {
      tried += 1
      await Promise.resolve()
      throw new Error('wrong')
    }
    const outcomes = await Promise.all(Array.from({ length: 500 }, () => attempt(ada, guess)))
    expect(tried).toBe(10)
    expect(outcomes.filter((outcome) => outcome === 'rate_limited')).toHaveLength(490)
  })

  test('any number of right ones at once pass', async () => {
    const outcomes = await Promise.all(Array.from({ length: 500 }, () => attempt(ada, right)))
    expect(outcomes.filter((outcome) => outcome === 'in')).toHaveLength(500)
  })

  test('memory stays bounded over any number of addresses', async () => {
    for (let count = 0; count < 30_000; count++) await attempt({ address: `a${count}` })
    expect(attempts.size).toBeLessThanOrEqual(20_000)
    expect(await attempt({ address: 'a29999' }, right)).toBe('in')
  })
})

test('the addresses of one IPv6 network count as one', () => {
  expect(networkOf('2001:db8:1:2:aaaa::1')).toBe(networkOf('2001:DB8:1:2::ffff'))
  expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'))
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(networkOf('::1')).toBe('0:0:0:0')
})

describe('login', () => {
  let fixture: AuthFixture
  beforeEach(async () => {
    fixture = await AuthFixture.create()
  })
  afterEach(() => fixture[Symbol.asyncDispose]())

  test('is refused after too many wrong passwords, known account or not, until the window is over', async () => {
    const auth = await fixture.open({ limits: { perAccountAndAddress: 3 } })
    await joined(auth, 'ada')
    for (const name of ['ada', 'nobody']) {
      const guess = () => auth.login({ ...person(name), password: 'wrong password' })
      const codes = [
        await refusal(guess),
        await refusal(guess),
        await refusal(guess),
        await refusal(guess),
      ]
      expect(codes).toEqual([...Array<string>(3).fill('invalid_credentials'), 'rate_limited'])
    }
    expect(await refusal(() => auth.login(person('ada')))).toBe('rate_limited')
    fixture.clock.jump(15 * MINUTE)
    await auth.login(person('ada'))
  })

  test('of ten people registering from one address counts as no failure', async () => {
    const auth = await fixture.open({ limits: { perAddress: 3 } })
    for (let count = 0; count < 10; count++) await joined(auth, `p${count}`)
    const again = () => joined(auth, 'p0')
    for (let count = 0; count < 3; count++) expect(await refusal(again)).toBe('email_taken')
    expect(await refusal(again)).toBe('rate_limited')
  })
})
