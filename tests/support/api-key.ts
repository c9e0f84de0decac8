import { request } from './http.ts'
import type { Person } from './people.ts'

export interface MadeKey {
  id: string
  key: string
  name: string
  scopes: string[]
  hint: string
  expires_at: string | null
}

/** @throws when the answer is not 201. */
export async function makeKey(
  url: string,
  person: Person,
  scopes: string[],
  days: number | null = 30,
): Promise<MadeKey> {
  const { status, body } = await request<MadeKey>(`${url}/auth/api-keys`, {
    headers: person.headers,
    body: { name: 'nightly report', scopes, expires_in_days: days },
  })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
