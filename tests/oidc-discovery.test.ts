import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startHostileProvider, type HostileProvider } from './support/hostile-provider.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'

let provider: HostileProvider
let netra: NetraProcess

beforeAll(async () => {
  provider = await startHostileProvider()
  netra = await startNetra({ env: provider.env })
}, 60_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

describe('a discovery document is not believed when', () => {
  const DOCUMENTS: Record<string, (document: Record<string, unknown>) => Record<string, unknown>> =
    {
      'the token endpoint is plain http elsewhere': (document) => ({
        ...document,
        token_endpoint: 'http://169.254.169.254/token',
      }),
      'userinfo is plain http elsewhere': (document) => ({
        ...document,
        userinfo_endpoint: 'http://192.0.2.1/userinfo',
      }),
      'the keys are in a file': (document) => ({ ...document, jwks_uri: 'file:///etc/passwd' }),
      'the browser is sent to a script': (document) => ({
        ...document,
        authorization_endpoint: 'javascript:alert(1)',
      }),
      'it is of another issuer': (document) => ({
        ...document,
        issuer: 'https://accounts.google.com',
      }),
      'it names no keys': (document) => ({ ...document, jwks_uri: undefined }),
      'it signs with shared secrets alone': (document) => ({
        ...document,
        id_token_signing_alg_values_supported: ['HS256', 'none'],
      }),
    }

  test.each(Object.entries(DOCUMENTS))('%s (S34)', async (_name, discovery) => {
    provider.tricks = { discovery }
    const answer = await request(`${netra.url}/auth/login?provider=oidc`)
    expect([answer.status, answer.body['error_code']]).toEqual([502, 'PROVIDER_ERROR'])
  })

  test('until it is mended; no restart is needed', async () => {
    provider.tricks = {}
    const mended = await fetch(`${netra.url}/auth/login?provider=oidc`, { redirect: 'manual' })
    expect(mended.headers.get('location')).toContain(`${provider.issuer}/authorize`)
  })
})

test('starts and failures are limited by address, and told when to come again (S16)', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, () =>
      fetch(`${netra.url}/auth/login?provider=oidc`, { redirect: 'manual' }),
    ),
  )
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answers.filter(({ status }) => status === 302).length).toBeGreaterThan(0)
  const headers = { cookie: `netra_oauth=${'a'.repeat(43)}` }
  let limited = 0
  for (let attempt = 0; attempt < 110; attempt++) {
    const { status } = await fetch(
      `${netra.url}/auth/callback/oidc?state=guess-${attempt}&code=x`,
      { headers },
    )
    if (status === 429) limited += 1
    else expect(status).toBe(401)
  }
  expect(limited).toBeGreaterThanOrEqual(10)
})
