import type { CheckContext } from '../context.ts'
import { due } from './due.ts'
import { rawRequest, type RawAnswer } from './raw-request.ts'

export interface Browser {
  /** As a Cookie header holds it. */
  cookie: string
  /** Of the web app's page. */
  origin: string
  userId: string
  /** As they were set. */
  setCookies: readonly string[]
}

/** Signs in as a page does; its session is its own. @throws CheckFailure */
export async function signInAsBrowser(context: CheckContext): Promise<Browser> {
  const { email, password, userId } = await context.account()
  const { origin } = new URL(context.url)
  const answer = await rawRequest(context, `${context.authUrl}/auth/login`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const setCookies = setCookiesOf(answer.headers)
  const cookie = cookiesOf(answer.headers)
  for (const pair of cookie.split('; ')) context.secret(pair.slice(pair.indexOf('=') + 1))
  due(cookie.includes('netra_session'), 'signing in sets no cookie')
  return { cookie, origin, userId, setCookies }
}

/** What a browser would send back: cookies that are set, without those that are taken away. */
export const cookiesOf = (headers: RawAnswer['headers']): string =>
  setCookiesOf(headers)
    .filter((line) => !/;\s*Max-Age=0\b/i.test(line))
    .map((line) => line.split(';')[0] ?? '')
    .join('; ')

const setCookiesOf = (headers: RawAnswer['headers']): string[] =>
  [headers['set-cookie'] ?? []].flat()
