import type { FastifyInstance, FastifyRequest } from 'fastify'

import { newDeviceSecret } from '../../auth/auth.ts'

const SECRET = /^[\w-]{43}$/
/** As long as browsers keep any cookie. */
const MAX_AGE_SECONDS = 400 * 24 * 3600

const secured = new WeakMap<object, boolean>()
const made = new WeakMap<FastifyRequest, string>()

/** Says of a server whether browsers reach it by https. */
export function noteDevices(app: FastifyInstance, https: boolean): void {
  secured.set(app.server, https)
}

const isSecured = ({ server }: FastifyRequest): boolean => secured.get(server.server) ?? false

/** `__Host-`, so that no neighbouring host can make a stranger's device pass for the owner's. */
const cookieName = (request: FastifyRequest): string =>
  isSecured(request) ? '__Host-netra_device' : 'netra_device'

/**
 * What a browser is known by where its user signs in: it opens nothing, but guesses that others make
 * do not lock it out. A new one for a browser that has none; nothing for a program.
 */
export function deviceOf(request: FastifyRequest): string | undefined {
  const known = shownBy(request) ?? made.get(request)
  const { origin } = request.headers
  const isBrowser = origin !== undefined || request.headers['sec-fetch-site'] !== undefined
  if (known !== undefined || !isBrowser) return known
  const device = newDeviceSecret()
  made.set(request, device)
  return device
}

/** The Set-Cookie header for a browser that had none before this request. */
export function deviceCookies(request: FastifyRequest): string[] {
  const device = made.get(request)
  if (device === undefined) return []
  const secure = isSecured(request) ? '; Secure' : ''
  return [
    `${cookieName(request)}=${device}; Max-Age=${MAX_AGE_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure}`,
  ]
}

function shownBy(request: FastifyRequest): string | undefined {
  const start = `${cookieName(request)}=`
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const value = pairs.find((pair) => pair.startsWith(start))?.slice(start.length)
  return value !== undefined && SECRET.test(value) ? value : undefined
}
