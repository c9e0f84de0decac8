import { request } from './http.ts'

/** An account made over HTTP, and what it takes to act as its owner. */
export interface Person {
  userId: string
  email: string
  token: string
  cookie: string
  headers: Record<string, string>
}

let count = 0

/** @throws when registration does not answer 201. */
export async function register(
  url: string,
  email = `person${++count}@example.com`,
): Promise<Person> {
  const response = await fetch(`${url}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  })
  if (response.status !== 201)
    throw new Error(`registration: ${response.status} ${await response.text()}`)
  const body = (await response.json()) as { access_token: string; user: { id: string } }
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  return {
    userId: body.user.id,
    email,
    token: body.access_token,
    cookie,
    headers: { authorization: `Bearer ${body.access_token}` },
  }
}

export const PASSWORD = 'correct horse battery'

/** Requests of a person to the server that is there when they are made. */
export const requestsAs =
  (server: () => { url: string }) =>
  <Body = Record<string, unknown>>(person: Person, method: string, path: string, body?: unknown) =>
    request<Body>(`${server().url}${path}`, {
      method,
      headers: { ...person.headers, accept: 'application/json' },
      ...(body !== undefined && { body }),
    })
