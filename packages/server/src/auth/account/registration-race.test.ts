import { afterEach, beforeEach, expect, test } from 'vitest'

import { administrator, AuthFixture, person, refusal } from '../auth-fixture.ts'
import type { Auth, SignedIn } from '../auth.ts'

let fixture: AuthFixture
let auth: Auth
let root: SignedIn

beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open({ registration: 'open' })
  root = await administrator(auth)
})
afterEach(() => fixture[Symbol.asyncDispose]())

/** A registration whose password is being hashed when `meanwhile` happens. */
async function overtaken(invitation: string | undefined, meanwhile: () => void) {
  const request = { ...person('ada'), invitation, fromLoopback: false }
  const registering = refusal(() => auth.register(request))
  await new Promise((resolve) => setImmediate(resolve))
  meanwhile()
  return registering
}
const isThere = () => auth.userAdmin.findByEmail('operator', person('ada').email) !== undefined

test('who registers while registration is closed gets no account', async () => {
  const why = await overtaken(undefined, () => auth.rules.choose({ policy: 'closed', domains: [] }))
  expect([why, isThere()]).toEqual(['registration_closed', false])
})

test('an invitation withdrawn while somebody registers with it lets nobody in', async () => {
  auth.rules.choose({ policy: 'invitation', domains: [] })
  const { id, token } = auth.createInvitation(root.identity)
  const why = await overtaken(token, () => auth.revokeInvitation(root.identity, id))
  expect([why, isThere()]).toEqual(['invitation_invalid', false])
})
