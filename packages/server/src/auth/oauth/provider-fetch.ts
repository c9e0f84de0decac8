import type { CustomFetch } from 'openid-client'

import { behindBreaker } from '../../platform/behind-breaker.ts'
import { CircuitOpen, type CircuitBreaker } from '../../platform/circuit-breaker.ts'
import { RECOVERY } from '../../platform/recovery/recovery-table.ts'

/** Nobody answers at the provider's address, or it says itself that it cannot right now. */
export class ProviderUnreachable extends Error {
  override readonly name = 'ProviderUnreachable'
}

const isUnwell = (error: unknown): boolean =>
  error instanceof ProviderUnreachable && RECOVERY.oidc_away.isUnwell

/** Far more than any discovery document, key set or token answer. */
const MAX_ANSWER_BYTES = 512 * 1024

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

/**
 * Whether a provider's document may send us, or a browser, there. It is https, except that an issuer
 * on plain-http loopback (development) may name its own host.
 */
export function isAllowedEndpoint(issuer: string, endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false
  const [from, to] = [new URL(issuer), new URL(endpoint)]
  if (to.username !== '' || to.password !== '') return false
  if (to.protocol === 'https:') return true
  return (
    to.protocol === 'http:' &&
    from.protocol === 'http:' &&
    isLoopback(from.hostname) &&
    to.hostname === from.hostname
  )
}

/**
 * Requests to one provider: only where it may send us, never along a redirect, never more than
 * half a megabyte. @throws ProviderUnreachable when there is no answer to work with.
 */
export function providerFetch(issuer: string, breaker: CircuitBreaker): CustomFetch {
  const asked = fetchOf(issuer)
  return async (url, options) => {
    try {
      return await behindBreaker(breaker, () => asked(url, options), isUnwell)
    } catch (error) {
      if (!(error instanceof CircuitOpen)) throw error
      const why = `${new URL(url).origin} failed several times in a row and is not asked for the moment`
      throw new ProviderUnreachable(why, { cause: error })
    }
  }
}

function fetchOf(issuer: string): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    if (!isAllowedEndpoint(issuer, url)) {
      throw new Error(`the provider names an address that is not https: ${new URL(url).origin}`)
    }
    try {
      const response = await fetch(url, {
        method,
        headers,
        // Whatever is sent to a provider is a form.
        ...(body instanceof URLSearchParams && { body }),
        redirect: 'manual',
        ...(signal && { signal }),
      })
      const { status } = response
      const answer = await bounded(response)
      if (status >= 500 || status === 429) throw new Error(`it answers ${status}`)
      const isEmpty = status === 204 || status === 205 || status === 304
      return new Response(isEmpty ? null : answer, { status, headers: response.headers })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new ProviderUnreachable(`no answer from ${new URL(url).origin}: ${why}`, {
        cause: error,
      })
    }
  }
}

async function bounded(response: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_ANSWER_BYTES) throw new Error('its answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
