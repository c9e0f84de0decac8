import { expect, test } from 'vitest'

import { ApiError } from './api-error.ts'
import type { Clock } from './clock.ts'
import { HttpApi } from './http.ts'
import { PageToken } from './page-token.ts'

const AUTH = 'https://auth.example.org'
const NODE = 'https://api.example.org'

/** An auth service that counts the tokens it gave; `status` is what it answers. */
function world() {
  const asked: { url: string; authorization: string | null }[] = []
  const state = { status: 200, now: 0, tokens: 0 }
  const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString()
    asked.push({ url, authorization: new Headers(init?.headers).get('authorization') })
    if (url !== `${AUTH}/auth/token`) return answer(200, [])
    if (state.status !== 200) return answer(state.status, { error_code: 'X', message: 'no' })
    state.tokens += 1
    return answer(200, { access_token: `token-${state.tokens}`, expires_in: 900 })
  }
  const clock = { now: () => state.now } as Clock
  return { asked, state, fetch, clock, options: { baseUrl: NODE, authUrl: AUTH, fetch } }
}

test('one token serves many requests, and is renewed before it ends', async () => {
  const { state, options, clock } = world()
  const token = new PageToken(options, clock)
  expect(await Promise.all([token.get(), token.get()])).toEqual(['token-1', 'token-1'])
  state.now = 839_999
  expect(await token.get()).toBe('token-1')
  state.now = 840_000
  expect(await token.get()).toBe('token-2')
  expect(await token.get({ fresh: true })).toBe('token-3')
})

test('nobody signed in is no token; an auth service that is away is an error', async () => {
  const { state, options, clock } = world()
  const token = new PageToken(options, clock)
  state.status = 403
  expect(await token.orNobody()).toBeNull()
  state.status = 503
  await expect(token.orNobody()).rejects.toBeInstanceOf(ApiError)
})

test('requests to the node carry the token, those to the auth service never do', async () => {
  const { asked, options } = world()
  const api = new HttpApi(options)
  await api.threads()
  await api.logout()
  expect(asked).toEqual([
    { url: `${AUTH}/auth/token`, authorization: null },
    { url: `${NODE}/api/threads`, authorization: 'Bearer token-1' },
    { url: `${AUTH}/auth/logout`, authorization: null },
  ])
  expect(await api.credentials.get({ fresh: true })).toEqual({ token: 'token-2' })
})
