import type { FastifyReply } from 'fastify'

import type { SignedIn } from '../../auth/auth.ts'
import { deviceCookies } from './known-device.ts'

/** The tokens, and for browsers the cookie. */
export const sendSignedIn = (
  reply: FastifyReply,
  { setCookies, answer }: SignedIn,
  status: number,
) =>
  reply
    .status(status)
    .header('set-cookie', [...setCookies, ...deviceCookies(reply.request)])
    .send(answer)
