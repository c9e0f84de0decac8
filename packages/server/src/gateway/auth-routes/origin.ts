import type { FastifyRequest } from 'fastify'

/** Where a request comes from, for limits, the audit log and the list of a person's sessions. */
export const originOf = ({ ip, headers }: FastifyRequest) => ({
  address: ip,
  userAgent: headers['user-agent'],
})
