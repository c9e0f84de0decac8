import { AuthError } from '../auth-error.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

/** @throws AuthError `last_admin` when nobody else could run this Netra afterwards. */
export function refuseLastAdmin(database: AuthDatabase, userId: string): void {
  const others = database.get(
    `SELECT 1 FROM user
     WHERE id <> ? AND coalesce(banned, 0) = 0 AND ',' || role || ',' LIKE '%,admin,%'`,
    userId,
  )
  const isAdmin = database.get(
    `SELECT 1 FROM user WHERE id = ? AND ',' || role || ',' LIKE '%,admin,%'`,
    userId,
  )
  if (isAdmin && !others) throw new AuthError('last_admin')
}

/**
 * Removes the user and all that names them. The file is small, so it is written anew as a whole:
 * nothing of what was removed stays in its free pages or its WAL.
 */
export function removeUser(database: AuthDatabase, userId: string): void {
  const user = database.get<{ email: string }>('SELECT email FROM user WHERE id = ?', userId)
  if (!user) return
  database.exec('BEGIN IMMEDIATE')
  try {
    database.run('DELETE FROM session WHERE userId = ?', userId)
    database.run('DELETE FROM account WHERE userId = ?', userId)
    database.run('DELETE FROM verification WHERE identifier LIKE ?', `%${user.email}%`)
    database.run('DELETE FROM invitation WHERE used_by = ? OR email = ?', userId, user.email)
    database.run('DELETE FROM user WHERE id = ?', userId)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
  database.exec('VACUUM main')
  database.exec('PRAGMA main.wal_checkpoint(TRUNCATE)')
}
