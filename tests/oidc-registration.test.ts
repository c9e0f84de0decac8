import { expect, test } from 'vitest'

import { HttpBrowser } from './support/http-browser.ts'
import { OidcWorld } from './support/oidc-world.ts'
import { PASSWORD } from './support/people.ts'

test('who has no account needs an invitation where registering does, and brings it along', async () => {
  await using world = await OidcWorld.open({ NETRA_REGISTRATION: 'invitation' })
  const root = new HttpBrowser()
  const body = { token: world.netra.setupToken, email: 'root@example.com', password: PASSWORD }
  expect((await root.ask(`${world.netra.url}/auth/setup`, { body })).status).toBe(201)
  const [ada, bob] = [world.known(), world.known()]
  expect((await world.signIn(ada)).error).toBe('registration_refused')
  const made = await root.ask<{ url: string }>(`${world.netra.url}/auth/admin/invitations`, {
    body: {},
  })
  const query = `&invitation=${made.body.url.split('#invitation=')[1]}`
  expect((await world.signIn(ada, { query })).error).toBeNull()
  expect((await world.signIn(ada)).error).toBeNull()
  expect((await world.signIn(bob, { query })).error).toBe('registration_refused')
})

test.each([
  ['domain', 'example.com', true, null],
  ['domain', 'other.example', true, 'registration_refused'],
  ['domain', 'example.com', false, 'email_not_verified'],
  ['closed', '', true, 'registration_refused'],
])(
  'the policy %s (%s), with a confirmed address: %j, says %j',
  async (policy, domains, email_verified, error) => {
    await using world = await OidcWorld.open({
      NETRA_REGISTRATION: policy,
      ...(domains !== '' && { NETRA_REGISTRATION_DOMAINS: domains }),
    })
    expect((await world.signIn(world.known(undefined, { email_verified }))).error).toBe(error)
  },
)
