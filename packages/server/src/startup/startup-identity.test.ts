import { expect, test } from 'vitest'

import type { Identities } from '../identity/identity.ts'
import { systemClock } from '../platform/clock.ts'
import { StartupIdentity } from './startup-identity.ts'

const nobody: Identities = {
  authenticate: async () => ({ ok: false, why: 'invalid' }),
  issueTicket: () => Promise.reject(new Error('not here')),
  redeemTicket: async () => ({ ok: false, why: 'invalid' }),
  sessionState: () => ({ live: false, why: 'revoked' }),
  entrance: () => Promise.reject(new Error('not here')),
  onSessionEnded: () => () => undefined,
}

test('its proof lets it in while the checks last, and nobody once they are over', async () => {
  const own = new StartupIdentity(systemClock)
  const identities = own.among(nobody)
  const proof = { authorization: `Bearer ${own.token}` }
  const answer = await identities.authenticate(proof)
  if (!answer.ok) throw new Error(answer.why)
  expect(answer.identity).toMatchObject({ userId: own.userId, role: 'user' })
  expect(await identities.sessionState(answer.identity)).toMatchObject({ live: true })
  own.end()
  expect(await identities.authenticate(proof)).toEqual({ ok: false, why: 'invalid' })
  expect(own.isOwn(proof.authorization)).toBe(false)
  // A socket that it still had open could ask for nothing more.
  expect(await identities.sessionState(answer.identity)).toMatchObject({ live: false })
})

test('no other proof is its own, and no two processes have the same', async () => {
  const own = new StartupIdentity(systemClock)
  const other = new StartupIdentity(systemClock)
  expect([own.userId, own.token]).not.toEqual([other.userId, other.token])
  const tries = [
    other.token,
    own.token.slice(0, -1),
    `${own.token}A`,
    own.token.toLowerCase(),
    own.userId,
    '',
  ]
  for (const token of tries) {
    const answer = await own.among(nobody).authenticate({ authorization: `Bearer ${token}` })
    expect([token, answer]).toEqual([token, { ok: false, why: 'invalid' }])
  }
  const byCookie = await own.among(nobody).authenticate({ cookie: own.token })
  expect(byCookie.ok).toBe(false)
})
