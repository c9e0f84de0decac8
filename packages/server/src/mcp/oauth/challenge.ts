import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client'

import type { GuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Wanted } from './kept.ts'

/** What a server said it wants when it refused. */
export function wishOf({ response }: { response: Response }): Wanted {
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response)
  return {
    ...(scope !== undefined && { scope }),
    ...(resourceMetadataUrl && { resourceMetadataUrl: resourceMetadataUrl.href }),
  }
}

const PROBE_MS = 10_000
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })

/** Asks as nobody, to hear what is wanted of whoever signs in: no more than that is asked for. */
export async function askAsNobody(fetch: GuardedFetch, url: string): Promise<Wanted> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: PING,
    signal: AbortSignal.timeout(PROBE_MS),
  })
  // To its end, which is near: a body that is let go in the middle may break the one who pours it.
  await response.text()
  return response.status === 401 ? wishOf({ response }) : {}
}
