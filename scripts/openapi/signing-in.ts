import { z } from 'zod'

import { challengeSchema } from '../../packages/client/src/account-types.ts'
import {
  refreshedSchema,
  signedInSchema,
  socketTicketSchema,
} from '../../packages/client/src/api-types.ts'
import * as login from '../../packages/server/src/gateway/auth-routes/login.ts'
import * as oauth from '../../packages/server/src/gateway/auth-routes/oauth.ts'
import * as testUsers from '../../packages/server/src/gateway/auth-routes/test-users.ts'
import * as twoFactor from '../../packages/server/src/gateway/auth-routes/two-factor.ts'
import { media, status, time, type Area } from './route.ts'

const tokens = refreshedSchema.extend({ token_type: z.literal('Bearer') })
export const tokenAnswer = tokens.extend({ user: signedInSchema.shape.user })
const testUser = tokenAnswer.extend({ is_test_user: z.literal(true), user_expires_at: time })
const redirect = media('text/html', 'a redirect')

/** Not an answer of its own: `details` of the 401 TWO_FACTOR_REQUIRED. */
export const twoFactorDetails = challengeSchema

export const signingIn: Area = {
  name: 'Signing in',
  about: 'Accounts, sessions and tokens begin here.',
  routes: {
    'POST /auth/register': {
      summary: 'Make an account',
      who: 'anybody',
      body: login.registration,
      answers: { 201: tokenAnswer, 202: status('verify_email') },
    },
    'POST /auth/login': {
      summary: 'Sign in with a password',
      who: 'anybody',
      body: login.credentials,
      answers: { 200: tokenAnswer },
    },
    'POST /auth/two-factor': {
      summary: 'Answer the challenge of a second factor',
      who: 'anybody',
      body: twoFactor.answer,
      answers: { 200: tokenAnswer },
    },
    'POST /auth/setup': {
      summary: 'Make the first administrator, by the link of the terminal',
      who: 'anybody',
      body: login.setup,
      answers: { 201: tokenAnswer },
    },
    'POST /auth/refresh': {
      summary: 'New tokens for a refresh token, which is good once',
      who: 'anybody',
      body: login.renewal,
      answers: { 200: tokenAnswer },
    },
    'POST /auth/token': {
      summary: "An access token for a page of ours, by its session's cookie",
      who: 'person',
      answers: {
        200: z.object({
          access_token: z.string(),
          token_type: z.literal('Bearer'),
          expires_in: z.number(),
          user: signedInSchema.shape.user,
        }),
      },
    },
    'POST /auth/logout': {
      summary: 'End this login session, or all of one’s own',
      who: 'person',
      body: login.signOut,
      answers: { 200: status('signed_out') },
    },
    'POST /auth/verify': {
      summary: 'Whether the token that was sent is good, and whose it is',
      who: 'anybody',
      answers: {
        200: z.object({
          valid: z.literal(true),
          type: z.enum(['access', 'api_key', 'service']),
          subject: z.string(),
          expires_at: time,
          user: z
            .object({ id: z.string(), email: z.string(), name: z.string(), role: z.string() })
            .optional(),
        }),
      },
    },
    'POST /api/ws-ticket': {
      summary: 'A ticket that opens one socket within 30 seconds',
      who: 'person',
      answers: { 200: socketTicketSchema },
    },
    'POST /auth/demo': {
      summary: 'Try Netra as a user that expires, where the operator allows it',
      who: 'anybody',
      answers: { 201: testUser },
    },
    'POST /auth/e2e/test-auth': {
      summary: 'A user for test suites, where the operator set a key for them',
      who: 'anybody',
      headers: { 'X-E2E-Bypass-Key': 'the key that the operator set' },
      body: testUsers.wanted,
      answers: { 200: testUser },
    },
    'GET /oauth/providers': {
      summary: 'Other ways to sign in',
      who: 'anybody',
      answers: {
        200: z.object({
          providers: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              login_url: z.string(),
              redirect_uri: z.string(),
            }),
          ),
        }),
      },
    },
    'GET /auth/login': {
      summary: 'Go to a provider to sign in',
      who: 'anybody',
      query: oauth.start,
      answers: { 302: redirect },
    },
    'GET /auth/callback': {
      summary: 'Where a provider sends somebody back to',
      who: 'anybody',
      answers: { 302: redirect },
    },
    'GET /auth/callback/:id': {
      summary: 'Where one provider sends somebody back to',
      who: 'anybody',
      answers: { 302: redirect },
    },
    'POST /auth/providers/:id/link': {
      summary: 'Begin to link a provider with one’s account',
      who: 'person',
      body: oauth.link,
      answers: { 200: z.object({ url: z.string() }) },
    },
    'DELETE /auth/providers/:id': {
      summary: 'Unlink a provider',
      who: 'person',
      answers: { 204: null },
    },
    'POST /auth/backchannel-logout/:id': {
      summary: 'A provider tells that somebody signed out there',
      who: 'anybody',
      body: media(
        'application/x-www-form-urlencoded',
        'OpenID Connect Back-Channel Logout',
        oauth.logout,
      ),
      answers: { 200: media('text/plain', 'empty') },
    },
  },
}
