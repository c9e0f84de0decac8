import { afterAll, beforeAll, expect, test } from 'vitest'

import { chanceOf, compare, type Comparison } from './support/equal-time.ts'
import { request } from './support/http.ts'
import { startMailServer, type MailServer } from './support/mail-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

const PAIRS = 40
/** By chance alone one measurement in a thousand looks like a difference; two in a row do not. */
const NO_CHANCE = 0.001
const TOO_BUSY = 'this machine is too busy to measure on'

let mail: MailServer
let netra: NetraProcess
let calls = 0

beforeAll(async () => {
  mail = await startMailServer()
  // Each request comes from an address of its own, so that no limit ends the measurement.
  const env = { NETRA_TRUSTED_PROXIES: '127.0.0.1', NETRA_REGISTRATION: 'open' }
  netra = await startNetra({ env: { ...env, SMTP_URL: mail.url } })
  await setUp(netra)
  const people = Array.from({ length: PAIRS / 2 }, (_, index) => known(index))
  for (const email of people) await post('/auth/register', { email, password: PASSWORD }, 202)
}, 120_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await mail[Symbol.asyncDispose]()
})

const known = (index: number): string => `known${index % (PAIRS / 2)}@example.com`
const unknown = (index: number): string => `other${index % (PAIRS / 2)}@example.com`

async function post(path: string, body: unknown, expected: number) {
  calls += 1
  const address = `198.${18 + (calls >> 16)}.${(calls >> 8) & 255}.${calls & 255}`
  const headers = { 'x-forwarded-for': address, connection: 'close' }
  const answer = await request(`${netra.url}${path}`, { body, headers })
  expect(answer.status).toBe(expected)
  return answer
}

/**
 * Two measurements, if both differ more than chance explains; otherwise none. One so noisy that it
 * would not see a request that takes twice as long says nothing and is made again; undefined when all
 * of them are. That the work is equal is shown without a clock by `equal-work.test.ts`.
 */
async function differInTime(
  first: (index: number) => Promise<unknown>,
  second: (index: number) => Promise<unknown>,
): Promise<Comparison[] | undefined> {
  const differing: Comparison[] = []
  for (let round = 0; round < 4; round++) {
    const found = await compare(PAIRS, first, second)
    const doubled = found.differences.map((difference) => difference + found.medians[1])
    if (chanceOf(doubled) >= NO_CHANCE) continue
    if (found.chance >= NO_CHANCE) return []
    differing.push(found)
    if (differing.length === 2) return differing
  }
  return undefined
}

/** What a stranger sees of an answer. */
function seen({ status, body, headers }: Awaited<ReturnType<typeof post>>) {
  const { trace_id: _, timestamp: __, request_id: ___, ...rest } = body
  const names = [...headers.keys()].filter((name) => name !== 'date').toSorted()
  return { status, body: rest, names, length: headers.get('content-length') }
}

async function expectEqualAnswers(
  path: string,
  expected: number,
  bodies: unknown[],
): Promise<void> {
  const answers = []
  for (const body of bodies) answers.push(seen(await post(path, body, expected)))
  for (const answer of answers) expect(answer).toEqual(answers[0])
}

test(
  'a login with a wrong password answers as one of nobody, in equal time (S19)',
  { timeout: 180_000 },
  async (context) => {
    const password = 'a wrong password'
    const login = (email: string) => post('/auth/login', { email, password }, 401)
    await expectEqualAnswers('/auth/login', 401, [
      { email: known(1), password },
      { email: unknown(1), password },
      { email: 'root@example.com', password },
    ])
    const differing = await differInTime(
      (index) => login(known(index)),
      (index) => login(unknown(index)),
    )
    context.skip(differing === undefined, TOO_BUSY)
    expect(differing).toEqual([])
  },
)

test(
  'a forgotten password is asked for alike whether or not anybody has the address (S19)',
  { timeout: 180_000 },
  async (context) => {
    await expectEqualAnswers('/auth/password/forgot', 202, [
      { email: known(0) },
      { email: unknown(0) },
      { email: 'nobody@elsewhere.example' },
    ])
    const forgot = (email: string) => post('/auth/password/forgot', { email }, 202)
    const differing = await differInTime(
      (index) => forgot(known(index)),
      (index) => forgot(unknown(index)),
    )
    context.skip(differing === undefined, TOO_BUSY)
    expect(differing).toEqual([])
  },
)

test(
  'a confirmation is asked for again alike whether or not anybody has the address (S19)',
  { timeout: 180_000 },
  async (context) => {
    await expectEqualAnswers('/auth/email/resend', 202, [
      { email: known(0) },
      { email: unknown(0) },
    ])
    const resend = (email: string) => post('/auth/email/resend', { email }, 202)
    const differing = await differInTime(
      (index) => resend(known(index)),
      (index) => resend(unknown(index)),
    )
    context.skip(differing === undefined, TOO_BUSY)
    expect(differing).toEqual([])
  },
)

test(
  'a registration answers alike whether or not somebody has the address, in equal time (S19)',
  { timeout: 180_000 },
  async (context) => {
    let fresh = 0
    const register = (email: string) => post('/auth/register', { email, password: PASSWORD }, 202)
    await expectEqualAnswers('/auth/register', 202, [
      { email: known(0), password: PASSWORD },
      { email: 'somebody@example.com', password: PASSWORD },
    ])
    const differing = await differInTime(
      (index) => register(known(index)),
      () => register(`fresh${++fresh}@example.com`),
    )
    context.skip(differing === undefined, TOO_BUSY)
    expect(differing).toEqual([])
  },
)
