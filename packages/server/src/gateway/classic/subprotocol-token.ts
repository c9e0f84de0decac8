/** What a classic client offers literally, to have something selected. */
export const CLASSIC_SUBPROTOCOL = 'jwt-auth'
const TOKEN = 'jwt.'
/** A token of the longest kind that is read, in base64url. */
const MAX_TOKEN_CHARS = 8 * 1024

/**
 * The token that a subprotocol carries. It is base64url of the token; a token as it is has dots, which
 * base64url has not, and is taken too.
 */
export function tokenIn(offered: readonly string[]): string | undefined {
  const carrier = offered.find((name) => name.startsWith(TOKEN))
  if (carrier === undefined || carrier.length > MAX_TOKEN_CHARS) return undefined
  const told = carrier.slice(TOKEN.length)
  return told.includes('.') ? told : Buffer.from(told, 'base64url').toString('utf8')
}
