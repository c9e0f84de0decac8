/** What the ways back from a provider say, by the code that they bring along. */
const WORDS: Record<string, string> = {
  access_denied: 'You did not agree at the provider, so you are not signed in. Try again.',
  state_invalid: 'This sign-in took too long or was begun in another browser. Begin again.',
  provider_unavailable: 'The provider cannot be reached right now. Try again soon.',
  email_not_verified:
    'The provider does not confirm your email address. Confirm it there first, then come back.',
  account_exists:
    'There is an account with this email address already. Sign in with its password, then link the provider under Settings, Account.',
  already_linked: 'This account of the provider belongs to another account here already.',
  rate_limited: 'Too many attempts from your network. Wait a while before you try again.',
  registration_refused:
    'You have no account here yet, and this address may not make one. Ask an administrator for an invitation.',
  account_disabled: 'This account is disabled. Ask an administrator to enable it.',
  provider_error: 'The provider did not let you in. Try again, or sign in another way.',
}

/** @returns null for no code. */
export function wordsForError(code: string | null): string | null {
  if (code === null || code === '') return null
  return WORDS[code] ?? 'Signing in did not work. Try again, or sign in another way.'
}
