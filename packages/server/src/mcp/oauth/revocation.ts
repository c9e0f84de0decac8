import type { Clock } from '../../platform/clock.ts'
import type { GuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Grant } from './kept.ts'

const REVOCATION_MS = 5_000

/** Tells where tokens came from that they are over (RFC 7009). Whoever does not listen keeps nobody. */
export async function revoke(
  { fetch, clock, logger }: { fetch: GuardedFetch; clock: Clock; logger: Logger },
  { tokens, client, discovery }: Grant,
): Promise<void> {
  const metadata = (discovery.authorizationServerMetadata ?? {}) as Record<string, unknown>
  const endpoint = metadata['revocation_endpoint']
  if (typeof endpoint !== 'string') return
  const token = tokens.refresh_token ?? tokens.access_token
  const hint = tokens.refresh_token === undefined ? 'access_token' : 'refresh_token'
  const body = new URLSearchParams({ token, token_type_hint: hint })
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
  const { client_id: id, client_secret: secret } = client
  const method = 'token_endpoint_auth_method' in client ? client.token_endpoint_auth_method : null
  if (secret === undefined) body.set('client_id', id)
  else if (method === 'client_secret_post') {
    body.set('client_id', id)
    body.set('client_secret', secret)
  } else {
    const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
  const late = new AbortController()
  const cancel = clock.after(REVOCATION_MS, () => late.abort())
  try {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers,
      body: body.toString(),
      redirect: 'error',
      signal: late.signal,
    })
    await answer.text()
    if (!answer.ok) logger.warn({ status: answer.status }, NOT_TOLD)
  } catch (error) {
    logger.warn({ err: error }, NOT_TOLD)
  } finally {
    cancel()
  }
}

const NOT_TOLD = 'tokens of an MCP server were forgotten, and could not be revoked there'
