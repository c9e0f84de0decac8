import { request } from './http.ts'
import { PASSWORD, type Person } from './people.ts'

/** Makes the first administrator by the one-time token that the start printed. */
export async function administrator(
  url: string,
  setupToken: string | undefined,
  email = 'root@example.com',
): Promise<Person> {
  const { status, body, headers } = await request<{
    access_token: string
    user: { id: string }
  }>(`${url}/auth/setup`, { body: { token: setupToken, email, password: PASSWORD } })
  if (status !== 201) throw new Error(`set-up: ${status} ${JSON.stringify(body)}`)
  return personOf(email, body, headers)
}

/** One more login session. */
export async function signIn(url: string, email: string, password = PASSWORD): Promise<Person> {
  const { status, body, headers } = await request<{
    access_token: string
    user: { id: string }
  }>(`${url}/auth/login`, { body: { email, password } })
  if (status !== 200) throw new Error(`sign-in: ${status} ${JSON.stringify(body)}`)
  return personOf(email, body, headers)
}

const personOf = (
  email: string,
  { access_token: token, user }: { access_token: string; user: { id: string } },
  headers: Headers,
): Person => ({
  userId: user.id,
  email,
  token,
  cookie: headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; '),
  headers: { authorization: `Bearer ${token}` },
})
