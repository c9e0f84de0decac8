import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

import type { Addresses } from '../addresses.ts'

/**
 * Lets pages of our own other hosts read the answers, by exact origin. Whether an origin may ask at
 * all was decided before (`originProblem`): this only says so to browsers.
 */
export async function addCrossOrigin(
  app: FastifyInstance,
  addresses: () => Addresses,
): Promise<void> {
  await app.register(cors, {
    origin: (origin, answer) =>
      answer(null, origin !== undefined && addresses().origins.has(origin) ? origin : false),
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'last-event-id',
      'x-request-id',
      'traceparent',
    ],
    exposedHeaders: [
      'content-disposition',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'x-request-id',
    ],
    maxAge: 600,
    strictPreflight: false,
  })
}
