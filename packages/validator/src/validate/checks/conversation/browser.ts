import type { Account } from '../../accounts.ts'
import { CheckFailure } from '../../check.ts'
import type { CheckContext } from '../../context.ts'

/** Signs in as a page does: by a cookie, then a ticket for one socket. @throws CheckFailure */
export async function signInAsBrowser(
  { http, url, secret }: CheckContext,
  { email, password }: Account,
): Promise<{ ticket: string; cookie: string; origin: string }> {
  const { origin } = new URL(url)
  const login = await http.ask('/auth/login', { body: { email, password }, headers: { origin } })
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .join('; ')
  if (cookie === '') throw new CheckFailure('the login set no cookie')
  secret(cookie)
  const { ticket } = (
    await http.ask('/api/ws-ticket', { method: 'POST', headers: { origin, cookie } })
  ).json()
  if (typeof ticket !== 'string') throw new CheckFailure('/api/ws-ticket answered no ticket')
  secret(ticket)
  return { ticket, cookie, origin }
}
