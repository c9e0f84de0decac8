import type { Clock } from '../../platform/clock.ts'
import { networkOf } from '../../platform/network.ts'
import { AuthError } from '../auth-error.ts'
import { RememberedAttempts, type AttemptStore, type Tried } from './attempt-store.ts'

export { networkOf }

export interface AttemptLimits {
  windowMs: number
  /** Failures within the window of one account from one address. */
  perAccountAndAddress: number
  /** Failures within the window of one account from anywhere that is not known to be its owner's. */
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

/** Each further lock within a day is twice as long as the one before, up to this. */
const MAX_LOCK_MS = 8 * 3600_000
const STRIKE_LASTS_MS = 24 * 3600_000
/** Where the owner signed in well this recently, guesses made elsewhere do not lock them out. */
const KNOWN_FOR_MS = 30 * 24 * 3600_000

export interface Who {
  address: string
  account?: string
  /** What a browser is known by where its user has signed in before. */
  device?: string | undefined
}

/** What was locked, and whose attempt did it. */
export interface Locked extends Who {
  what: 'address' | 'account' | 'account_and_address'
  untilMs: number
}

interface Running {
  count: number
  waiting: (() => void)[]
}

interface Key {
  key: string
  what: Locked['what']
  limit: number
  /** Of the account: nothing before it counts; milliseconds since the epoch. */
  forgivenAt?: number | undefined
}

/**
 * Counts failures, and treats a running attempt as one until it has succeeded: of many guesses
 * sent at once no more than the limit is ever tried, while any number of right ones pass. A stranger
 * cannot lock an owner out: from where they signed in before, only failures made there count.
 */
export class Attempts {
  readonly #limits: AttemptLimits
  readonly #clock: Clock
  readonly #store: AttemptStore
  readonly #onLocked: (locked: Locked) => void
  readonly #running = new Map<string, Running>()

  constructor(
    limits: AttemptLimits,
    clock: Clock,
    more: { store?: AttemptStore; onLocked?: (locked: Locked) => void } = {},
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#store = more.store ?? new RememberedAttempts()
    this.#onLocked = more.onLocked ?? (() => undefined)
  }

  /** Runs `attempt`; a refusal that `isFailure` names counts against the address and the account. */
  async run<T>(
    who: Who,
    attempt: () => Promise<T>,
    isFailure: (error: unknown) => boolean,
  ): Promise<T> {
    const entered: Key[] = []
    let failed = false
    try {
      for (const key of this.#keys(who)) {
        await this.#enter(key)
        entered.push(key)
      }
      const result = await attempt()
      this.#succeeded(who)
      return result
    } catch (error) {
      failed = isFailure(error)
      throw error
    } finally {
      for (const key of entered) this.#leave(key, failed, who)
    }
  }

  /** How many addresses and accounts are remembered. */
  get size(): number {
    return this.#store.size
  }

  /** From here on the account's owner is known from there, whatever others guess elsewhere. */
  learn({ address, account, device }: Who & { account: string }): void {
    const now = this.#clock.now()
    this.#store.learn(account, networkOf(address), now)
    if (device !== undefined) this.#store.learn(account, deviceKey(device), now)
  }

  /** What was tried for this account counts no more, wherever that was; a lock of an address stays. */
  forgive(account: string): void {
    const at = this.#clock.now()
    this.#store.write(forgivenKey(account), { failures: [], strikes: 0, untilMs: 0, at })
  }

  #keys({ address, account, device }: Who): Key[] {
    const { perAddress, perAccount, perAccountAndAddress } = this.#limits
    const network = networkOf(address)
    const byAddress: Key = { key: `address ${network}`, what: 'address', limit: perAddress }
    if (account === undefined) return [byAddress]
    const forgivenAt = this.#store.read(forgivenKey(account))?.at
    const since = this.#clock.now() - KNOWN_FOR_MS
    if (device !== undefined && this.#store.isKnown(account, deviceKey(device), since)) {
      // Nobody else's failures count against it, not even those of its own network.
      const key = `both ${deviceKey(device)} ${account}`
      return [{ key, what: 'account_and_address', limit: perAccountAndAddress, forgivenAt }]
    }
    const both: Key = {
      key: `both ${network} ${account}`,
      what: 'account_and_address',
      limit: perAccountAndAddress,
      forgivenAt,
    }
    if (this.#store.isKnown(account, network, since)) return [both, byAddress]
    const everywhere: Key = {
      key: `account ${account}`,
      what: 'account',
      limit: perAccount,
      forgivenAt,
    }
    return [both, everywhere, byAddress]
  }

  async #enter({ key, limit, forgivenAt }: Key): Promise<void> {
    for (;;) {
      const { failures, untilMs } = this.#tried(key, forgivenAt)
      const left = untilMs - this.#clock.now()
      if (left > 0) throw new AuthError('rate_limited', left)
      const running = this.#running.get(key) ?? { count: 0, waiting: [] }
      this.#running.set(key, running)
      if (failures.length + running.count < limit) {
        running.count += 1
        return
      }
      await new Promise<void>((resolve) => running.waiting.push(resolve))
    }
  }

  #leave(entered: Key, failed: boolean, who: Who): void {
    const { key } = entered
    if (failed) this.#failed(entered, who)
    const running = this.#running.get(key)
    if (running === undefined) return
    running.count -= 1
    const waiting = running.waiting.splice(0)
    if (running.count === 0) this.#running.delete(key)
    for (const wake of waiting) wake()
  }

  #failed({ key, what, limit, forgivenAt }: Key, who: Who): void {
    const now = this.#clock.now()
    const tried = this.#tried(key, forgivenAt)
    const failures = [...tried.failures, now]
    const [oldest = now] = failures
    if (failures.length < limit) return this.#store.write(key, { ...tried, failures, at: now })
    const strikes = tried.strikes + 1
    const lockMs = Math.min(this.#limits.windowMs * 2 ** (strikes - 1), MAX_LOCK_MS)
    const untilMs = (strikes === 1 ? oldest : now) + lockMs
    this.#store.write(key, { failures: [], strikes, untilMs, at: now })
    this.#onLocked({ ...who, what, untilMs })
  }

  #succeeded({ address, account, device }: Who): void {
    if (account === undefined) return
    this.#store.forget(`both ${networkOf(address)} ${account}`)
    if (device !== undefined) this.#store.forget(`both ${deviceKey(device)} ${account}`)
  }

  #tried(key: string, forgivenAt = -Infinity): Tried {
    const now = this.#clock.now()
    const known = this.#store.read(key)
    if (known === undefined || known.at <= forgivenAt)
      return { failures: [], strikes: 0, untilMs: 0, at: now }
    const since = now - this.#limits.windowMs
    const isOld = known.at <= now - STRIKE_LASTS_MS
    return {
      ...known,
      failures: known.failures.filter((at) => at > since),
      strikes: isOld ? 0 : known.strikes,
    }
  }
}

const forgivenKey = (account: string): string => `forgiven ${account}`
const deviceKey = (device: string): string => `device ${device}`
