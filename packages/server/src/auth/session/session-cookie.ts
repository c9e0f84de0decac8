import { createHmac, timingSafeEqual } from 'node:crypto'

import { IDLE_SESSION_SECONDS } from './lifetimes.ts'

const MAX_COOKIE_HEADER_CHARS = 8192

/**
 * `__Host-` binds a cookie to this host over https; browsers refuse that prefix on plain http. It
 * allows no path, so a Netra below one has it in the name: two of one host do not share a cookie.
 */
export function sessionCookieName(publicUrl: string): string {
  const name = publicUrl.startsWith('https:') ? '__Host-netra_session' : 'netra_session'
  const path = new URL(publicUrl).pathname.replaceAll(/[^\w]+/g, '_').replace(/_$/, '')
  return `${name}${path}`
}

/** The Set-Cookie header that makes a browser forget the login session. */
export function forgetfulCookie(publicUrl: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${sessionCookieName(publicUrl)}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax${secure}`
}

/** The Set-Cookie header that carries a session to a browser, in Better Auth's form. */
export function signedSessionCookie(session: {
  publicUrl: string
  cookieSecret: string
  token: string
  /** As long as an unused session lives, unless it is one that ends earlier. */
  maxAgeSeconds?: number
}): string {
  const { publicUrl, cookieSecret, token, maxAgeSeconds = IDLE_SESSION_SECONDS } = session
  const value = signedToken(token, cookieSecret)
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${sessionCookieName(publicUrl)}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=Lax${secure}`
}

/** The session cookie's raw value in a Cookie header. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > MAX_COOKIE_HEADER_CHARS) return undefined
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || undefined
  }
  return undefined
}

/**
 * The session token in a cookie that Better Auth signed (`<token>.<HMAC-SHA256, base64>`,
 * percent-encoded), or undefined. Checked here and not through its `getSession`, which takes
 * 600 µs: a cookie is checked with every request.
 */
export function verifiedToken(value: string, secret: string): string | undefined {
  const decoded = percentDecoded(value)
  const at = decoded?.lastIndexOf('.') ?? -1
  if (decoded === undefined || at < 1) return undefined
  const token = decoded.slice(0, at)
  const expected = Buffer.from(createHmac('sha256', secret).update(token).digest('base64'))
  const given = Buffer.from(decoded.slice(at + 1))
  return given.length === expected.length && timingSafeEqual(given, expected) ? token : undefined
}

/** The cookie's raw value for a session token, as Better Auth writes it. */
const signedToken = (token: string, secret: string): string =>
  encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`)

function percentDecoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
