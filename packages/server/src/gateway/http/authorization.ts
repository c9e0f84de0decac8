import type { IncomingHttpHeaders } from 'node:http'

/** What a request shows beside cookies: a bearer token, or an API key in a header of its own. */
export const authorizationOf = (headers: IncomingHttpHeaders): string | undefined =>
  headers.authorization ?? keyAsBearer(headers['x-api-key'])

/** Many programs send a key so. What is no key there counts for nothing. */
function keyAsBearer(key: string | string[] | undefined): string | undefined {
  if (key === undefined) return undefined
  return typeof key === 'string' && key.startsWith('netra_') ? `Bearer ${key}` : NO_KEY
}

const NO_KEY = 'no API key'

/** Whether what was shown is an API key, or was meant to be one. */
export const isApiKey = (authorization: string | undefined): boolean =>
  authorization === NO_KEY || /^bearer +netra_/i.test(authorization ?? '')
