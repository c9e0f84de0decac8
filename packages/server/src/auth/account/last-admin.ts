import { AuthError } from '../auth-error.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

const ADMIN = `',' || role || ',' LIKE '%,admin,%'`

/** @throws AuthError `last_admin` when nobody else could run this Netra afterwards. */
export function refuseLastAdmin(database: AuthDatabase, userId: string): void {
  const others = database.get(
    `SELECT 1 FROM user WHERE id <> ? AND coalesce(banned, 0) = 0 AND ${ADMIN}`,
    userId,
  )
  const isAdmin = database.get(`SELECT 1 FROM user WHERE id = ? AND ${ADMIN}`, userId)
  if (isAdmin && !others) throw new AuthError('last_admin')
}
