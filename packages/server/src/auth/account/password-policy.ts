import { AuthError } from '../auth-error.ts'
import { isCommonPassword } from './common-passwords.ts'

const MIN_PASSWORD_CHARS = 8
export const MAX_PASSWORD_CHARS = 128

/**
 * Length and what everybody guesses first; no rules of composition, which make passwords worse.
 *
 * @throws AuthError `weak_password`, `password_too_long`, `common_password` or `password_is_email`.
 */
export function checkNewPassword(password: string, email: string): void {
  if (password.length < MIN_PASSWORD_CHARS) throw new AuthError('weak_password')
  if (password.length > MAX_PASSWORD_CHARS) throw new AuthError('password_too_long')
  if (isCommonPassword(password)) throw new AuthError('common_password')
  const written = password.toLowerCase().trim()
  if (written === email || written === email.split('@')[0]) throw new AuthError('password_is_email')
}
