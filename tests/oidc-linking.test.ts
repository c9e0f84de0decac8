import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { OidcWorld } from './support/oidc-world.ts'

let world: OidcWorld

beforeAll(async () => {
  world = await OidcWorld.open()
}, 60_000)

afterAll(() => world[Symbol.asyncDispose]())

describe('an account with a password', () => {
  test('is not taken over by an address that was never confirmed here', async () => {
    const sub = world.known()
    const owner = await world.withPassword(`${sub}@example.com`, { confirmed: false })
    const { browser, error, url } = await world.signIn(sub)
    expect([url.pathname, error]).toEqual(['/sign-in', 'account_exists'])
    expect((await world.me(browser)).status).toBe(403)
    expect((await world.me(owner)).body).toMatchObject({ providers: [] })
  })

  test.each([[false], [undefined], ['true']])(
    'is not taken over by an address that the provider calls %j',
    async (email_verified) => {
      const sub = world.known(undefined, { email_verified })
      await world.withPassword(`${sub}@example.com`, { confirmed: true })
      const { browser, error } = await world.signIn(sub)
      expect(error).toBe('email_not_verified')
      expect((await world.me(browser)).status).toBe(403)
    },
  )

  test('is linked when both sides have confirmed the address', async () => {
    const sub = world.known(undefined, { email: 'Both.Sides@Example.com' })
    const owner = await world.withPassword('both.sides@example.com', { confirmed: true })
    const { browser } = await world.signIn(sub)
    const { body } = await world.me(browser)
    expect(body).toMatchObject({ has_password: true, providers: [{ id: 'oidc' }] })
    expect((await world.me(owner)).body['id']).toBe(body['id'])
  })

  test('with a second factor is not opened by an address', async () => {
    const sub = world.known()
    const owner = await world.withPassword(`${sub}@example.com`, { confirmed: true })
    const { body } = await world.me(owner)
    world.inStore(
      'INSERT INTO two_factor (user_id, secret, enabled_at) VALUES (?, ?, 1)',
      String(body['id']),
      'x',
    )
    expect((await world.signIn(sub)).error).toBe('account_exists')
  })

  test('is linked by its owner in the settings, whatever the addresses, and unlinked', async () => {
    const sub = world.known(undefined, { email_verified: false })
    const owner = await world.withPassword(`owner-of-${sub}@example.com`, { confirmed: false })
    expect((await world.linkTo(owner, sub)).pathname).toBe('/settings/account')
    const { body } = await world.me(owner)
    expect(body).toMatchObject({ providers: [{ id: 'oidc', name: 'Example ID' }] })
    const { browser } = await world.signIn(sub)
    expect((await world.me(browser)).body).toMatchObject({ id: body['id'] })

    const path = `${world.netra.url}/auth/providers/oidc`
    expect((await owner.ask(path, { method: 'DELETE' })).status).toBe(204)
    expect((await owner.ask(path, { method: 'DELETE' })).status).toBe(404)
    // What was begun through it ends with it.
    expect((await world.me(browser)).status).toBe(401)
    expect((await world.me(owner)).body).toMatchObject({ providers: [] })
    expect((await world.signIn(sub)).error).toBe('email_not_verified')
  })

  test('cannot be linked to what is somebody else’s, nor by a page of another site', async () => {
    const sub = world.known()
    await world.signIn(sub)
    const owner = await world.withPassword(`not-${sub}@example.com`, { confirmed: true })
    const url = await world.linkTo(owner, sub)
    expect([url.pathname, url.searchParams.get('error')]).toEqual([
      '/settings/account',
      'already_linked',
    ])
    const cookie = owner.cookieFor(new URL(world.netra.url).host)
    const forged = await request(`${world.netra.url}/auth/providers/oidc/link`, {
      headers: { cookie, 'sec-fetch-site': 'cross-site' },
      body: {},
    })
    expect(forged.status).toBe(403)
  })

  test('is not linked after its owner has signed out', async () => {
    const sub = world.known()
    const owner = await world.withPassword(`gone-${sub}@example.com`, { confirmed: true })
    const asked = await owner.ask<{ url: string }>(`${world.netra.url}/auth/providers/oidc/link`, {
      body: {},
    })
    await owner.ask(`${world.netra.url}/auth/logout`, { body: {} })
    const url = await world.through(await owner.go(asked.body.url), sub, owner)
    expect(url.searchParams.get('error')).toBe('state_invalid')
  })
})

test('the last way in cannot be unlinked', async () => {
  const { browser } = await world.signIn(world.known())
  const path = `${world.netra.url}/auth/providers/oidc`
  const refused = await browser.ask(path, { method: 'DELETE' })
  expect([refused.status, refused.body['error_code']]).toEqual([409, 'LAST_WAY_IN'])
  expect((await world.me(browser)).status).toBe(200)
})
