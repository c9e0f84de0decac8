import { z } from 'zod'

import {
  accountSchema,
  apiKeyListSchema,
  createdApiKeySchema,
  recoveryCodesSchema,
  sessionListSchema,
  twoFactorSetupSchema,
} from '../../packages/client/src/account-types.ts'
import * as account from '../../packages/server/src/gateway/auth-routes/account.ts'
import * as apiKeys from '../../packages/server/src/gateway/auth-routes/api-keys.ts'
import * as email from '../../packages/server/src/gateway/auth-routes/email.ts'
import * as password from '../../packages/server/src/gateway/auth-routes/password.ts'
import * as removal from '../../packages/server/src/gateway/auth-routes/removal.ts'
import * as twoFactor from '../../packages/server/src/gateway/auth-routes/two-factor.ts'
import { media, status, type Area } from './route.ts'
import { tokenAnswer } from './signing-in.ts'

const me = accountSchema.extend({ recovery_codes_left: z.number() })
const sent = status('sent_if_known')

export const ownAccount: Area = {
  name: "One's own account",
  about: 'Profile, password, second factor, sessions, keys, export and removal.',
  routes: {
    'GET /auth/me': { summary: 'Who one is', who: ['account:read'], answers: { 200: me } },
    'PATCH /auth/me': {
      summary: 'Change one’s name',
      who: 'person',
      body: account.change,
      answers: { 200: me },
    },
    'DELETE /auth/me': {
      summary: 'Erase one’s account and all that is one’s own',
      who: 'person',
      body: removal.own,
      answers: { 204: null },
    },
    'DELETE /api/account': {
      summary: 'The same as `DELETE /auth/me`',
      who: 'person',
      body: removal.own,
      answers: { 204: null },
    },
    'GET /api/account/export': {
      summary: 'Everything of one’s own as an archive',
      who: 'person',
      answers: { 200: media('application/zip', 'conversations, files and account') },
    },
    'GET /auth/me/data': {
      summary: 'What is known about one’s account',
      who: 'person',
      answers: { 200: z.record(z.string(), z.unknown()) },
    },
    'POST /auth/password/change': {
      summary: 'Change one’s password; other sessions end',
      who: 'person',
      body: password.change,
      answers: { 200: tokenAnswer.extend({ status: z.literal('password_changed') }) },
    },
    'POST /auth/password/forgot': {
      summary: 'Ask for a link to choose a new password',
      who: 'anybody',
      body: password.forgotten,
      answers: { 202: sent },
    },
    'POST /auth/password/reset': {
      summary: 'Choose a new password by a link; all sessions end',
      who: 'anybody',
      body: password.reset,
      answers: { 200: status('password_reset') },
    },
    'POST /auth/email/verify': {
      summary: 'Confirm an e-mail address by a link',
      who: 'anybody',
      body: email.confirmation,
      answers: { 200: status('email_verified') },
    },
    'POST /auth/email/resend': {
      summary: 'Ask for the link once more',
      who: 'anybody',
      body: email.resending,
      answers: { 202: sent },
    },
    'POST /auth/two-factor/setup': {
      summary: 'Begin to use a second factor',
      who: 'person',
      body: twoFactor.byPassword,
      answers: { 200: twoFactorSetupSchema },
    },
    'POST /auth/two-factor/enable': {
      summary: 'Turn the second factor on with its first code',
      who: 'person',
      body: twoFactor.byCode,
      answers: { 200: recoveryCodesSchema },
    },
    'POST /auth/two-factor/disable': {
      summary: 'Turn the second factor off',
      who: 'person',
      body: twoFactor.byPassword,
      answers: { 200: status('two_factor_disabled') },
    },
    'POST /auth/two-factor/recovery-codes': {
      summary: 'New recovery codes; the ones before end',
      who: 'person',
      body: twoFactor.byPassword,
      answers: { 200: recoveryCodesSchema },
    },
    'GET /auth/sessions': {
      summary: 'Where one is signed in',
      who: 'person',
      answers: { 200: sessionListSchema },
    },
    'DELETE /auth/sessions/:id': {
      summary: 'End one of one’s login sessions',
      who: 'person',
      answers: { 204: null },
    },
    'GET /auth/api-keys': {
      summary: 'One’s keys for programs',
      who: 'person',
      answers: { 200: apiKeyListSchema },
    },
    'POST /auth/api-keys': {
      summary: 'Make a key; it is shown only here',
      who: 'person',
      body: apiKeys.newKey,
      answers: { 201: createdApiKeySchema },
    },
    'DELETE /auth/api-keys/:id': {
      summary: 'Revoke a key',
      who: 'person',
      answers: { 204: null },
    },
  },
}
