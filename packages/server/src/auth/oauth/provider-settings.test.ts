import { expect, test } from 'vitest'

import { createCircuitBreaker } from '../../platform/circuit-breaker.ts'
import { TestClock } from '../../platform/testing-clock.ts'
import { isAllowedEndpoint } from './provider-fetch.ts'
import { providersOf } from './provider-settings.ts'
import { Provider } from './provider.ts'

const nothing = {
  oauth: {
    googleClientId: undefined,
    oidcIssuer: undefined,
    oidcClientId: undefined,
    oidcName: 'Single sign-on',
  },
  secrets: { googleClientSecret: undefined, oidcClientSecret: undefined },
}

test('without settings there is no provider', () => {
  expect(providersOf(nothing)).toEqual([])
})

test('Google comes from its two variables, any other by its issuer, in this order', () => {
  const providers = providersOf({
    oauth: {
      googleClientId: 'g',
      oidcIssuer: 'https://id.example',
      oidcClientId: 'o',
      oidcName: 'Example ID',
    },
    secrets: { googleClientSecret: 'gs', oidcClientSecret: undefined },
  })
  expect(providers).toEqual([
    {
      id: 'google',
      name: 'Google',
      issuer: 'https://accounts.google.com',
      clientId: 'g',
      clientSecret: 'gs',
    },
    {
      id: 'oidc',
      name: 'Example ID',
      issuer: 'https://id.example',
      clientId: 'o',
      clientSecret: undefined,
    },
  ])
})

test('people of one issuer are nobody at another', () => {
  const clock = new TestClock()
  const breaker = createCircuitBreaker({ clock })
  const keyOf = (issuer: string) =>
    new Provider({ id: 'oidc', name: '', issuer, clientId: 'o' }, clock, breaker).key
  expect(keyOf('https://id.example')).not.toBe(keyOf('https://id.other.example'))
})

test.each([
  ['https://id.example', 'https://tokens.example/token', true],
  ['https://id.example', 'http://id.example/token', false],
  ['https://id.example', 'http://localhost/token', false],
  ['http://localhost:9000', 'http://localhost:9001/token', true],
  ['http://localhost:9000', 'http://127.0.0.1:9000/token', false],
  ['http://localhost:9000', 'http://169.254.169.254/latest/meta-data', false],
  ['http://id.example', 'http://id.example/token', false],
  ['https://id.example', 'https://user:password@id.example/token', false],
  ['https://id.example', 'file:///etc/passwd', false],
  ['https://id.example', 'not an address', false],
])('an issuer at %s may name %s: %j (S34)', (issuer, endpoint, allowed) => {
  expect(isAllowedEndpoint(issuer, endpoint)).toBe(allowed)
})
