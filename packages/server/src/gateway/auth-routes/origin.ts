import type { FastifyRequest } from 'fastify'

import { deviceOf } from './known-device.ts'

/** Where a request comes from, for limits, the audit log and the list of a person's sessions. */
export function originOf(request: FastifyRequest) {
  const { ip, headers } = request
  return {
    address: ip,
    userAgent: headers['user-agent'],
    device: deviceOf(request),
  }
}
