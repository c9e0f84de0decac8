import { MOST_ACCOUNTS, type Credentials } from './accounts.ts'
import { fileOf, UsageError } from './usage-error.ts'

export const PASSWORD_VARIABLE = 'NETRA_VALIDATE_PASSWORD'

/** The accounts that were given, each with its password. @throws UsageError */
export function givenAccounts(
  values: {
    email?: string[] | undefined
    password?: string | undefined
    'password-file'?: string | undefined
  },
  variables: Record<string, string | undefined>,
): Credentials[] {
  const { email: emails = [], password, 'password-file': file } = values
  if (emails.length > MOST_ACCOUNTS + 1) {
    throw new UsageError(`--email: at most ${MOST_ACCOUNTS} accounts and an administrator.`)
  }
  const text =
    password ?? (file === undefined ? variables[PASSWORD_VARIABLE] : fileOf('password-file', file))
  if (emails.length === 0) {
    if (password === undefined && file === undefined) return []
    throw new UsageError('A password without an account: give --email too.')
  }
  if (text === undefined || text.trim() === '') {
    throw new UsageError(`Which password? Give it in ${PASSWORD_VARIABLE} or with --password-file.`)
  }
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
  while (lines.at(-1) === '') lines.pop()
  if (lines.length !== 1 && lines.length !== emails.length) {
    throw new UsageError(
      `There are ${emails.length} accounts and ${lines.length} passwords: a line for each, or one for all.`,
    )
  }
  return emails.map((email, index) => ({ email, password: lines[index] ?? lines[0] ?? '' }))
}
