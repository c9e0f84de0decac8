import type { IncomingMessage } from 'node:http'

import proxyAddress from '@fastify/proxy-addr'

import type { Caller } from './parts.ts'

/** Who calls, as the HTTP side sees it: the nearest address that is no trusted proxy's (S17). */
export function addressBehind(trusted: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyAddress.compile([...trusted])
  return (request) => proxyAddress(request, isTrusted) ?? ''
}

/** A proxy on this machine calls from loopback too, on behalf of anybody; its headers give it away. */
export const isLocalCaller = ({ ip, headers }: Caller): boolean =>
  (/^(::ffff:)?127\./.test(ip) || ip === '::1') &&
  !Object.keys(headers).some((name) => name.startsWith('x-forwarded') || FORWARDED.has(name))

const FORWARDED = new Set(['forwarded', 'via', 'x-real-ip', 'cf-connecting-ip', 'true-client-ip'])
