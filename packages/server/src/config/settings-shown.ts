import { withoutSecretText } from '../platform/log-redact.ts'

const REDACTED = '[redacted]'
/** Passwords may hold any character: what is before the last @ counts as one. */
const BEFORE_HOST = /^(\s*[a-z][a-z0-9+.-]*:[/\\]*).*@/is

/** Whether an address names who is asking; what is no address does not. */
export function hasUserInfo(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}

/** The value of a setting as people and logs may see it, whichever setting it is. */
export const shownValue = (text: string): string =>
  withoutSecretText(text.replace(BEFORE_HOST, `$1${REDACTED}@`))
