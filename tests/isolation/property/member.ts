import type { Person } from '../../support/people.ts'
import type { LiveSocket } from './live-socket.ts'

/** One of the users: what is theirs, and what they have named of others. */
export class Member {
  readonly marker: string
  readonly address: string
  person: Person
  readonly threads: string[] = []
  readonly messages: string[] = []
  readonly runs: string[] = []
  readonly files: string[] = []
  readonly positions: string[] = []
  readonly keys: { id: string; key: string }[] = []
  readonly tickets: string[] = []
  /** Ids that they asked for themselves: an answer may repeat those. */
  readonly named = new Set<string>()
  readonly sockets = new Set<LiveSocket>()
  isGone = false

  constructor(marker: string, address: string, person: Person) {
    this.marker = marker
    this.address = address
    this.person = person
  }

  has(list: 'threads' | 'messages' | 'runs' | 'files' | 'positions', value: unknown): void {
    if (typeof value === 'string' && value !== '') this[list].push(value)
  }
}
