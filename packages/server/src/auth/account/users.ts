import type { Role } from '../../identity/identity.ts'
import { asId, type UserId } from '../../platform/ids.ts'
import { roleOf } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

export interface User {
  id: UserId
  email: string
  name: string
  role: Role
  disabled: boolean
  createdAt: string
}

interface UserRow {
  id: string
  email: string
  name: string
  role: string | null
  banned: number | null
  createdAt: string
}

const SELECT = 'SELECT id, email, name, role, banned, createdAt FROM user'

export class Users {
  readonly #database: AuthDatabase

  constructor(database: AuthDatabase) {
    this.#database = database
  }

  find(id: string): User | undefined {
    const row = this.#database.get<UserRow>(`${SELECT} WHERE id = ?`, id)
    return row && present(row)
  }

  list(): User[] {
    return this.#database.all<UserRow>(`${SELECT} ORDER BY createdAt, id`).map(present)
  }

  hasEmail(email: string): boolean {
    return this.#database.get('SELECT 1 FROM user WHERE email = ?', email) !== undefined
  }

  /** False when there is no such user. */
  setDisabled(id: string, disabled: boolean): boolean {
    return this.#database.run('UPDATE user SET banned = ? WHERE id = ?', disabled ? 1 : 0, id) === 1
  }
}

const present = ({ id, email, name, role, banned, createdAt }: UserRow): User => ({
  id: asId<UserId>(id),
  email,
  name,
  role: roleOf(role),
  disabled: Boolean(banned),
  createdAt,
})
