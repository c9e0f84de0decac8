import { request } from './http.ts'
import { PASSWORD, type Person } from './people.ts'

interface Tokens {
  access_token: string
  refresh_token: string
  user: { id: string; email: string }
}

/** A login, whatever it answers. */
export const tryLogin = (url: string, email: string, password = PASSWORD) =>
  request<Tokens & { error_code: string; message: string; details: { challenge: string } }>(
    `${url}/auth/login`,
    { body: { email, password } },
  )

/** @throws when it does not answer 200. */
export async function signIn(
  url: string,
  email: string,
  password = PASSWORD,
): Promise<Person & { refreshToken: string }> {
  const answer = await tryLogin(url, email, password)
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.body.error_code}`)
  return asPerson(answer)
}

/** The first administrator, by the one-time token that the start printed. */
export async function setUp(
  netra: { url: string; setupToken: string | undefined },
  email = 'root@example.com',
) {
  const body = { token: netra.setupToken, email, password: PASSWORD }
  const answer = await request<Tokens>(`${netra.url}/auth/setup`, { body })
  if (answer.status !== 201) throw new Error(`set-up: ${answer.status}`)
  return asPerson(answer)
}

export function asPerson(answer: { body: Tokens; headers: Headers }) {
  const { access_token: token, refresh_token: refreshToken, user } = answer.body
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const headers = { authorization: `Bearer ${token}` }
  return { userId: user.id, email: user.email, token, refreshToken, cookie, headers }
}
