import { z } from 'zod'

import { serverConfigSchema } from '../../packages/client/src/api-types.ts'
import { media, type Area } from './route.ts'

const told = z.record(z.string(), z.unknown())
const health = z.object({ status: z.string() }).loose()

export const watching: Area = {
  name: 'For clients and for watching',
  about: 'Addresses, health and numbers.',
  routes: {
    'GET /api/config': {
      summary: 'Every address and limit a client needs',
      who: 'anybody',
      answers: { 200: serverConfigSchema.loose() },
    },
    'GET /api/config/public': {
      summary: 'The same, by the name of classic clients',
      who: 'anybody',
      answers: { 200: told },
    },
    'GET /ws/config': {
      summary: 'How sockets are opened, for classic clients',
      who: 'anybody',
      answers: { 200: told },
    },
    'GET /api/discovery/services': {
      summary: 'Addresses of the parts, for classic clients',
      who: 'anybody',
      answers: { 200: told },
    },
    'GET /auth/config': {
      summary: 'How tokens are verified, and who may sign in',
      who: 'anybody',
      answers: { 200: told },
    },
    'GET /.well-known/jwks.json': {
      summary: 'Public keys of access tokens',
      who: 'anybody',
      answers: { 200: z.object({ keys: z.array(told) }) },
    },
    'GET /health': {
      summary: 'Whether people can use it, with the reasons if not',
      who: 'anybody',
      answers: { 200: health, 503: health },
    },
    'GET /api/health': {
      summary: 'The same, check by check',
      who: 'anybody',
      answers: { 200: health, 503: health },
    },
    'GET /health/live': {
      summary: 'Whether the process lives',
      who: 'anybody',
      answers: { 200: health },
    },
    'GET /health/ready': {
      summary: 'Whether to send people here',
      who: 'anybody',
      answers: { 200: health, 503: health },
    },
    'GET /health/startup': {
      summary: 'Whether the start is over',
      who: 'anybody',
      answers: { 200: health, 503: health },
    },
    'GET /ws/health': {
      summary: 'Numbers about sockets',
      who: 'anybody',
      answers: { 200: health },
    },
    'GET /metrics': {
      summary: 'All numbers, for Prometheus',
      who: 'machine',
      answers: { 200: media('text/plain', 'exposition format 0.0.4') },
    },
    'GET /*': {
      summary: 'The web app',
      who: 'anybody',
      answers: { 200: media('text/html', 'a page, or one of its parts') },
    },
  },
}
