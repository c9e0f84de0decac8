import { readdir, readFile } from 'node:fs/promises'

import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  startHostileProvider,
  type HostileProvider,
} from '../../../../../tests/support/hostile-provider.ts'
import { ADDRESS, AuthFixture, refusal } from '../auth-fixture.ts'
import type { Auth } from '../auth.ts'

const MINUTE = 60_000
const LONG = '123456789012345678901'

let fixture: AuthFixture
let issuer: HostileProvider
beforeEach(async () => {
  fixture = await AuthFixture.create()
  issuer = await startHostileProvider()
  issuer.person = { sub: LONG, email: 'ada@example.com', email_verified: true, name: 'Ada' }
})
afterEach(async () => {
  await fixture[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

const withGoogle = () =>
  fixture.open({
    shared: true,
    providers: [{ id: 'google', name: 'Google', issuer: issuer.issuer, clientId: 'netra' }],
  })

const cookieOf = (setCookies: readonly string[]): string =>
  setCookies.map((line) => line.split(';')[0]).join('; ')

/** As far as the provider's answer. */
async function begin(auth: Auth, invitation?: string) {
  const { to, setCookies } = await auth.oauth.begin('google', {
    address: ADDRESS,
    cookie: undefined,
    redirectUri: 'http://localhost:8000/auth/callback/google',
    returnTo: '/t/1',
    invitation,
  })
  const answer = await fetch(to, { redirect: 'manual' })
  const back = new URL(answer.headers.get('location') ?? '')
  return { answer: back.searchParams, cookie: cookieOf(setCookies) }
}

const finish = (auth: Auth, { answer, cookie }: Awaited<ReturnType<typeof begin>>) =>
  auth.oauth.finish('google', answer, { address: ADDRESS, cookie, fromLoopback: true })

test('a sign-in that one process began another ends, for the same person', async () => {
  const [one, two] = [await withGoogle(), await withGoogle()]
  const onward = await finish(two, await begin(one))
  expect(onward.to).toBe('/t/1')
  const known = await one.authenticate({ cookie: cookieOf(onward.setCookies) })
  expect(known).toMatchObject({ ok: true, identity: { email: 'ada@example.com', role: 'user' } })
  if (!known.ok) return
  expect(one.oauth.linkedTo(known.identity.userId)).toMatchObject([
    { id: 'google', name: 'Google' },
  ])
  expect(two.oauth.list()).toEqual([{ id: 'google', name: 'Google' }])
  const again = await finish(one, await begin(two))
  expect(await two.authenticate({ cookie: cookieOf(again.setCookies) })).toMatchObject({
    identity: { userId: known.identity.userId },
  })
})

test('a state counts in one process only once for all of them', async () => {
  const [one, two] = [await withGoogle(), await withGoogle()]
  const flow = await begin(one)
  await finish(two, flow)
  expect(await refusal(() => finish(one, flow))).toBe('state_invalid')
})

test('a sign-in ends within ten minutes or not at all', async () => {
  const auth = await withGoogle()
  const [early, late] = [await begin(auth), await begin(auth)]
  fixture.clock.jump(9 * MINUTE)
  await finish(auth, early)
  fixture.clock.jump(MINUTE)
  expect(await refusal(() => finish(auth, late))).toBe('state_invalid')
})

test('what a sign-in is proved by is not in the store while it is under way', async () => {
  const auth = await withGoogle()
  const invitation = 'an invitation that must not be read from the disk of a process'
  const flow = await begin(auth, invitation)
  const files = (await readdir(fixture.folder)).filter((name) => name.includes('.db'))
  const all = await Promise.all(
    files.map((name) => readFile(`${fixture.folder}/${name}`, 'latin1')),
  )
  await finish(auth, flow)
  const verifier = issuer.tokenRequests[0]?.get('code_verifier') ?? 'none'
  for (const secret of [
    verifier,
    flow.answer.get('state') ?? '',
    flow.cookie.split('=')[1] ?? '',
  ]) {
    expect(secret.length).toBeGreaterThan(40)
    expect(all.some((text) => text.includes(secret))).toBe(false)
  }
})
