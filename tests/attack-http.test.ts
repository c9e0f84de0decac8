import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

let netra: NetraProcess
let person: Person

beforeAll(async () => {
  netra = await startNetra()
  person = await register(netra.url)
})

afterAll(() => netra[Symbol.asyncDispose]())

test.each([
  ['deeper than any stack', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['of a megabyte', JSON.stringify({ a: 'x'.repeat(900_000) })],
])('metadata %s is refused and makes no thread', async (_what, metadata) => {
  const response = await fetch(`${netra.url}/api/threads`, {
    method: 'POST',
    headers: { ...person.headers, 'content-type': 'application/json' },
    body: `{"metadata":${metadata}}`,
  })
  expect(response.status).toBe(422)
  const { body } = await request<unknown[]>(`${netra.url}/api/threads`, { headers: person.headers })
  expect(body).toEqual([])
})

test.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via'])(
  'a proxy on this machine (%s) does not open registration to everybody behind it',
  async (header) => {
    const headers = { [header]: header === 'Forwarded' ? 'for=203.0.113.7' : '203.0.113.7' }
    const account = { email: `${header}@example.com`, password: 'long enough' }
    const { status } = await request(`${netra.url}/auth/register`, { headers, body: account })
    expect(status).toBe(403)
    const { body } = await request<{ auth: unknown }>(`${netra.url}/api/config`, { headers })
    expect(body.auth).toMatchObject({ registration: 'invitation' })
  },
)
