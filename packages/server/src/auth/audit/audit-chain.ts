import { createHash } from 'node:crypto'

/** An entry as the store keeps it. */
export interface AuditRow {
  position: number
  at: string
  actor_kind: 'user' | 'service' | 'operator' | 'nobody'
  actor_id: string | null
  action: string
  outcome: 'ok' | 'refused'
  user_id: string | null
  /** Of the salted network address, which lies apart: it is forgotten with its person. */
  address_hash: string | null
  details: string
  /** Over this entry and the hash of the one before. */
  hash: string
}

/** The hash before the first entry. */
export const CHAIN_START = ''

/**
 * SHA-256, in hexadecimal, over the hash of the entry before, a line feed, and the entry as a JSON
 * array of position, time, actor's kind, actor's id, action, outcome, user, address hash and details.
 */
export const chainHash = (before: string, row: Omit<AuditRow, 'hash'>): string =>
  sha256(
    `${before}\n${JSON.stringify([
      row.position,
      row.at,
      row.actor_kind,
      row.actor_id,
      row.action,
      row.outcome,
      row.user_id,
      row.address_hash,
      row.details,
    ])}`,
  )

/** The salt keeps an address that was forgotten from being guessed back: there are few of them. */
export const addressHash = (salt: string, address: string): string => sha256(`${salt}\n${address}`)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export type Verdict =
  | { intact: true; entries: number; head: string }
  | { intact: false; position: number; problem: string }

/** Reads entries in order and finds the first that is not as it was written. */
export class ChainCheck {
  #entries = 0
  #head = CHAIN_START
  #broken: { position: number; problem: string } | undefined

  see(row: AuditRow, address: { salt: string; address: string } | undefined): void {
    if (this.#broken) return
    const expected = this.#entries + 1
    const { position, hash } = row
    if (position !== expected) {
      this.#broken = { position: expected, problem: 'this entry is missing' }
    } else if (hash !== chainHash(this.#head, row)) {
      this.#broken = { position, problem: 'this entry, or the one before, was changed' }
    } else if (address && row.address_hash !== addressHash(address.salt, address.address)) {
      this.#broken = { position, problem: 'the address of this entry was changed' }
    }
    this.#entries += 1
    this.#head = hash
  }

  /** `written`: how many entries the store has ever given a position. */
  verdict(written: number): Verdict {
    if (this.#broken) return { intact: false, ...this.#broken }
    if (this.#entries < written) {
      return { intact: false, position: this.#entries + 1, problem: 'this entry is missing' }
    }
    return { intact: true, entries: this.#entries, head: this.#head }
  }
}
