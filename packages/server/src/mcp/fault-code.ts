import { OAuthErrorCode } from '@modelcontextprotocol/client'

/** What Node and OpenSSL call their own errors; a server cannot put a word into one. */
const OF_THE_NETWORK =
  /^(?:E[A-Z]{3,20}|EAI_[A-Z]{2,20}|HPE_[A-Z_]{2,40}|ERR_(?:SSL|TLS|HTTP|SOCKET|STREAM)_[A-Z0-9_]{2,60}|(?:CERT|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)_[A-Z_]{2,50})$/
const OF_OAUTH = new Set<string>(Object.values(OAuthErrorCode))
const DEEPEST = 5

/** Whose letters are known; undefined: nothing that may be passed on without marks. */
export function knownCode(error: unknown): string | undefined {
  let at = error
  for (let depth = 0; depth < DEEPEST && at instanceof Error; depth++) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && (OF_THE_NETWORK.test(code) || OF_OAUTH.has(code))) return code
    at = at.cause
  }
  return undefined
}
