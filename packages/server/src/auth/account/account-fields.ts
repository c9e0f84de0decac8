import { z } from 'zod'

import { AuthError } from '../auth-error.ts'

export const MAX_EMAIL_CHARS = 254
const MAX_NAME_CHARS = 200

export const Email = z.email().max(MAX_EMAIL_CHARS)

/** As it is stored: without blanks around it, in lower case. @throws AuthError `invalid_email` */
export function checkedEmail(text: string): string {
  const email = text.trim().toLowerCase()
  if (!Email.safeParse(email).success) throw new AuthError('invalid_email')
  return email
}

/** Without a name, what stands before the @ of the address. @throws AuthError `invalid_name` */
export function checkedName(text: string | undefined, email: string): string {
  const name = text?.trim() || (email.split('@')[0] ?? email)
  if (name.length > MAX_NAME_CHARS) throw new AuthError('invalid_name')
  return name
}
