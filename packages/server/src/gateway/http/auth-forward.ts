import type { IncomingHttpHeaders } from 'node:http'

import type { FastifyReply, FastifyRequest } from 'fastify'

import type { AuthForward } from '../ports.ts'
import { absent } from './http-error.ts'
import type { Http } from './http.ts'
import { traceIdOf } from './request-ids.ts'

/** Of the request: who asks and what; nothing by which somebody could pass for a node. */
const THERE = [
  'authorization',
  'x-api-key',
  'content-type',
  'cookie',
  'accept',
  'accept-language',
  'origin',
  'user-agent',
  'sec-fetch-site',
  'x-request-id',
  'x-e2e-bypass-key',
]
/** Of the answer; headers that each server gives by itself are this one's. */
const BACK = [
  'content-type',
  'content-disposition',
  'set-cookie',
  'location',
  'retry-after',
  'cache-control',
  'www-authenticate',
  'ratelimit',
  'ratelimit-policy',
]
/** Asked by services only, which know the auth service's own address. */
const FOR_SERVICES = /^\/auth\/(?:service-token|validate|feed|tickets|removals)(?:\/|$)/
/** Would be resolved on its way, to a path that is not passed on. */
const CROOKED = /\/(?:\.|%2e){1,2}(?:\/|$)|\\/i
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The auth service's routes where they are when it runs in this process: browsers know one address. */
export function addAuthForward({ app, parts }: Http, service: AuthForward): void {
  const pass = async (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?')[0] ?? ''
    if (FOR_SERVICES.test(path)) throw absent('route here: services ask the auth service itself')
    if (CROOKED.test(path)) throw absent('route')
    const answer = await service.forward({
      method: request.method,
      path: request.url,
      headers: picked(request.headers, THERE),
      body: Buffer.isBuffer(request.body) ? request.body : undefined,
      address: request.ip,
      isLocal: parts.isLocal(request),
      traceId: givenTrace(request) ?? traceIdOf(request),
    })
    return reply
      .status(answer.statusCode ?? 502)
      .headers(picked(answer.headers, BACK))
      .send(answer)
  }
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    for (const url of ['/auth/*', '/oauth/*', '/.well-known/jwks.json']) {
      scope.route({ method: METHODS, url, exposeHeadRoute: false, handler: pass })
    }
    scope.delete('/api/account', pass)
  })
}

/** Of clients that know no traceparent. */
function givenTrace({ headers }: FastifyRequest): string | undefined {
  const given = headers['x-trace-id']
  return typeof given === 'string' && /^[0-9a-f]{32}$/.test(given) ? given : undefined
}

function picked(
  headers: IncomingHttpHeaders,
  names: readonly string[],
): Record<string, string | string[]> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}
