/** Every way in which this folder refuses; the gateway maps each code to a status. */
export type AuthErrorCode =
  | 'invalid_credentials'
  | 'account_disabled'
  | 'invalid_email'
  | 'email_taken'
  | 'weak_password'
  | 'password_too_long'
  | 'invalid_name'
  | 'invitation_required'
  | 'invitation_invalid'
  | 'setup_token_invalid'
  | 'setup_done'
  | 'refresh_token_invalid'
  | 'session_ended'
  | 'forbidden'
  | 'last_admin'
  | 'not_found'
  | 'own_account'
  | 'too_many_keys'
  | 'sign_in_again'
  | 'rate_limited'
  | 'busy'
  | 'test_user_invalid'
  | 'test_key_invalid'

const MESSAGES: Record<AuthErrorCode, string> = {
  invalid_credentials: 'The e-mail address or the password is wrong.',
  account_disabled: 'This account is disabled. Ask an administrator to enable it.',
  invalid_email: 'This is not an e-mail address.',
  email_taken: 'There is an account with this e-mail address already. Sign in instead.',
  weak_password: 'The password is too short: use at least 8 characters.',
  password_too_long: 'The password is too long: use at most 128 characters.',
  invalid_name: 'The name is too long: use at most 200 characters.',
  invitation_required: 'Registration is by invitation. Ask an administrator for a link.',
  invitation_invalid:
    'This invitation is used, expired, withdrawn or meant for another e-mail address. Ask for a new one.',
  setup_token_invalid:
    'This set-up link is not valid any more. Use the one that Netra printed at its last start.',
  setup_done: 'There is an administrator already. Sign in instead.',
  refresh_token_invalid: 'The refresh token is not valid. Sign in again.',
  session_ended: 'This login session has ended. Sign in again.',
  forbidden: 'Only an administrator may do this.',
  last_admin:
    'This is the only administrator who can sign in. Make somebody else one first.',
  not_found: 'There is no such thing.',
  own_account: 'You cannot do this to yourself: ask another administrator.',
  too_many_keys: 'You have 50 API keys already. Revoke one that you no longer use.',
  sign_in_again: 'Give your password, or sign in again: this is possible soon after signing in only.',
  rate_limited: 'Too many failed attempts. Wait before you try again.',
  test_user_invalid:
    'This id cannot be a test user: it is taken, has just ended, begins with "service:" or is not 1 to 128 plain characters.',
  test_key_invalid: 'X-E2E-Bypass-Key is not the key of this Netra.',
  busy: 'Too many people are signing in right now. Try again in a moment.',
}

/** A refusal with a code, a sentence for people and, where waiting helps, for how long. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: AuthErrorCode, retryAfterMs?: number) {
    super(MESSAGES[code])
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}
