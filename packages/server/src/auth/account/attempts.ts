import type { Clock } from '../../platform/clock.ts'
import { AuthError } from '../auth-error.ts'

export interface AttemptLimits {
  windowMs: number
  /** Failures within the window of one account from one address. */
  perAccountAndAddress: number
  /** Failures within the window of one account from anywhere. */
  perAccount: number
  /** Failures within the window from one address. */
  perAddress: number
}

export const DEFAULT_LIMITS: AttemptLimits = {
  windowMs: 15 * 60_000,
  perAccountAndAddress: 10,
  perAccount: 100,
  perAddress: 100,
}

const MAX_ENTRIES = 20_000

interface Entry {
  failures: number[]
  running: number
  waiting: (() => void)[]
}

/**
 * Counts failures, and treats a running attempt as one until it has succeeded: of many guesses
 * sent at once no more than the limit is ever tried, while any number of right ones pass.
 */
export class Attempts {
  readonly #limits: AttemptLimits
  readonly #clock: Clock
  /** In the order of last use, so that the oldest is the first to go. */
  readonly #entries = new Map<string, Entry>()

  constructor(limits: AttemptLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Runs `attempt`; a refusal that `isFailure` names counts against the address and the account. */
  async run<T>(
    who: { address: string; account?: string },
    attempt: () => Promise<T>,
    isFailure: (error: unknown) => boolean,
  ): Promise<T> {
    const entered: Entry[] = []
    let failed = false
    try {
      for (const { key, limit } of this.#keys(who)) entered.push(await this.#enter(key, limit))
      return await attempt()
    } catch (error) {
      failed = isFailure(error)
      throw error
    } finally {
      for (const entry of entered) this.#leave(entry, failed)
    }
  }

  /** How many addresses and accounts are remembered. */
  get size(): number {
    return this.#entries.size
  }

  #keys({ address, account }: { address: string; account?: string }) {
    const network = networkOf(address)
    const keys = [{ key: `address ${network}`, limit: this.#limits.perAddress }]
    if (account === undefined) return keys
    return [
      { key: `both ${network} ${account}`, limit: this.#limits.perAccountAndAddress },
      { key: `account ${account}`, limit: this.#limits.perAccount },
      ...keys,
    ]
  }

  async #enter(key: string, limit: number): Promise<Entry> {
    for (;;) {
      const entry = this.#touch(key)
      const oldest = entry.failures[0]
      if (entry.failures.length >= limit && oldest !== undefined) {
        throw new AuthError('rate_limited', oldest + this.#limits.windowMs - this.#clock.now())
      }
      if (entry.failures.length + entry.running < limit) {
        entry.running += 1
        return entry
      }
      await new Promise<void>((resolve) => entry.waiting.push(resolve))
    }
  }

  #leave(entry: Entry, failed: boolean): void {
    entry.running -= 1
    if (failed) entry.failures.push(this.#clock.now())
    const waiting = entry.waiting.splice(0)
    for (const wake of waiting) wake()
  }

  #touch(key: string): Entry {
    const entry = this.#entries.get(key) ?? { failures: [], running: 0, waiting: [] }
    const since = this.#clock.now() - this.#limits.windowMs
    while (entry.failures[0] !== undefined && entry.failures[0] <= since) entry.failures.shift()
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size > MAX_ENTRIES) {
      for (const [oldKey, old] of this.#entries) {
        if (old.running > 0) continue
        this.#entries.delete(oldKey)
        break
      }
    }
    return entry
  }
}

/** An IPv6 host owns a /64 at least, so its addresses count as one. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = address.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const groups = [...left, ...zeros, ...right].slice(0, 4)
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}
