import type { IncomingMessage } from 'node:http'

import proxyAddress from '@fastify/proxy-addr'

/** Who calls, as the HTTP side sees it: the nearest address that is no trusted proxy's (S17). */
export function addressBehind(trusted: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyAddress.compile([...trusted])
  return (request) => proxyAddress(request, isTrusted) ?? ''
}
