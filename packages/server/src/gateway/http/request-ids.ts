import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

import type { FastifyInstance, FastifyRequest } from 'fastify'

import { uuidv7 } from '../../platform/ids.ts'

/** Short, printable and without a meaning anywhere: it goes into logs and headers as it is. */
const SANE_ID = /^[\w.:-]{1,128}$/
/** W3C Trace Context, version 00; ids of nothing but zeros are invalid. */
const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

const traces = new WeakMap<FastifyRequest, string>()

/** The id that the client gave its request, if it is sane, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && SANE_ID.test(given) ? given : uuidv7()
}

/** The trace that the client says the request belongs to, else one of its own: 32 hex digits. */
export function traceIdOf(request: FastifyRequest): string {
  const known = traces.get(request)
  if (known !== undefined) return known
  const given = request.headers['traceparent']
  const parent = typeof given === 'string' ? TRACE_PARENT.exec(given)?.[1] : undefined
  const made = parent ?? randomBytes(16).toString('hex')
  traces.set(request, made)
  return made
}

/** Every answer says which request it is of. */
export function addRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
}
