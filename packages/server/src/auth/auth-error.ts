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
  | 'domain_not_allowed'
  | 'registration_closed'
  | 'common_password'
  | 'password_is_email'
  | 'wrong_password'
  | 'no_password'
  | 'email_not_verified'
  | 'link_invalid'
  | 'two_factor_required'
  | 'two_factor_code_invalid'
  | 'two_factor_enabled'
  | 'two_factor_not_set_up'
  | 'challenge_ended'
  | 'setup_token_invalid'
  | 'setup_done'
  | 'refresh_token_invalid'
  | 'session_ended'
  | 'forbidden'
  | 'last_admin'
  | 'not_found'
  | 'own_account'
  | 'too_many_keys'
  | 'test_user_role'
  | 'sign_in_again'
  | 'last_way_in'
  | 'logout_token_invalid'
  | 'rate_limited'
  | 'service_refused'
  | 'busy'
  | 'test_user_invalid'
  | 'test_user_limited'
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
  domain_not_allowed:
    'Registration is for e-mail addresses of certain domains only. Use yours there, or ask an administrator.',
  registration_closed: 'Nobody can register here. Ask an administrator for an account.',
  common_password: 'This password is one of the first that anybody guesses. Choose another one.',
  password_is_email: 'The password is your e-mail address. Choose another one.',
  wrong_password: 'The password is wrong.',
  no_password:
    'This account has no password yet. Choose one by "Forgot password?", or ask an administrator for a link.',
  email_not_verified:
    'Confirm your e-mail address first: open the link that was sent to you, or ask an administrator for one.',
  link_invalid: 'This link is used, expired or replaced by a newer one. Ask for a new one.',
  two_factor_required: 'Enter the code of your authenticator app, or a recovery code.',
  two_factor_code_invalid:
    'This code is wrong, too old or used already. Wait for the next one, or use a recovery code.',
  two_factor_enabled: 'Two-factor sign-in is on already. Turn it off first.',
  two_factor_not_set_up: 'Two-factor sign-in is not set up yet.',
  challenge_ended: 'This took too long or too many tries. Sign in again with your password.',
  setup_token_invalid:
    'This set-up link is not valid any more. Use the one that Netra printed at its last start.',
  setup_done: 'There is an administrator already. Sign in instead.',
  refresh_token_invalid: 'The refresh token is not valid. Sign in again.',
  session_ended: 'This login session has ended. Sign in again.',
  forbidden: 'Only an administrator may do this.',
  last_admin: 'This is the only administrator who can sign in. Make somebody else one first.',
  not_found: 'There is no such thing.',
  own_account: 'You cannot do this to yourself: ask another administrator.',
  test_user_role: 'A test user cannot become an administrator.',
  too_many_keys: 'You have 50 API keys already. Revoke one that you no longer use.',
  sign_in_again:
    'Give your password, or sign in again: this is possible soon after signing in only.',
  service_refused: 'There is no such service, or its secret is not valid (any more).',
  last_way_in: 'This is your only way to sign in. Set a password first, or link another provider.',
  logout_token_invalid: 'This is no fresh logout token of that provider for this Netra.',
  rate_limited: 'Too many failed attempts. Wait before you try again.',
  test_user_limited: 'A test user has no password and no other way to sign in: it ends in hours.',
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
  /** What the caller needs in order to go on. */
  readonly details: Record<string, unknown> | undefined

  constructor(code: AuthErrorCode, retryAfterMs?: number, details?: Record<string, unknown>) {
    super(MESSAGES[code])
    this.code = code
    this.retryAfterMs = retryAfterMs
    this.details = details
  }
}
