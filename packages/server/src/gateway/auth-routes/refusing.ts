import { AuthError } from '../../auth/auth.ts'
import { HttpError } from '../http/http-error.ts'

const STATUS: Record<string, [number, string]> = {
  invalid_credentials: [401, 'AUTH_FAILED'],
  account_disabled: [403, 'AUTH_UNAUTHORIZED'],
  email_taken: [409, 'DB_RECORD_EXISTS'],
  invitation_required: [403, 'AUTH_UNAUTHORIZED'],
  invitation_invalid: [403, 'AUTH_UNAUTHORIZED'],
  domain_not_allowed: [403, 'AUTH_UNAUTHORIZED'],
  registration_closed: [403, 'AUTH_UNAUTHORIZED'],
  wrong_password: [401, 'AUTH_FAILED'],
  no_password: [409, 'NO_PASSWORD'],
  email_not_verified: [403, 'EMAIL_NOT_VERIFIED'],
  link_invalid: [410, 'EXPIRED'],
  two_factor_required: [401, 'TWO_FACTOR_REQUIRED'],
  two_factor_code_invalid: [401, 'AUTH_FAILED'],
  two_factor_enabled: [409, 'DB_RECORD_EXISTS'],
  two_factor_not_set_up: [409, 'TWO_FACTOR_NOT_SET_UP'],
  challenge_ended: [410, 'EXPIRED'],
  setup_token_invalid: [403, 'AUTH_UNAUTHORIZED'],
  setup_done: [409, 'DB_RECORD_EXISTS'],
  refresh_token_invalid: [401, 'AUTH_FAILED'],
  session_ended: [401, 'AUTH_FAILED'],
  forbidden: [403, 'AUTH_UNAUTHORIZED'],
  last_admin: [409, 'LAST_ADMINISTRATOR'],
  not_found: [404, 'DB_RECORD_NOT_FOUND'],
  own_account: [403, 'AUTH_UNAUTHORIZED'],
  too_many_keys: [409, 'LIMIT_REACHED'],
  sign_in_again: [401, 'SIGN_IN_AGAIN'],
  service_refused: [401, 'AUTH_FAILED'],
  last_way_in: [409, 'LAST_WAY_IN'],
  logout_token_invalid: [400, 'VALIDATION_ERROR'],
  rate_limited: [429, 'RATE_LIMITED'],
  test_user_limited: [403, 'AUTH_UNAUTHORIZED'],
  test_user_invalid: [409, 'DB_RECORD_EXISTS'],
  test_key_invalid: [401, 'AUTH_FAILED'],
  busy: [503, 'SERVICE_UNAVAILABLE'],
}

/** An auth refusal as an HTTP one; anything else passes through. */
export async function refusing<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const [status, code] = STATUS[error.code] ?? [422, 'VALIDATION_ERROR']
    throw new HttpError(status, code, error.message, {
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
      ...(error.details && { details: error.details }),
      ...(error.code === 'rate_limited' && { limit: 'sign_in' }),
    })
  }
}
