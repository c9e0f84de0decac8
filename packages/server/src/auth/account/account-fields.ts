import { z } from 'zod'

import { AuthError } from '../auth-error.ts'

export const MAX_EMAIL_CHARS = 254
const MAX_NAME_CHARS = 200
/** Breaks lines, is no text, or shows the letters around it in another order. */
const MISLEADING = /[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/gu

const Email = z.email().max(MAX_EMAIL_CHARS)

/**
 * As it is stored: without blanks around it, in lower case; undefined when it is no address. Looked
 * at before its case is changed: the lower case of some other letters is an ordinary one, so that
 * two addresses of different people would become one.
 */
export function storedEmail(text: string): string | undefined {
  const email = text.trim()
  return Email.safeParse(email).success ? email.toLowerCase() : undefined
}

/** As `storedEmail`. @throws AuthError `invalid_email` */
export function checkedEmail(text: string): string {
  const email = storedEmail(text)
  if (email === undefined) throw new AuthError('invalid_email')
  return email
}

/** Without a name, what stands before the @ of the address. @throws AuthError `invalid_name` */
export function checkedName(text: string | undefined, email: string): string {
  const name = text?.replaceAll(MISLEADING, ' ').trim() || (email.split('@')[0] ?? email)
  if (name.length > MAX_NAME_CHARS) throw new AuthError('invalid_name')
  return name
}
