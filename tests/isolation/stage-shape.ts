import type { Person } from '../support/people.ts'
import type { Answer, Asked } from './ask.ts'
import type { ObservedServer } from './observed-server.ts'

/** Somebody who asks, and what they show for it. */
export interface Caller {
  name: string
  headers: Record<string, string>
  /** The token alone, where there is one. */
  token?: string
  /** Whether they are let in at all. */
  isLetIn: boolean
  /** Each has one of their own: what one is refused for haste is nobody else's. */
  address: string
}

export interface Callers {
  /** Who is not `ada`, for what is hers. */
  others: Caller[]
  /** Who is not the administrator, for what is theirs. */
  notAdmins: Caller[]
  /** Who is no service. */
  notServices: Caller[]
}

export interface Service {
  id: string
  secret: string
}

export const NOBODY: Person = { userId: '', email: '', token: '', cookie: '', headers: {} }

/** A conversation of somebody with one question, its answer and a file. */
export interface Talk {
  marker: string
  thread: string
  run: string
  message: string
  file: string
  clientMessageId: string
  position: string
}

export interface Stage extends AsyncDisposable, Callers {
  netra: ObservedServer
  /** The owner of everything that others must not see. */
  ada: Person
  admin: Person
  eve: Person
  /** By its own token. */
  service: Person
  /** The same, as it signs in. */
  registered: Service
  /** Of the provider through which people may sign in. */
  issuer: string
  talk: Talk
  /** Of `eve`. */
  eveTalk: Talk
  /** Marked with what may be seen by nobody else; every one that was made. */
  secrets: Set<string>
  mark(): string
  asPerson(person: Person, asked: Asked): Promise<Answer>
  /** The JSON of an answer that must be a success. */
  made<Body = Record<string, string>>(person: Person, asked: Asked): Promise<Body>
  makeTalk(person: Person, text?: string): Promise<Talk>
}
